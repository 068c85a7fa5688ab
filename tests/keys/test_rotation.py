"""The life of signing keys, as what is written and what follows from it."""

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.errors import ConfigurationError
from doorward.keys import LINES, Keyring, RootKeys, first_keys, rotated, signer_at, withdrawn
from doorward.keys.algorithm import SIGNING
from doorward.keys.rotation import private_part
from doorward.types import Line, SigningKey

ROOT = RootKeys((b"\x01" * 32,), "test")
NOW, AHEAD = 1_000_000, 3600


def put(keys: Sequence[SigningKey], changed: Sequence[SigningKey]) -> list[SigningKey]:
    """What a store holds afterwards."""
    return list({key.kid: key for key in [*keys, *changed]}.values())


def waiting(keys: Sequence[SigningKey]) -> list[SigningKey]:
    return [key for key in keys if key.signs_from is None and key.withdrawn_at is None]


@pytest.mark.parametrize("algorithm", SIGNING)
def test_at_first_one_key_signs_and_another_waits(algorithm: str) -> None:
    signing, coming = first_keys(algorithm, ROOT, NOW)
    assert (signing.signs_from, coming.signs_from) == (NOW, None)
    for key in (signing, coming):
        assert (key.algorithm, key.created_at, key.withdrawn_at) == (algorithm, NOW, None)
        public = json.loads(key.public_jwk)
        assert (public["kid"], public["alg"], public["use"]) == (key.kid, algorithm, "sig")
        assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & set(public)
        assert private_part(ROOT, key) not in (key.sealed_private or b"")


def test_an_unknown_algorithm_makes_no_keys() -> None:
    with pytest.raises(ConfigurationError):
        first_keys("HS256", ROOT, NOW)


def test_rotation_puts_the_waiting_key_into_use_once_it_was_public_long_enough() -> None:
    keys = first_keys("ES256", ROOT, NOW)
    for now, begins in ((NOW + 10, NOW + AHEAD), (NOW + AHEAD, NOW + AHEAD), (NOW * 2, NOW * 2)):
        heir, fresh = rotated(keys, ROOT, now, AHEAD)
        assert heir == replace(keys[1], signs_from=begins, sealed_private=heir.sealed_private)
        assert (fresh.signs_from, fresh.created_at, fresh.algorithm) == (None, now, "ES256")
        after = put(keys, [heir, fresh])
        assert signer_at(after, begins - 1) == keys[0]
        assert signer_at(after, begins) == heir


def test_rotating_again_and_again_always_leaves_one_key_waiting() -> None:
    keys = first_keys("EdDSA", ROOT, NOW)
    for turn in range(1, 6):
        keys = put(keys, rotated(keys, ROOT, NOW + turn * 7200, AHEAD))
        assert len(waiting(keys)) == 1
        assert signer_at(keys, NOW + turn * 7200).signs_from == NOW + turn * 7200
    assert len(keys) == 7


def test_rotation_makes_a_key_where_none_waits() -> None:
    (signing, _) = first_keys("ES256", ROOT, NOW)
    heir, fresh = rotated([signing], ROOT, NOW + 5, AHEAD)
    assert (heir.signs_from, fresh.signs_from) == (NOW + 5 + AHEAD, None)
    assert len({signing.kid, heir.kid, fresh.kid}) == 3


def test_rotation_does_not_gather_keys_that_two_processes_made() -> None:
    keys = [*first_keys("ES256", ROOT, NOW), *first_keys("ES256", ROOT, NOW)]
    changed = rotated(keys, ROOT, NOW + 5, AHEAD)
    assert [key.kid for key in changed] == [min(key.kid for key in waiting(keys))]
    assert len(waiting(put(keys, changed))) == 1


def test_rotation_seals_everything_anew_under_the_newest_root_key() -> None:
    keys = first_keys("ES256", ROOT, NOW)
    keys = put(keys, rotated(keys, ROOT, NOW + AHEAD, AHEAD))
    keys = put(keys, withdrawn(keys, ROOT, keys[0].kid, NOW + AHEAD))
    newest = RootKeys((b"\x02" * 32,), "newest")
    both = RootKeys((*newest.keys, *ROOT.keys), "both")
    with pytest.raises(ConfigurationError):
        Keyring(keys, newest, 300)
    keys = put(keys, rotated(keys, both, NOW + AHEAD, AHEAD))
    token = Keyring(keys, newest, 300).sign(b"{}", NOW + AHEAD)
    assert Keyring(keys, both, 300).verify(token, NOW + AHEAD) == b"{}"


def test_a_compromised_signing_key_is_replaced_at_once_and_those_beside_it_go_too() -> None:
    first = first_keys("ES256", ROOT, NOW)
    keys = put(first, rotated(first, ROOT, NOW + 10, AHEAD))  # one more is due at NOW + AHEAD
    changed = withdrawn(keys, ROOT, first[0].kid, NOW + 20)
    dead = [key for key in changed if key.withdrawn_at is not None]
    assert {key.kid for key in dead} == {key.kid for key in keys}
    assert all(key.withdrawn_at == NOW + 20 and key.sealed_private is None for key in dead)
    assert [key.public_jwk for key in dead] == [key.public_jwk for key in keys]
    after = put(keys, changed)
    assert signer_at(after, NOW + 20).created_at == NOW + 20
    assert signer_at(after, NOW + AHEAD * 2).created_at == NOW + 20
    assert len(waiting(after)) == 1


def test_a_compromised_key_to_come_is_replaced_by_another_and_the_signing_one_stays() -> None:
    keys = first_keys("EdDSA", ROOT, NOW)
    lost, fresh = withdrawn(keys, ROOT, keys[1].kid, NOW + 20)
    assert (lost.kid, lost.withdrawn_at, lost.sealed_private) == (keys[1].kid, NOW + 20, None)
    assert (fresh.signs_from, fresh.created_at) == (None, NOW + 20)
    assert signer_at(put(keys, [lost, fresh]), NOW + 20) == keys[0]


def test_a_compromised_retired_key_goes_alone() -> None:
    keys = first_keys("ES256", ROOT, NOW)
    keys = put(keys, rotated(keys, ROOT, NOW + AHEAD, AHEAD))
    changed = withdrawn(keys, ROOT, keys[0].kid, NOW + AHEAD)
    assert [(key.kid, key.withdrawn_at) for key in changed] == [(keys[0].kid, NOW + AHEAD)]


def test_withdrawing_twice_puts_nothing_and_an_unknown_key_is_a_lookup_error() -> None:
    keys = first_keys("ES256", ROOT, NOW)
    after = put(keys, withdrawn(keys, ROOT, keys[0].kid, NOW))
    assert withdrawn(after, ROOT, keys[0].kid, NOW + 1) == []
    with pytest.raises(LookupError, match="no signing key"):
        withdrawn(after, ROOT, "nobody", NOW)


def test_the_last_waiting_key_can_be_withdrawn_where_none_signs() -> None:
    (_, coming) = first_keys("ES256", ROOT, NOW)
    lost, signing, fresh = withdrawn([coming], ROOT, coming.kid, NOW)
    assert lost.withdrawn_at == NOW
    assert (signing.signs_from, fresh.signs_from) == (NOW, None)


def test_where_nothing_was_ever_to_sign_nothing_signs() -> None:
    (_, coming) = first_keys("ES256", ROOT, NOW)
    with pytest.raises(LookupError):
        signer_at([coming], NOW)
    with pytest.raises(LookupError):
        rotated([coming], ROOT, NOW, AHEAD)


def test_a_clock_that_is_behind_signs_with_the_first_key() -> None:
    keys = first_keys("ES256", ROOT, NOW)
    assert signer_at(keys, NOW - 5) == keys[0]


def test_two_processes_that_make_first_keys_at_once_agree_on_the_signing_key() -> None:
    one, two = first_keys("ES256", ROOT, NOW), first_keys("ES256", ROOT, NOW)
    expected = max(one[0].kid, two[0].kid)
    assert signer_at([*one, *two], NOW).kid == expected
    assert signer_at([*two, *one], NOW).kid == expected
    ring = Keyring([*one, *two], ROOT, 300)
    for alone in (Keyring(one, ROOT, 300), Keyring(two, ROOT, 300)):
        assert ring.verify(alone.sign(b"{}", NOW), NOW + 300) == b"{}"


def test_a_sealed_key_cannot_serve_another_algorithm_or_another_name() -> None:
    key = first_keys("ES256", ROOT, NOW)[0]
    for moved in (
        replace(key, algorithm="EdDSA"),
        replace(key, kid="x"),
        replace(key, sealed_private=None),
    ):
        with pytest.raises(ConfigurationError):
            private_part(ROOT, moved)


def test_two_lines_each_have_a_next_key_and_their_own_history() -> None:
    access, second = first_keys("ES256", ROOT, NOW), first_keys("EdDSA", ROOT, NOW, "id")
    keys = [*access, *second]
    changed = rotated(keys, ROOT, NOW + AHEAD, AHEAD)
    assert [(key.line, key.algorithm, key.signs_from) for key in changed] == [
        ("access", "ES256", NOW + AHEAD),
        ("access", "ES256", None),
        ("id", "EdDSA", NOW + AHEAD),
        ("id", "EdDSA", None),
    ]
    keys = put(keys, changed)
    assert signer_at(keys, NOW + AHEAD) == changed[0]
    assert signer_at(keys, NOW + AHEAD, "id") == changed[2]
    gone = withdrawn(keys, ROOT, changed[2].kid, NOW + AHEAD)
    assert {key.line for key in gone} == {"id"}
    assert signer_at(put(keys, gone), NOW + AHEAD) == changed[0]
    (alone,) = withdrawn(keys, ROOT, access[0].kid, NOW + AHEAD)
    assert (alone.kid, alone.withdrawn_at) == (access[0].kid, NOW + AHEAD)
    lost, fresh = withdrawn(keys, ROOT, changed[3].kid, NOW + AHEAD)
    assert (lost.kid, fresh.line, fresh.signs_from) == (changed[3].kid, "id", None)


def test_a_line_without_a_key_that_signs_does_not_stop_the_other_and_is_sealed_anew() -> None:
    (_, coming) = first_keys("EdDSA", ROOT, NOW, "id")
    keys = [*first_keys("ES256", ROOT, NOW), coming]
    newest = RootKeys((b"\x02" * 32,), "newest")
    both = RootKeys((*newest.keys, *ROOT.keys), "both")
    keys = put(keys, rotated(keys, both, NOW + 5, AHEAD))
    assert [key.kid for key in keys if key.line == "id"] == [coming.kid]
    ring = Keyring(keys, newest, 300)
    assert ring.line("EdDSA", NOW) is None
    assert ring.verify(ring.sign(b"{}", NOW), NOW) == b"{}"


VERBS = st.lists(
    st.tuples(
        st.sampled_from(["rotate", "signer", "next", "retired"]),
        st.sampled_from(LINES),
        st.integers(0, 5000),
    ),
    max_size=6,
)


@given(VERBS)
def test_after_any_history_one_key_of_a_line_signs_one_waits_and_no_withdrawn_one_is_private(
    verbs: list[tuple[str, Line, int]],
) -> None:
    now = NOW
    keys = [key for line in LINES for key in first_keys("EdDSA", ROOT, NOW, line)]
    for verb, line, later in verbs:
        now += later
        signer = signer_at(keys, now, line)
        mine = [key for key in keys if key.line == line]
        retired = [key for key in mine if key.signs_from is not None and key != signer]
        lost = {"signer": [signer], "next": waiting(mine), "retired": retired}.get(verb, [])
        before = keys
        if verb == "rotate":
            keys = put(keys, rotated(keys, ROOT, now, AHEAD))
        elif lost:
            keys = put(keys, withdrawn(keys, ROOT, lost[0].kid, now))
            assert [key for key in keys if key.line != line] == [
                key for key in before if key.line != line
            ]
        assert all((key.sealed_private is None) == (key.withdrawn_at is not None) for key in keys)
        ring = Keyring(keys, ROOT, 300)
        for each in LINES:
            assert signer_at(keys, now, each).withdrawn_at is None
            assert len(waiting([key for key in keys if key.line == each])) == 1
            token = ring.sign(b"{}", now, "JWT", each)
            assert ring.verify(token, now, "JWT") == b"{}"
        assert ring.verify(ring.sign(b"{}", now), now) == b"{}"
