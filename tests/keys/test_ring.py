"""The keyring: which tokens it makes, and which it takes, over the life of its keys."""

import json
import socket
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from joserfc import jws
from joserfc.jwk import KeySet, OctKey

from doorward.errors import ConfigurationError, Reason, Rejected
from doorward.keys import Keyring, RootKeys, first_keys, rotated, verify_jws, withdrawn
from doorward.keys.algorithm import SIGNING, signing
from doorward.keys.base64url import decode, encode
from doorward.keys.rotation import private_part
from doorward.types import SigningKey
from tests.support.texts import texts

ROOT = RootKeys((b"\x01" * 32,), "test")
OTHER_ROOT = RootKeys((b"\x02" * 32,), "other")
NOW, AHEAD, RETAIN = 1_000_000, 3600, 360
CLAIMS = b'{"sub":"1"}'
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "k"}


def put(keys: Sequence[SigningKey], changed: Sequence[SigningKey]) -> list[SigningKey]:
    return list({key.kid: key for key in [*keys, *changed]}.values())


@cache
def keys_of(algorithm: str) -> Sequence[SigningKey]:
    """Those of RSA take a second: whoever collects the tests need not wait for it."""
    return first_keys(algorithm, ROOT, NOW)


@cache
def its_ring(algorithm: str) -> Keyring:
    return ring_of(keys_of(algorithm))


def ring_of(keys: Sequence[SigningKey]) -> Keyring:
    return Keyring(keys, ROOT, RETAIN)


def reason_of(ring: Keyring, token: str, now: int = NOW) -> Reason:
    with pytest.raises(Rejected) as refused:
        ring.verify(token, now)
    return refused.value.reason


def kids(ring: Keyring, now: int) -> set[str]:
    listed: Any = ring.jwks(now)["keys"]
    return {key["kid"] for key in listed}


def part(data: object) -> str:
    return encode(json.dumps(data, separators=(",", ":")).encode()).decode()


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
@pytest.mark.parametrize("algorithm", SIGNING)
def test_what_it_signs_another_library_verifies_with_the_published_keys(algorithm: str) -> None:
    ring = its_ring(algorithm)
    token = ring.sign(CLAIMS, NOW)
    published: Any = json.loads(json.dumps(ring.jwks(NOW)))
    found = jws.deserialize_compact(token, KeySet.import_key_set(published), algorithms=[algorithm])
    assert found.payload == CLAIMS
    assert found.headers() == {"alg": algorithm, "kid": keys_of(algorithm)[0].kid, "typ": "at+jwt"}
    assert ring.verify(token, NOW) == verify_jws(token, published) == CLAIMS


@pytest.mark.parametrize("algorithm", SIGNING)
def test_the_published_keys_hold_no_private_member_and_name_their_use(algorithm: str) -> None:
    listed: Any = its_ring(algorithm).jwks(NOW)["keys"]
    assert {key["kid"] for key in listed} == {key.kid for key in keys_of(algorithm)}
    for key in listed:
        assert not PRIVATE & set(key)
        assert (key["alg"], key["use"]) == (algorithm, "sig")
    listed[0]["kid"] = "changed by the caller"
    assert "changed by the caller" not in kids(its_ring(algorithm), NOW)


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA"])
@pytest.mark.parametrize("step", [5, pytest.param(1, marks=pytest.mark.soak)])
def test_no_other_character_at_any_place_is_accepted(algorithm: str, step: int) -> None:
    """In the ordinary suite, of the alphabet one in five at each place; where a part of the token
    ends and has bits to spare, all.  What is no character of the alphabet is tried everywhere."""
    ring = its_ring(algorithm)
    token = ring.sign(CLAIMS, NOW)
    ends = {place for place in range(len(token)) if token[place + 1 : place + 2] in (".", "")}
    for place, true in enumerate(token):
        every = 1 if place in ends else step
        for other in {*ALPHABET[place % every :: every], *".=+/ ", true.swapcase()} - {true}:
            changed = token[:place] + other + token[place + 1 :]
            assert reason_of(ring, changed) in (Reason.MALFORMED, Reason.BAD_SIGNATURE)


@pytest.mark.parametrize("algorithm", SIGNING)
def test_a_token_cut_padded_or_dressed_up_is_refused(algorithm: str) -> None:
    """A19."""
    ring = its_ring(algorithm)
    token = ring.sign(CLAIMS, NOW)
    head, payload, signature = token.split(".")
    cut = [token[:end] for end in range(len(token))]
    dressed = [
        f"{token}.",
        f"{token}.{signature}",
        f".{token}",
        f"{token}=",
        f" {token}",
        f"{token}\n",
        f"{head}.{payload}.{signature}A",
        f"{head}=.{payload}.{signature}",
        f"{head}.{payload}\uff0e{signature}",
        f"{head}.{payload}.{signature[:-1]}\u0430",
        f"{token}\ud800",
        "..",
        ".",
        json.dumps({"protected": head, "payload": payload, "signature": signature}),
        f"{head}.{'A' * 5000}.{signature}",
    ]
    for changed in cut + dressed:
        assert reason_of(ring, changed) in (Reason.MALFORMED, Reason.BAD_SIGNATURE)


def test_a_header_that_is_not_ours_to_the_byte_is_a_bad_signature() -> None:
    """A11, A13, A14: the same answer for an unknown kid, another algorithm, another type and a
    header that only spells ours differently, even over a signature by the right key."""
    ring, key = its_ring("ES256"), keys_of("ES256")[0]
    head, payload, signature = ring.sign(CLAIMS, NOW).split(".")
    ours = {"alg": "ES256", "kid": key.kid, "typ": "at+jwt"}
    headers = [
        {**ours, "alg": "none"},
        {**ours, "alg": "nOnE"},
        {**ours, "alg": "EdDSA"},
        {**ours, "typ": "JWT"},
        {**ours, "kid": "../../dev/null"},
        {**ours, "kid": keys_of("EdDSA")[0].kid},
        {**ours, "kid": ["x"]},
        {**ours, "jwk": json.loads(key.public_jwk)},
        {**ours, "jku": "http://127.0.0.1:9/jwks"},
        {**ours, "crit": ["exp"], "exp": 1},
        {"kid": key.kid, "alg": "ES256", "typ": "at+jwt"},
        {"alg": "ES256"},
        [],
    ]
    for header in headers:
        assert reason_of(ring, f"{part(header)}.{payload}.{signature}") == Reason.BAD_SIGNATURE
        assert reason_of(ring, f"{part(header)}.{payload}.") == Reason.BAD_SIGNATURE
    assert part(ours) == head


def test_no_key_is_fetched_from_where_a_header_says() -> None:
    """A13: a listener at the address in the token hears nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/jwks"
        payload, ring, key = encode(CLAIMS).decode(), its_ring("ES256"), keys_of("ES256")[0]
        for member in ("jku", "x5u", "kid"):
            header = {"alg": "ES256", "kid": key.kid, "typ": "at+jwt", member: url}
            token = f"{part(header)}.{payload}.{'A' * 86}"
            assert reason_of(ring, token) == Reason.BAD_SIGNATURE
            with pytest.raises(Rejected):
                verify_jws(token, ring.jwks(NOW))
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()


@pytest.mark.parametrize("algorithm", SIGNING)
def test_no_published_key_is_a_secret_to_sign_with(algorithm: str) -> None:
    """A12: HMAC under the public key, in the forms it is published in."""
    ring = its_ring(algorithm)
    published: Any = ring.jwks(NOW)["keys"]
    for key in published:
        forms = [json.dumps(key), json.dumps(key, separators=(",", ":")), key.get("x", "") * 2]
        for secret in filter(None, forms):
            header = {"alg": "HS256", "kid": key["kid"], "typ": "at+jwt"}
            token = jws.serialize_compact(header, CLAIMS, OctKey.import_key(secret.encode()))
            assert reason_of(ring, token) == Reason.BAD_SIGNATURE


def test_a_psychic_signature_is_refused() -> None:
    """A15."""
    ring = its_ring("ES256")
    message, _, signature = ring.sign(CLAIMS, NOW).rpartition(".")
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    r, s = decode(signature.encode())[:32], decode(signature.encode())[32:]
    n, zero = order.to_bytes(32), bytes(32)
    for forged in (
        zero + zero,
        zero + s,
        r + zero,
        n + s,
        r + n,
        n + n,
        r + s + b"\0",
        r + b"\0" + s,
        b"",
        r,
    ):
        token = f"{message}.{encode(forged).decode()}"
        assert reason_of(ring, token) == Reason.BAD_SIGNATURE


def test_another_service_with_the_same_names_is_a_bad_signature() -> None:
    """A18: its root key differs, so its keys and their thumbprints do."""
    foreign = Keyring(first_keys("ES256", OTHER_ROOT, NOW), OTHER_ROOT, RETAIN)
    assert reason_of(its_ring("ES256"), foreign.sign(CLAIMS, NOW)) == Reason.BAD_SIGNATURE


@given(texts(300))
def test_no_text_raises_anything_but_a_rejection(token: str) -> None:
    assert reason_of(its_ring("ES256"), token) in (Reason.MALFORMED, Reason.BAD_SIGNATURE)


def test_signatures_of_one_payload_are_the_same_so_no_nonce_can_be_bad() -> None:
    ring = its_ring("ES256")
    assert ring.sign(CLAIMS, NOW) == ring.sign(CLAIMS, NOW)


def test_keys_hand_over_with_no_moment_in_which_a_good_token_is_refused() -> None:
    before = first_keys("ES256", ROOT, NOW)
    after = put(before, rotated(before, ROOT, NOW + 100, AHEAD))
    knows_not, knows = ring_of(before), ring_of(after)
    change = NOW + AHEAD
    for now in range(change - 400, change + 400, 20):
        token = knows.sign(CLAIMS, now)
        assert knows.verify(token, now + 300) == CLAIMS
        # A process that has not heard of the change accepts what the others sign.
        assert knows_not.verify(token, now + 300) == CLAIMS
        signed_by = json.loads(decode(token.split(".")[0].encode()))["kid"]
        assert signed_by == (after[0] if now < change else after[1]).kid


def test_a_retired_key_verifies_for_as_long_as_it_is_retained_and_then_has_expired() -> None:
    before = first_keys("ES256", ROOT, NOW)
    old = ring_of(before).sign(CLAIMS, NOW)
    change = NOW + AHEAD
    ring = ring_of(put(before, rotated(before, ROOT, NOW + 10, AHEAD)))
    assert ring.verify(old, change + RETAIN) == CLAIMS
    assert before[0].kid in kids(ring, change + RETAIN)
    assert reason_of(ring, old, change + RETAIN + 1) == Reason.EXPIRED
    assert before[0].kid not in kids(ring, change + RETAIN + 1)
    head, claims, signature = old.split(".")
    other = f"{head}.{claims}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"
    assert reason_of(ring, other, change + RETAIN + 1) == Reason.BAD_SIGNATURE


def test_the_next_key_is_published_before_it_signs() -> None:
    keys = first_keys("ES256", ROOT, NOW)
    keys = put(keys, rotated(keys, ROOT, NOW + 10, AHEAD))
    assert kids(ring_of(keys), NOW + 10) == {key.kid for key in keys}
    assert len(keys) == 3


def test_a_withdrawn_key_is_told_from_a_forgery_and_is_no_longer_published() -> None:
    keys = first_keys("ES256", ROOT, NOW)
    token = ring_of(keys).sign(CLAIMS, NOW)
    ring = ring_of(put(keys, withdrawn(keys, ROOT, keys[0].kid, NOW + 5)))
    assert reason_of(ring, token, NOW + 5) == Reason.WITHDRAWN
    head, _, signature = token.split(".")
    assert reason_of(ring, f"{head}.{part({'sub': '2'})}.{signature}") == Reason.BAD_SIGNATURE
    assert not {key.kid for key in keys} & kids(ring, NOW + 5)
    assert ring.verify(ring.sign(CLAIMS, NOW + 5), NOW + 5) == CLAIMS


def test_a_key_withdrawn_after_it_retired_says_withdrawn() -> None:
    keys = first_keys("ES256", ROOT, NOW)
    token = ring_of(keys).sign(CLAIMS, NOW)
    keys = put(keys, rotated(keys, ROOT, NOW + AHEAD, AHEAD))
    keys = put(keys, withdrawn(keys, ROOT, keys[0].kid, NOW + AHEAD))
    assert reason_of(ring_of(keys), token, NOW + 10 * AHEAD) == Reason.WITHDRAWN


def test_keys_of_several_algorithms_live_side_by_side() -> None:
    older, newer = keys_of("RS256")[0], replace(keys_of("ES256")[0], signs_from=NOW + 50)
    ring = ring_of([older, newer])
    old, new = ring.sign(CLAIMS, NOW), ring.sign(CLAIMS, NOW + 50)
    assert ring.verify(old, NOW + 60) == ring.verify(new, NOW + 60) == CLAIMS
    # Each key keeps its own algorithm: the parts do not combine.
    mixed = new.split(".")[0] + "." + old.split(".", 1)[1]
    assert reason_of(ring, mixed) == Reason.BAD_SIGNATURE


@cache
def id_keys() -> Sequence[SigningKey]:
    return first_keys("RS256", ROOT, NOW, "id")


def test_keys_of_id_tokens_sign_nothing_else_and_all_are_published() -> None:
    keys = [*keys_of("ES256"), *id_keys()]
    ring = ring_of(keys)
    assert (ring.line(None, NOW), ring.line("ES256", NOW)) == ("access", "access")
    assert (ring.line("RS256", NOW), ring.line("EdDSA", NOW)) == ("id", None)
    assert its_ring("RS256").line("RS256", NOW) == "access"
    assert its_ring("ES256").line("RS256", NOW) is None
    for line, algorithm in (("access", "ES256"), ("id", "RS256")):
        token = ring.sign(CLAIMS, NOW, "JWT", line)  # type: ignore[arg-type] # a Line, each
        assert json.loads(decode(token.split(".")[0].encode()))["alg"] == algorithm
        assert ring.verify(token, NOW, "JWT") == CLAIMS
        assert reason_of(ring, token) == Reason.BAD_SIGNATURE
        assert verify_jws(token, json.loads(json.dumps(ring.jwks(NOW)))) == CLAIMS
    with pytest.raises(LookupError):
        ring.sign(CLAIMS, NOW, "at+jwt", "id")
    with pytest.raises(LookupError):
        its_ring("ES256").sign(CLAIMS, NOW, "JWT", "id")
    assert ring.sign(CLAIMS, NOW) == its_ring("ES256").sign(CLAIMS, NOW)
    assert kids(ring, NOW) == {key.kid for key in keys}


def test_a_thief_of_a_key_of_id_tokens_makes_no_access_token() -> None:
    """Even with the header of an access token, and the key's name or that of the other line."""
    ring = ring_of([*keys_of("ES256"), *id_keys()])
    stolen = signing("RS256").signer(private_part(ROOT, id_keys()[0]))
    for kid in (id_keys()[0].kid, id_keys()[0].kid.removeprefix("id."), keys_of("ES256")[0].kid):
        for algorithm in ("RS256", "ES256"):
            message = f"{part({'alg': algorithm, 'kid': kid, 'typ': 'at+jwt'})}.{part({})}"
            token = f"{message}.{encode(stolen(message.encode())).decode()}"
            assert reason_of(ring, token) == Reason.BAD_SIGNATURE


def test_no_row_changes_to_the_other_line() -> None:
    first = id_keys()[0]
    moved = replace(first, kid=first.kid.removeprefix("id."))
    for row in (moved, replace(keys_of("ES256")[0], kid="id." + keys_of("ES256")[0].kid)):
        with pytest.raises(ConfigurationError):
            ring_of([*keys_of("ES256"), row])


def test_lines_rotate_and_are_withdrawn_apart() -> None:
    both = [*keys_of("ES256"), *id_keys()]
    tokens = {
        "access": ring_of(both).sign(CLAIMS, NOW),
        "id": ring_of(both).sign(CLAIMS, NOW, "JWT", "id"),
    }
    for lost, other in ((both[0], "id"), (both[2], "access")):
        keys = put(both, withdrawn(both, ROOT, lost.kid, NOW + 5))
        gone = {key.kid for key in keys if key.withdrawn_at is not None}
        assert gone == {key.kid for key in both if key.line == lost.line}
        ring = ring_of(keys)
        for line, token in tokens.items():
            typ: Any = "at+jwt" if line == "access" else "JWT"
            if line == other:
                assert ring.verify(token, NOW + 5, typ) == CLAIMS
            else:
                with pytest.raises(Rejected, match="withdrawn"):
                    ring.verify(token, None, typ)
            fresh = ring.sign(CLAIMS, NOW + 5, typ, line)  # type: ignore[arg-type] # a Line, each
            assert ring.verify(fresh, NOW + 5, typ) == CLAIMS


def test_an_id_token_under_a_retired_key_is_read_where_time_does_not_count() -> None:
    keys = keys_of("EdDSA")
    token = ring_of(keys).sign(CLAIMS, NOW, "JWT")
    ring = ring_of(put(keys, rotated(keys, ROOT, NOW + AHEAD, AHEAD)))
    late = NOW + AHEAD + RETAIN + 1
    with pytest.raises(Rejected, match="expired"):
        ring.verify(token, late, "JWT")
    assert ring.verify(token, None, "JWT") == CLAIMS


def test_a_row_smuggled_into_the_database_is_refused() -> None:
    """Whoever can write to the database, but has no root key, cannot have their key trusted."""
    foreign = first_keys("ES256", OTHER_ROOT, NOW)[0]
    for row in (
        foreign,
        replace(foreign, sealed_private=None),
        replace(foreign, sealed_private=keys_of("ES256")[0].sealed_private),
    ):
        with pytest.raises(ConfigurationError):
            ring_of([*keys_of("ES256"), row])


def test_a_public_part_changed_in_the_database_is_not_believed() -> None:
    foreign = first_keys("ES256", OTHER_ROOT, NOW)[0]
    genuine = keys_of("ES256")[0]
    ring = ring_of([replace(genuine, public_jwk=foreign.public_jwk), keys_of("ES256")[1]])
    assert ring.jwks(NOW) == its_ring("ES256").jwks(NOW)
    assert ring.verify(its_ring("ES256").sign(CLAIMS, NOW), NOW) == CLAIMS


def test_another_root_key_or_no_key_to_sign_with_is_a_clear_refusal() -> None:
    with pytest.raises(
        ConfigurationError, match=r"another root key than the one given \(from other"
    ):
        Keyring(keys_of("ES256"), OTHER_ROOT, RETAIN)
    for keys in ([], keys_of("ES256")[1:]):
        with pytest.raises(ConfigurationError, match="no key that may sign"):
            ring_of(keys)


def test_a_token_longer_than_any_of_ours_is_malformed_even_if_genuine() -> None:
    ring = its_ring("ES256")
    assert ring.verify(ring.sign(b"x" * 2800, NOW), NOW) == b"x" * 2800
    assert reason_of(ring, ring.sign(b"x" * 3000, NOW)) == Reason.MALFORMED
