"""What the history says about an entry, in words."""

from typing import Any

import pytest

from doorward.server.audit.entry import Entry, Kept
from doorward.server.audit.kinds import SHARED, Kinds
from doorward.server.ui.words import happened

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


@pytest.mark.parametrize(
    ("detail", "words"),
    [
        ({"sessions": 1, "sids": ["a"]}, "1 session"),
        ({"roles": [], "sessions": 2}, "roles: none; 2 sessions"),
        ({"link": "undo_email"}, "link back to an old address"),
        (
            {"passkey": "My laptop", "recovery_codes": 10},
            "passkey My laptop; 10 recovery codes made",
        ),
        ({"left": 9}, "9 recovery codes left"),
        ({"verified": True}, "address confirmed first"),
        ({"request": "GET /admin"}, "GET /admin"),
        ({"reason": "withdrawn"}, "withdrawn"),
        (
            {"other": {"address": "192.0.2.1", "user_agent": FIREFOX}},
            "begun on Firefox on Linux, 192.0.2.1",
        ),
        (
            {"source": "csv", "imported": 2, "skipped": 0},
            "from csv; 2 accounts imported; 0 accounts skipped",
        ),
        ({"passkey": "{}"}, "passkey {}"),
        ({"of_a_later_version": 3}, "of a later version: 3"),
    ],
    ids=lambda given: next(iter(given)) if isinstance(given, dict) else "",
)
def test_details_are_told_in_words(detail: dict[str, Any], words: str) -> None:
    kept = Kept(1, Entry(kind="login", at=1, detail=detail))
    assert happened(kept, {}, Kinds(SHARED)).detail == words
