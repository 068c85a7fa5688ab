"""A key's algorithm and its name."""

import json
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from doorward.errors import ConfigurationError, Reason, Rejected
from doorward.keys import thumbprint
from doorward.keys.algorithm import SIGNING, signing
from doorward.keys.jwk import algorithm_of, verifier_of


def test_the_thumbprint_is_the_one_of_rfc_7638_and_rfc_8037() -> None:
    rsa = {
        "kty": "RSA",
        "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6t"
        "Soc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0"
        "_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4v"
        "MQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
        "e": "AQAB",
        "alg": "RS256",
        "kid": "2011-04-29",
    }
    ed = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    assert thumbprint(rsa) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    assert thumbprint(ed) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


@pytest.mark.parametrize(
    "key",
    [
        ECKey.generate_key("P-256"),
        OKPKey.generate_key("Ed25519"),
        RSAKey.generate_key(2048),
        OctKey.generate_key(256),
    ],
)
def test_the_thumbprint_agrees_with_another_library(key: Any) -> None:
    assert thumbprint(key.as_dict(private=True)) == key.thumbprint()


@pytest.mark.parametrize(
    "jwk",
    [
        {},
        {"kty": "PQC"},
        {"kty": "EC", "crv": "P-256", "x": "AA"},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": ""},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "\ud800"},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": 1},
    ],
)
def test_an_incomplete_key_has_no_thumbprint(jwk: dict[str, object]) -> None:
    with pytest.raises(Rejected) as refused:
        thumbprint(jwk)
    assert refused.value.reason == Reason.MALFORMED


@pytest.mark.parametrize(
    ("jwk", "algorithm"),
    [
        ({"kty": "EC", "crv": "P-256"}, "ES256"),
        ({"kty": "EC", "crv": "P-256", "alg": "ES256"}, "ES256"),
        ({"kty": "EC", "crv": "P-256", "alg": "HS256"}, None),
        ({"kty": "EC", "crv": "P-256", "alg": "EdDSA"}, None),
        ({"kty": "EC", "crv": "P-384"}, None),
        ({"kty": "EC", "crv": "Ed25519"}, None),
        ({"kty": "EC"}, None),
        ({"kty": "OKP", "crv": "Ed25519"}, "EdDSA"),
        ({"kty": "OKP", "crv": "Ed448"}, None),
        ({"kty": "RSA"}, "RS256"),
        ({"kty": "RSA", "alg": "RSA-OAEP"}, None),
        ({"kty": "RSA", "alg": "HS256"}, None),
        ({"kty": "RSA", "use": "enc"}, None),
        ({"kty": "RSA", "key_ops": ["encrypt"]}, None),
        ({"kty": "RSA", "key_ops": []}, None),
        ({"kty": "RSA", "key_ops": ["sign", "verify"], "use": "sig"}, "RS256"),
        ({"kty": "oct"}, "HS256"),
        ({"kty": "oct", "alg": "ES256"}, None),
        ({"kty": "rsa"}, None),
    ],
)
def test_the_algorithm_belongs_to_the_key(jwk: dict[str, object], algorithm: str | None) -> None:
    assert algorithm_of(jwk) == algorithm


def test_a_key_that_is_not_for_signatures_gives_no_check() -> None:
    with pytest.raises(Rejected) as refused:
        verifier_of({"kty": "RSA", "use": "enc"})
    assert refused.value.reason == Reason.UNKNOWN


@pytest.mark.parametrize("algorithm", SIGNING)
def test_a_new_key_signs_what_its_public_part_verifies(algorithm: str) -> None:
    methods = signing(algorithm)
    private = methods.generate()
    public = methods.public_jwk(private)
    signature = methods.signer(private)(b"message")
    verify = verifier_of(public)
    assert verify(signature, b"message")
    assert not verify(signature, b"massage")
    assert algorithm_of(public) == algorithm
    assert set(json.loads(json.dumps(public))) <= {"kty", "crv", "x", "y", "n", "e"}


def test_an_rsa_key_made_here_has_3072_bits() -> None:
    methods = signing("RS256")
    assert len(methods.signer(methods.generate())(b"")) == 384


@pytest.mark.parametrize("algorithm", ["HS256", "none", "", "ES384", "es256"])
def test_no_other_algorithm_signs(algorithm: str) -> None:
    with pytest.raises(ConfigurationError, match="choose one of ES256, EdDSA, RS256"):
        signing(algorithm)
