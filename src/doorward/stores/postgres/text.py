"""Text that PostgreSQL can keep: it has no character zero, and what clients say about themselves
may hold one."""

from operator import itemgetter
from typing import Any

from ...types import Session
from .. import rows

ESCAPE = "\x1a"

FREE = (
    *("sid", "subject", "client_id", "audience", "parent_sid"),
    *("address", "user_agent", "label"),
)
"""The columns that hold text as it was given; the others are numbers, bytes and JSON."""

_free = itemgetter(*map(rows.COLUMNS.index, FREE))


def escaped(text: str) -> str:
    """What is stored for `text`.  Raises `UnicodeEncodeError` (a `ValueError`) for half a surrogate
    pair: here, and not in the middle of a query that others wait for too."""
    text.encode()
    return text.replace(ESCAPE, ESCAPE + "e").replace("\x00", ESCAPE + "0")


def plain(text: str) -> str:
    """`text` back from what is stored."""
    return text.replace(ESCAPE + "0", "\x00").replace(ESCAPE + "e", ESCAPE)


def session(row: Any) -> Session:
    """A session from a row in the order of `SELECT`."""
    if ESCAPE in "".join(filter(None, _free(row))):
        row = [plain(value) if isinstance(value, str) else value for value in row]
    return rows.session(row)


def values(session: Session) -> dict[str, Any]:
    """What stands in a row, by column."""
    stored: dict[str, Any] = rows.values(session)
    free = {name: escaped(stored[name]) for name in FREE if stored[name] is not None}
    return stored | free
