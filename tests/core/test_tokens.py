"""The opaque strings: one spelling each, and none that was not minted."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from doorward import Reason, Rejected
from doorward.tokens import (
    REFRESH_LENGTH,
    SESSION_LENGTH,
    RefreshToken,
    SessionToken,
    hash_secret,
    mint_refresh_token,
    mint_session_token,
    new_secret,
    new_sid,
    parse_refresh_token,
    parse_session_token,
)
from tests.support.texts import texts

NEWEST, OLDER, FOREIGN = b"k" * 32, b"o" * 32, b"f" * 32
KEYS = (NEWEST, OLDER)
SID, SECRET = "00112233445566778899aabbccddeeff", bytes(range(224, 256))
TOKEN = RefreshToken(SID, 70_000, 3, SECRET)

sids = st.binary(min_size=16, max_size=16).map(bytes.hex)
secrets = st.binary(min_size=32, max_size=32)
places = st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 255))

ALPHABET = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def parse_refresh(text: str) -> RefreshToken:
    return parse_refresh_token(text, KEYS)


BOTH: list[tuple[str, Callable[[str], object]]] = [
    (mint_session_token(SID, SECRET), parse_session_token),
    (mint_refresh_token(TOKEN, KEYS), parse_refresh),
]


def reason_of(parse: Callable[[str], object], text: str) -> Reason:
    with pytest.raises(Rejected) as refused:
        parse(text)
    return refused.value.reason


@given(sids, secrets)
def test_a_session_token_reads_back_as_it_was_minted(sid: str, secret: bytes) -> None:
    text = mint_session_token(sid, secret)
    assert (text[:4], len(text)) == ("dws_", SESSION_LENGTH)
    assert ALPHABET.issuperset(text)
    assert parse_session_token(text) == SessionToken(sid, secret)


@given(sids, places, secrets)
def test_a_refresh_token_reads_back_as_it_was_minted(
    sid: str, place: tuple[int, int], secret: bytes
) -> None:
    token = RefreshToken(sid, *place, secret)
    text = mint_refresh_token(token, KEYS)
    assert (text[:4], len(text)) == ("dwr_", REFRESH_LENGTH)
    assert ALPHABET.issuperset(text)
    assert parse_refresh_token(text, KEYS) == token


def test_sids_and_secrets_are_long_and_never_come_twice() -> None:
    made = {new_sid() for _ in range(10_000)}
    assert len(made) == 10_000
    assert {len(bytes.fromhex(sid)) for sid in made} == {16}
    hidden = {new_secret() for _ in range(10_000)}
    assert len(hidden) == 10_000
    assert {len(secret) for secret in hidden} == {32}


def test_only_the_sha256_of_a_secret_is_for_keeping() -> None:
    assert hash_secret(SECRET) == sha256(SECRET).digest()


@pytest.mark.parametrize(("text", "parse"), BOTH)
def test_a_character_outside_the_alphabet_is_malformed_wherever_it_stands(
    text: str, parse: Callable[[str], object]
) -> None:
    for place in range(len(text)):
        for letter in "=+/. ~\n\0é":
            edited = text[:place] + letter + text[place + 1 :]
            assert reason_of(parse, edited) is Reason.MALFORMED, (place, letter)


def test_a_session_token_with_any_character_flipped_is_another_or_malformed() -> None:
    text = mint_session_token(SID, SECRET)
    for place in range(len(text)):
        for letter in ALPHABET - {text[place]}:
            edited = text[:place] + letter + text[place + 1 :]
            if place < 4:
                assert reason_of(parse_session_token, edited) is Reason.MALFORMED
            else:
                assert parse_session_token(edited) != SessionToken(SID, SECRET)


def test_every_bit_of_every_character_is_used() -> None:
    """Unused bits in the last character would give one token several spellings."""
    text = mint_session_token(SID, SECRET)
    last = {parse_session_token(text[:-1] + letter).secret for letter in ALPHABET}
    assert len(last) == 64
    assert {(length - 4) % 4 for length in (SESSION_LENGTH, REFRESH_LENGTH)} == {0}


def test_a_refresh_token_with_any_character_flipped_is_refused() -> None:
    text, parse = BOTH[1]
    for place in range(len(text)):
        for letter in ALPHABET - {text[place]}:
            edited = text[:place] + letter + text[place + 1 :]
            expected = Reason.MALFORMED if place < 4 else Reason.BAD_SIGNATURE
            assert reason_of(parse, edited) is expected, (place, letter)


@pytest.mark.parametrize(("text", "parse"), BOTH)
def test_a_string_of_another_form_is_malformed(text: str, parse: Callable[[str], object]) -> None:
    for bad in (
        "",
        "dws_",
        "dwr_",
        text[:-1],
        text[:-4],
        text + "A",
        text + "AAAA",
        text + "=",
        text + "\n",
        " " + text,
        text[:-1] + "=",
        text[:-2] + "==",
        text[:-1] + "+",
        text[:-1] + "/",
        text[:-4] + "!!!!",  # a lax decoder skips them, and four leave nothing to pad
        text[:-1] + "\u212a",  # the Kelvin sign, which casefolds to k
        text.upper(),
        text[4:],
        text[:4] + text,
        text * 100_000,
    ):
        assert reason_of(parse, bad) is Reason.MALFORMED


def test_the_two_kinds_do_not_read_as_each_other() -> None:
    (session, parse_session), (refresh, parse_other) = BOTH
    assert reason_of(parse_session, refresh) is Reason.MALFORMED
    assert reason_of(parse_other, session) is Reason.MALFORMED
    assert reason_of(parse_session, "dws_" + refresh[4:]) is Reason.MALFORMED
    assert reason_of(parse_other, "dwr_" + session[4:]) is Reason.MALFORMED


@given(texts(200))
def test_no_text_at_all_is_more_than_refused(text: str) -> None:
    for shown in (text, "dws_" + text, "dwr_" + text):
        for parse in (parse_session_token, parse_refresh):
            assert reason_of(parse, shown) is Reason.MALFORMED


@given(places)
def test_an_old_token_cannot_be_edited_into_a_newer_one(place: tuple[int, int]) -> None:
    assume(place != (TOKEN.generation, TOKEN.branch))
    body = bytearray(urlsafe_b64decode(mint_refresh_token(TOKEN, KEYS)[4:]))
    body[16:21] = place[0].to_bytes(4) + place[1].to_bytes(1)
    assert reason_of(parse_refresh, "dwr_" + urlsafe_b64encode(body).decode()) is (
        Reason.BAD_SIGNATURE
    )


def test_either_of_two_root_keys_may_have_made_it_and_the_newest_makes_the_next() -> None:
    by_newest, by_older = (mint_refresh_token(TOKEN, (key,)) for key in KEYS)
    assert parse_refresh_token(by_newest, KEYS) == parse_refresh_token(by_older, KEYS) == TOKEN
    assert mint_refresh_token(TOKEN, KEYS) == by_newest


@pytest.mark.parametrize("keys", [(FOREIGN,), (OLDER,), (FOREIGN, OLDER), ()])
def test_a_mac_under_a_key_that_is_not_here_is_refused(keys: tuple[bytes, ...]) -> None:
    text = mint_refresh_token(TOKEN, (NEWEST,))
    with pytest.raises(Rejected) as refused:
        parse_refresh_token(text, keys)
    assert refused.value.reason is Reason.BAD_SIGNATURE


def test_a_parsed_token_does_not_show_its_secret() -> None:
    for text, parse in BOTH:
        shown = repr(parse(text))
        assert SID in shown
        assert "secret" not in shown
        assert repr(SECRET)[2:-1] not in shown
