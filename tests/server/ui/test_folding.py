"""One thing that happened is one row."""

from dataclasses import replace
from typing import Any

import pytest

from doorward.server.app import KINDS
from doorward.server.audit.entry import Entry, Kept
from doorward.server.ui.folding import folded


def rows(*happened: tuple[str, str, int]) -> list[str]:
    """The kinds that are shown of entries, oldest first, each of a kind, a subject and a time."""
    entries = [
        Kept(seq, Entry(kind=kind, subject=subject, at=at))
        for seq, (kind, subject, at) in enumerate(happened)
    ]
    return [kept.entry.kind for kept in folded(entries[::-1], KINDS)]


@pytest.mark.parametrize(
    ("part", "whole"),
    [
        ("login", "new_device"),
        ("changed", "roles_set"),
        ("revoked", "locked"),
        ("revoked", "password_changed"),
        ("revoked", "password_reset"),
    ],
)
def test_an_act_that_left_two_entries_is_one_row(part: str, whole: str) -> None:
    assert rows((part, "ann", 5), (whole, "ann", 6)) == [whole]
    assert rows((part, "ann", 5), ("logout", "ben", 5), (whole, "ann", 5)) == [whole, "logout"]


@pytest.mark.parametrize(
    "happened",
    [
        [("login", "ann", 5), ("new_device", "ben", 5)],
        [("login", "ann", 5), ("new_device", "ann", 7)],
        [("new_device", "ann", 5), ("login", "ann", 5)],
        [("login", "ann", 5), ("logout", "ann", 5), ("new_device", "ann", 5)],
        [("login", "ann", 5), ("login", "ann", 5)],
        [("revoked", "ann", 5), ("all_revoked", "", 5)],
        [("revoked", "ann", 5), ("of another version", "ann", 5)],
    ],
    ids=str,
)
def test_what_happened_by_itself_keeps_its_row(happened: list[tuple[str, str, int]]) -> None:
    assert rows(*happened) == [kind for kind, _, _ in reversed(happened)]


LOGIN = Entry(
    kind="login", subject="ann", actor="ann", sid="a", at=5, address="198.51.100.7", user_agent="x"
)
NEW_DEVICE = replace(LOGIN, kind="new_device")


@pytest.mark.parametrize(
    "other",
    [{"sid": "b"}, {"actor": "root"}, {"address": "203.0.113.9"}, {"user_agent": "y"}],
    ids=str,
)
def test_nobody_hides_an_entry_by_what_another_request_does_at_the_same_moment(
    other: dict[str, Any],
) -> None:
    assert shown(LOGIN, NEW_DEVICE) == [NEW_DEVICE]
    another = replace(NEW_DEVICE, **other)
    assert shown(LOGIN, another) == [another, LOGIN]


def shown(*entries: Entry) -> list[Entry]:
    kept = [Kept(seq, entry) for seq, entry in enumerate(entries)]
    return [each.entry for each in folded(kept[::-1], KINDS)]
