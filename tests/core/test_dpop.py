"""Proofs that a client holds a key (RFC 9449 section 4.3)."""

from typing import Any

import pytest

from doorward import Reason, Rejected
from doorward.dpop import ALGORITHMS, LIFETIME, LONGEST_JTI, LONGEST_PROOF, read_proof
from doorward.settings import CLOCK_SKEW
from tests.proving import Prover

NOW = 2_000
URI = "https://login.example/oauth/token"
TOKEN = "an.access.token"
ANN = Prover()


def reason(proof: str, **request: Any) -> Reason | None:
    try:
        read_proof(proof, **{"method": "POST", "uri": URI, "at": NOW, **request})
    except Rejected as refused:
        return refused.reason
    return None


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_proof_names_the_key_and_is_told_from_every_other(algorithm: str) -> None:
    prover = Prover(algorithm)
    first, second = (
        read_proof(prover.proof("POST", URI, NOW), method="POST", uri=URI, at=NOW) for _ in "ab"
    )
    assert first.jkt == second.jkt == prover.jkt
    assert first.id != second.id


def test_the_same_name_by_another_key_is_another_proof() -> None:
    proofs = [each.proof("POST", URI, NOW, jti="one") for each in (ANN, Prover())]
    found = [read_proof(each, method="POST", uri=URI, at=NOW).id for each in proofs]
    assert found[0] != found[1]


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "JWT"},
        {"typ": "at+jwt"},
        {"typ": None},
        {"typ": "DPoP+JWT"},
        {"jwk": None},
        {"jwk": "text"},
        {"jwk": {}},
        {"jwk": {**ANN.jwk, "d": "AA"}},
        {"jwk": {"kty": "oct", "k": "AAAA"}},
        {"jwk": {**ANN.jwk, "use": "enc"}},
        {"alg": "none"},
        {"alg": "HS256"},
        {"alg": "EdDSA"},
        {"jku": "https://evil.example/keys"},
        {"crit": ["b64"]},
    ],
    ids="-".join,  # not the value: a key is another in each process
)
def test_a_header_that_proves_nothing(header: dict[str, Any]) -> None:
    assert reason(ANN.proof("POST", URI, NOW, header=header)) is Reason.MALFORMED


def test_a_key_that_did_not_sign_is_not_proved() -> None:
    taken = ANN.proof("POST", URI, NOW, header={"jwk": Prover().jwk})
    assert reason(taken) is Reason.BAD_SIGNATURE
    assert reason(ANN.proof("POST", URI, NOW)[:-2]) is not None


@pytest.mark.parametrize(
    "claims",
    [
        {"jti": None},
        {"jti": ""},
        {"jti": 7},
        {"jti": "a" * (LONGEST_JTI + 1)},
        {"htm": None},
        {"htm": "GET"},
        {"htm": "post"},
        {"htu": None},
        {"htu": 7},
        {"htu": URI + "/"},
        {"htu": "http://login.example/oauth/token"},
        {"htu": "https://login.example:444/oauth/token"},
        {"htu": "https://evil@login.example/oauth/token"},
        {"htu": "https://login.example/oauth/Token"},
        {"htu": "https://[/oauth/token"},
        {"htu": "/oauth/token"},
        {"iat": None},
        {"iat": "2000"},
        {"iat": 2000.5},
    ],
    ids=str,
)
def test_claims_of_another_request(claims: dict[str, Any]) -> None:
    assert reason(ANN.proof("POST", URI, NOW, **claims)) is Reason.MALFORMED


@pytest.mark.parametrize(
    "uri", [URI + "?a=b", URI + "#c", "https://LOGIN.example:443/oauth/token"], ids=str
)
def test_the_same_address_written_otherwise(uri: str) -> None:
    assert reason(ANN.proof("POST", uri, NOW)) is None


def test_an_address_without_a_path_has_the_path_of_the_root() -> None:
    assert reason(ANN.proof("POST", "http://a.example:80", NOW), uri="http://a.example/") is None


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (NOW + CLOCK_SKEW, None),
        (NOW + CLOCK_SKEW + 1, Reason.EXPIRED),
        (NOW - LIFETIME - CLOCK_SKEW + 1, None),
        (NOW - LIFETIME - CLOCK_SKEW, Reason.EXPIRED),
    ],
)
def test_a_proof_is_good_for_a_minute(made: int, expected: Reason | None) -> None:
    assert reason(ANN.proof("POST", URI, made)) is expected


def test_a_proof_beside_a_token_is_of_that_token() -> None:
    with_token = ANN.proof("POST", URI, NOW, TOKEN)
    assert reason(with_token, token=TOKEN) is None
    assert reason(with_token, token=TOKEN + "x") is Reason.MALFORMED
    assert reason(ANN.proof("POST", URI, NOW), token=TOKEN) is Reason.MALFORMED
    assert reason(ANN.proof("POST", URI, NOW, ath=7), token=TOKEN) is Reason.MALFORMED


def test_no_text_but_a_proof_is_read() -> None:
    long = ANN.proof("POST", URI, NOW, more="x" * LONGEST_PROOF)
    for text in ("", "a.b.c", "a", "é", long, ANN.proof("POST", URI, NOW) + ".x"):
        assert reason(text) is Reason.MALFORMED, text
