"""Where the next page of a list begins, as it stands in an address: in one spelling alone."""

import pytest

from doorward.server.admin.online.search import place_of, text_of
from doorward.server.audit.entry import Entry, Kept
from doorward.server.audit.history import Place
from doorward.server.routes.query import after_of, place_text
from doorward.stores import Page


def test_a_place_is_read_as_it_was_written() -> None:
    kept = Kept(7, Entry(kind="login", at=1_700_000_000))
    assert after_of(place_text(kept)) == Place(1_700_000_000, 7)
    assert place_of(f"{text_of(Page(1_700_000_000, 'a.b'))}") == Page(1_700_000_000, "a.b")


NUMBERS = ["", "-1", "+1", " 1", "1 ", "01", "00", "1_0", "0x1", "1e3", "\u0661", "²", "1" * 19]


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_in_another_spelling_is_no_place(number: str) -> None:
    assert after_of(f"{number}.1") is None
    assert after_of(f"1.{number}") is None
    assert place_of(f"{number}.{'0' * 32}") is None


@pytest.mark.parametrize("text", ["", "1", ".", "1.", ".1", "1.1.1"])
def test_what_is_no_pair_is_no_place(text: str) -> None:
    assert after_of(text) is None
