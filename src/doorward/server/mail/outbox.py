"""Letters that wait to be sent, and those of the last day: a table beside what they tell of."""

import json
import secrets
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Insert,
    Row,
    Select,
    Table,
    delete,
    func,
    insert,
    literal,
    select,
    text,
    update,
)

from ...settings import DAY, HOUR, MINUTE
from ..audit.entry import Entry, storable, texts
from ..db.database import TABLES, Database, Transaction
from ..db.schema import TEXT
from .letter import DETAILS, Letter

MOST = 3
"""Letters of one kind to one person in an hour.  Of each kind by itself: a flood of one must not
keep another from being sent."""

LIFE = DAY
"""Seconds after which a letter is given up, and after which one that was sent is forgotten."""

SHORTEST, LONGEST = 2 * MINUTE, 4 * HOUR
"""Seconds between two tries: each time twice as many.  The first pause is longer than a try may
take and two clocks may differ, or a letter could be out twice."""

LETTERS = Table(
    "doorward_letters",
    TABLES,
    Column("id", TEXT, primary_key=True),
    Column("kind", TEXT, nullable=False),
    Column("subject", TEXT, nullable=False),
    Column("email", TEXT, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("ending", BigInteger, nullable=False, server_default=text("0")),
    Column("address", TEXT, nullable=False),
    Column("user_agent", TEXT, nullable=False),
    Column("other", TEXT, nullable=False),
    Column("tries", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("sent_at", BigInteger),
)
_WAITS = text("sent_at IS NULL")  # in these words, so that the index is found
Index("doorward_letters_subject", LETTERS.c.subject, LETTERS.c.kind, LETTERS.c.at)
Index("doorward_letters_due", LETTERS.c.due_at, sqlite_where=_WAITS, postgresql_where=_WAITS)
Index("doorward_letters_at", LETTERS.c.at)

_FIELDS = [column for column in LETTERS.c if column.name != "due_at"]


class Outbox:
    """The letters in a database.  Methods that do input and output raise `StoreUnavailable`.

    `kinds` are the kinds of entries of which a person is told.  `sends`: whether somebody takes the
    letters out; else they are only there to be read.
    """

    def __init__(self, database: Database, kinds: Collection[str], *, sends: bool) -> None:
        self._database = database
        self._kinds = kinds
        self._sends = sends

    async def put(self, connection: Transaction, entries: Sequence[Entry]) -> None:
        """Add the letters that tell of these entries, in the transaction that enters them: what is
        entered is told, whatever crashes.  No more than `MOST`, and none to who is no user."""
        for entry in entries:
            if entry.kind in self._kinds:
                for email in entry.addressees or (None,):
                    await connection.execute(self._insert(entry, email))

    async def write(self, letter: Letter) -> None:
        """Add a letter that anybody may ask for, whether or not the address has an account: so
        nothing here may depend on that.  The caller limits how many there are."""
        await self._database.run(_written(letter))

    async def enclose(self, transaction: Transaction, letter: Letter) -> None:
        """Add a letter in the transaction of what it tells of, to an address that may be nobody's
        by then.  The caller limits how many there are."""
        await transaction.execute(_written(letter))

    async def is_full(self, subject: str, kind: str, at: int) -> bool:
        """Whether this person was sent as many of this kind as they may be, for now."""
        rows = await self._database.run(_lately(subject, kind, at))
        return int(rows[0][0]) >= MOST

    async def take(self, at: int) -> Letter | None:
        """The letter that waited longest, or None.  Of many who take at once, one gets it; it comes
        again, later each time, until it is `sent`: also when its taker dies."""
        found = await self._database.run(_DUE.where(LETTERS.c.due_at <= at))
        for row in found:
            tries = row.tries + 1
            changed = {"tries": tries, "due_at": at + pause(tries)}
            mine = (LETTERS.c.id == row.id, LETTERS.c.tries == row.tries)
            statement = update(LETTERS).where(*mine).values(**changed).returning(*_FIELDS)
            for taken in await self._database.run(statement):
                return _letter(taken)
        return None

    async def sent(self, letter: Letter, at: int) -> None:
        """It is on its way, as a letter of this kind."""
        values = {"sent_at": at, "kind": letter.kind, "subject": letter.subject}
        await self._database.run(update(LETTERS).where(LETTERS.c.id == letter.id).values(values))

    async def drop(self, letter: Letter) -> None:
        """It has become pointless, or nobody takes it."""
        await self._database.run(delete(LETTERS).where(LETTERS.c.id == letter.id))

    async def give_up(self, at: int) -> Sequence[Letter]:
        """Drop those that could not be sent for too long, and say which: each is said once."""
        statement = delete(LETTERS).where(_WAITS, LETTERS.c.at <= at - LIFE)
        rows = await self._database.run(statement.returning(*_FIELDS))
        return [_letter(row) for row in rows]

    async def forget(self, at: int) -> None:
        """Delete what was sent more than a day ago."""
        old = (LETTERS.c.sent_at.is_not(None), LETTERS.c.at <= at - LIFE)
        await self._database.run(delete(LETTERS).where(*old))

    async def latest(self, limit: int) -> Sequence[Letter]:
        """The latest first."""
        order = (LETTERS.c.at.desc(), LETTERS.c.id)
        rows = await self._database.run(select(*_FIELDS).order_by(*order).limit(limit))
        return [_letter(row) for row in rows]

    def _insert(self, entry: Entry, email: str | None) -> Insert:
        """A letter to this address, or to that of the account."""
        said = texts(entry)
        values = {
            "id": secrets.token_hex(16),
            "kind": entry.kind,
            "at": entry.at,
            "address": said["address"],
            "user_agent": said["user_agent"],
            "other": json.dumps(entry.detail.get("other") or _told(entry)),
            "tries": 0,
            "due_at": entry.at,
            "sent_at": None if self._sends else entry.at,
        }
        columns = [literal(value, LETTERS.c[name].type) for name, value in values.items()]
        lately = _lately(entry.subject, entry.kind, entry.at).scalar_subquery()
        users = TABLES.tables["doorward_users"].c
        to = users.email if email is None else literal(email, TEXT)
        whom = select(users.subject, to.label("to"), users.ending, *columns)
        whom = whom.where(users.subject == entry.subject, lately < MOST)
        return insert(LETTERS).from_select(["subject", "email", "ending", *values], whom)


def _written(letter: Letter) -> Insert:
    values = {
        **{name: getattr(letter, name) for name in ("id", "kind", "subject", "email", "at")},
        "address": storable(letter.address),
        "user_agent": storable(letter.user_agent),
        "other": json.dumps(letter.other),
        "tries": 0,
        "due_at": letter.at,
    }
    return insert(LETTERS).values(**values)


def pause(tries: int) -> int:
    """Seconds from one try to the next."""
    return min(SHORTEST << (tries - 1), LONGEST)


_DUE = select(LETTERS.c.id, LETTERS.c.tries).where(_WAITS).order_by(LETTERS.c.due_at).limit(10)


def _lately(subject: str, kind: str, at: int) -> Select[Any]:
    same = (LETTERS.c.subject == subject, LETTERS.c.kind == kind, LETTERS.c.at > at - HOUR)
    return select(func.count()).select_from(LETTERS).where(*same)


def _told(entry: Entry) -> dict[str, Any] | None:
    """What a letter tells of the details of its event."""
    return {name: entry.detail[name] for name in DETAILS if name in entry.detail} or None


def _letter(row: Row[Any]) -> Letter:
    values = row._asdict()
    return Letter(**{**values, "other": json.loads(values["other"])})
