"""One spelling for each string of bytes, and only that one is read."""

import base64
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.errors import Reason, Rejected
from doorward.keys.base64url import decode, encode, member


@given(st.binary(max_size=100))
def test_what_was_encoded_is_decoded_and_agrees_with_the_standard_library(data: bytes) -> None:
    assert decode(encode(data)) == data
    assert encode(data) == base64.urlsafe_b64encode(data).rstrip(b"=")


@given(st.binary(max_size=12))
def test_any_bytes_are_either_the_canonical_form_or_refused(text: bytes) -> None:
    with suppress(Rejected):
        assert encode(decode(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        b"A",
        b"AAAAA",
        b"AB",
        b"AAB",
        b"AA==",
        b"AAA=",
        b"A A",
        b"AA\n",
        b"+A",
        b"/A",
        b"=",
        b"A\xff",
    ],
)
def test_every_other_spelling_is_refused(text: bytes) -> None:
    with pytest.raises(Rejected) as refused:
        decode(text)
    assert refused.value.reason == Reason.MALFORMED


def test_all_two_and_three_character_strings_decode_only_if_their_unused_bits_are_zero() -> None:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    good = 0
    for last in alphabet:
        for start in ("A", "AA"):
            try:
                decode((start + last).encode())
            except Rejected:
                continue
            good += 1
    assert good == 4 + 16


@pytest.mark.parametrize("value", [None, 5, ["AA"], "A", "é", "AA=="])
def test_a_member_that_is_no_base64url_is_malformed(value: object) -> None:
    with pytest.raises(Rejected) as refused:
        member({"x": value}, "x")
    assert refused.value.reason == Reason.MALFORMED
    assert member({"x": "AA"}, "x") == b"\0"
