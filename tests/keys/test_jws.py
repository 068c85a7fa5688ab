"""`verify_jws` against our own vectors, an independent issuer, and anything at all."""

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from doorward.errors import Reason, Rejected
from doorward.keys import verify_jws
from doorward.keys.base64url import decode, encode
from tests.support.texts import texts

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "vectors" / "jws.json").read_text())
KEYS: dict[str, Any] = VECTORS["keys"]
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def cases(outcome: str) -> list[Any]:
    return [pytest.param(case, id=case["name"]) for case in VECTORS["cases"] if outcome in case]


def reason_of(token: Any, keys: Any) -> Reason:
    with pytest.raises(Rejected) as refused:
        verify_jws(token, keys)
    return refused.value.reason


@pytest.mark.parametrize("case", cases("payload"))
def test_a_genuine_token_gives_its_payload(case: dict[str, str]) -> None:
    payload = verify_jws(case["token"], KEYS[case["keys"]])
    assert payload == decode(case["payload"].encode())


@pytest.mark.parametrize("case", cases("reason"))
def test_a_bad_token_or_key_is_refused_for_its_reason(case: dict[str, str]) -> None:
    assert reason_of(case["token"], KEYS[case["keys"]]) == case["reason"]


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
@pytest.mark.parametrize(
    ("algorithm", "make"),
    [
        ("ES256", lambda: ECKey.generate_key("P-256")),
        ("EdDSA", lambda: OKPKey.generate_key("Ed25519")),
        ("RS256", lambda: RSAKey.generate_key(2048)),
        ("HS256", lambda: OctKey.generate_key(256)),
    ],
)
def test_what_another_library_signs_is_accepted_and_by_no_other_key(
    algorithm: str, make: Callable[[], Any]
) -> None:
    key, other = make(), make()
    token = jws.serialize_compact({"alg": algorithm}, b"\x00claims", key, algorithms=[algorithm])
    public, foreign = (k.as_dict(private=algorithm == "HS256") for k in (key, other))
    assert verify_jws(token, public) == b"\x00claims"
    assert verify_jws(token, {"keys": [foreign, public]}) == b"\x00claims"
    assert reason_of(token, foreign) == Reason.BAD_SIGNATURE


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "RS256", "HS256"])
def test_no_other_character_at_any_place_is_accepted(algorithm: str) -> None:
    case = next(c for c in VECTORS["cases"] if c["name"] == f"{algorithm} by its key")
    token, key = case["token"], KEYS[case["keys"]]
    for place, true in enumerate(token):
        nearby = ALPHABET[(ALPHABET.find(true) ^ 1) % 64]  # differs in the lowest bit alone
        for other in {nearby, "A", "_", ".", "=", "+"} - {true}:
            assert reason_of(token[:place] + other + token[place + 1 :], key) in (
                Reason.MALFORMED,
                Reason.UNKNOWN,
                Reason.BAD_SIGNATURE,
            )


def test_a_token_cut_anywhere_is_refused() -> None:
    case = next(c for c in VECTORS["cases"] if c["name"] == "ES256 by its key")
    for end in range(len(case["token"])):
        reason_of(case["token"][:end], KEYS["ec"])


@pytest.mark.parametrize("token", [None, b"a.b.c", 7, {"payload": ""}, ["a"], "a.b.\ud800"])
def test_what_is_no_text_is_malformed(token: object) -> None:
    assert reason_of(token, KEYS["ec"]) == Reason.MALFORMED


@pytest.mark.parametrize("keys", [None, "ec", ["ec"], {}, {"keys": None}, {"keys": [None]}, {1: 2}])
def test_what_is_no_key_is_malformed(keys: object) -> None:
    token = VECTORS["cases"][0]["token"]
    assert reason_of(token, keys) == Reason.MALFORMED


def test_a_token_above_the_limit_is_refused_before_it_is_read() -> None:
    token = VECTORS["cases"][0]["token"]
    assert reason_of("." * 65_537, KEYS["ec"]) == Reason.MALFORMED
    assert reason_of(token + "A" * 10_000_000, KEYS["ec"]) == Reason.MALFORMED


def test_a_header_may_nest_as_deep_as_any_sensible_one_and_no_deeper() -> None:
    payload = encode(b"{}").decode()
    for brackets, reason in ((31, Reason.BAD_SIGNATURE), (32, Reason.MALFORMED)):
        nested = "[" * brackets + "]" * brackets
        header = encode(f'{{"alg":"ES256","a":{nested}}}'.encode()).decode()
        assert reason_of(f"{header}.{payload}.AAAA", KEYS["ec"]) == reason


@given(texts(200), st.sampled_from(sorted(KEYS)))
def test_no_text_raises_anything_but_a_rejection(token: str, key: str) -> None:
    reason_of(token, KEYS[key])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts(20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts(8), inner),
    max_leaves=8,
)
MATTERS = {"ec": ["crv", "x", "y"], "ed": ["crv", "x"], "rsa": ["n", "e"], "oct": ["k"]}
MEMBERS = st.sampled_from(["kty", "crv", "x", "y", "n", "e", "k", "alg", "use", "key_ops", "kid"])


@given(st.sampled_from(["ec", "ed", "rsa", "oct"]), st.dictionaries(MEMBERS, JSON, min_size=1))
def test_no_key_raises_anything_but_a_rejection(name: str, changed: dict[str, object]) -> None:
    token = next(c["token"] for c in VECTORS["cases"] if c["keys"] == name and "payload" in c)
    with suppress(Rejected):
        assert verify_jws(token, {**KEYS[name], **changed}).startswith(b"{")
        # It is accepted only if nothing changed that makes the key what it is.
        assert not {"kty", *MATTERS[name]} & set(changed)


SMALL = ["01" + "00" * 31, "01" + "00" * 30 + "80", "ee" + "ff" * 30 + "7f"]
"""Three of the encodings of the neutral element, under which this signature fits every message."""


@pytest.mark.parametrize("point", SMALL)
@pytest.mark.parametrize("payload", [b"{}", b'{"sub":"admin"}'])
def test_a_key_of_small_order_verifies_nothing(point: str, payload: bytes) -> None:
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": encode(bytes.fromhex(point)).decode()}
    parts = b'{"alg":"EdDSA"}', payload, bytes.fromhex(SMALL[0]) + bytes(32)
    token = b".".join(map(encode, parts)).decode()
    assert reason_of(token, jwk) is Reason.MALFORMED
