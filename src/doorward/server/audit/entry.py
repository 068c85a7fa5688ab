"""Entries of the audit log, and the table they lie in."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Row, Table, text

from ..db.database import TABLES
from ..db.schema import TEXT

DONE = "done"
"""The outcome of what was not refused."""

SYSTEM, OPERATOR = "system", "operator"
"""Actors who are no subjects: the server by itself, and whoever has its command line."""

TEXTS = ("kind", "actor", "subject", "sid", "address", "user_agent", "outcome", "detail")
"""The columns of text, in the order in which they enter the hash."""

AUDIT = Table(
    "doorward_audit",
    TABLES,
    Column(
        "seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False
    ),
    Column("at", BigInteger, nullable=False),
    *(Column(name, TEXT, nullable=False) for name in TEXTS),
    Column("hash", LargeBinary, nullable=False),
)
# each in the order of time, for that is how pages are read
_TIME = (AUDIT.c.at, AUDIT.c.seq)
Index("doorward_audit_at", *_TIME)
Index("doorward_audit_kind", AUDIT.c.kind, *_TIME)
Index("doorward_audit_subject", AUDIT.c.subject, *_TIME)
# with the kind, so that a page of one kind from a busy address reads no row of another
Index("doorward_audit_address", AUDIT.c.address, *_TIME, AUDIT.c.kind)
_BY_ANOTHER, _PRUNED = text("actor <> subject"), text("kind = 'audit_pruned'")
Index(
    "doorward_audit_actor",
    AUDIT.c.actor,
    *_TIME,
    sqlite_where=_BY_ANOTHER,
    postgresql_where=_BY_ANOTHER,
)
Index("doorward_audit_pruned", AUDIT.c.seq, sqlite_where=_PRUNED, postgresql_where=_PRUNED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that happened.

    `actor` is the subject of who did it, `SYSTEM`, `OPERATOR`, or empty when nobody knows;
    `subject` is whom it was done to.  `outcome` is `DONE`, or the reason why it was refused.
    `detail` is a small JSON object.  What a client said is kept as it is, control characters
    included, for whoever shows it to escape.  `addressees` are where letters about it go, if not to
    the account's present address; the log does not keep them.
    """

    kind: str
    at: int
    actor: str = ""
    subject: str = ""
    sid: str = ""
    address: str = ""
    user_agent: str = ""
    outcome: str = DONE
    detail: Mapping[str, Any] = field(default_factory=dict)
    addressees: tuple[str, ...] = ()


class Kept(NamedTuple):
    """An entry in the log, and its place there."""

    seq: int
    entry: Entry


def texts(entry: Entry) -> dict[str, str]:
    """The texts of an entry as they are stored."""
    given = {name: getattr(entry, name) for name in TEXTS[:-1]}
    given["detail"] = json.dumps(entry.detail, sort_keys=True, separators=(",", ":"))
    return {name: storable(value) for name, value in given.items()}


def kept(row: Row[Any]) -> Kept:
    """The entry in a row that has every column but the hash."""
    values = row._asdict()
    return Kept(values.pop("seq"), Entry(**{**values, "detail": json.loads(values["detail"])}))


def storable(said: str) -> str:
    """Text that every database can hold, so that a log can move from one to another as it is: half
    of a surrogate pair, which JSON can smuggle in, is no text, and in PostgreSQL NUL is none."""
    return said.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
