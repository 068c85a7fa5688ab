"""The audit log: what happened to accounts, logins and keys, by whom; appended to and never edited.

Nothing in it opens anything: no entry holds a credential.
"""

import asyncio
import json
from asyncio import Lock, Task, create_task, shield
from collections.abc import Awaitable, Callable, Sequence
from itertools import takewhile
from typing import Any, NamedTuple

from sqlalchemy import Select, delete, func, insert, select, text

from ..db.database import Database, Transaction
from ..db.raw_column import Raw
from .chain import GENESIS, Finding, Head, Inspector, Link, outside, seal
from .entry import AUDIT, SYSTEM, TEXTS, Entry, texts

PRUNED = "audit_pruned"
"""The kind of the entries that say what was pruned; the latest is where the chain begins."""

PAGE = 5_000
"""Entries that are read, or pruned, in one step: so that nobody waits long for a lock."""


Beside = Callable[[Transaction, Sequence[Entry]], Awaitable[None]]
"""What else is written in the transaction that enters these."""


async def nothing(connection: Transaction, entries: Sequence[Entry]) -> None:
    """Write nothing beside them."""


class Pruned(NamedTuple):
    """What the entry `seq` says: at `at`, all entries up to `through` were deleted."""

    through: Head
    seq: int
    at: int


class Audit:
    """The log in a database; `beside` writes what must not be there without it, or lost after it.
    Every method raises `StoreUnavailable`."""

    def __init__(self, database: Database, beside: Beside = nothing) -> None:
        self._database = database
        self._beside = beside
        self._turn = Lock()
        self._group: tuple[list[Entry], Task[list[Head]]] | None = None

    async def append(self, entry: Entry) -> Head:
        """Add an entry at the end; it is on the disk when this returns its place.

        What waits while others are being written is written together.  To read the end and to write
        behind it is one step, also among processes.  Cancelled, it is written all the same.
        """
        if self._group is None:
            entries: list[Entry] = []
            self._group = entries, create_task(self._commit(entries))
        entries, committed = self._group
        place = len(entries)
        entries.append(entry)
        return (await shield(committed))[place]

    async def head(self) -> Head:
        """The last entry's place and hash."""
        return _head(await self._database.run(_LAST))

    async def verify(self, head: str | None = None) -> list[Finding]:
        """What is wrong with the log; nothing when it is intact.

        `head` is a hash that was once at its end, in hexadecimal: without it, entries removed from
        the end leave no trace.  Raises `ValueError` when it is no such hash.
        """
        wanted = None if head is None else _hash(head)
        while True:
            pruned = await self.pruned()
            found = await self._inspect(
                Head(0, GENESIS) if pruned is None else pruned.through, wanted
            )
            if (
                await self.pruned() == pruned
            ):  # otherwise entries that were just pruned would seem removed
                return found

    async def pruned(self) -> Pruned | None:
        """What the latest entry about pruning says; None when there is none, or when it says what
        no server writes: it was edited, which `verify` finds."""
        rows = await self._database.run(_LATEST_PRUNING)
        try:
            detail = json.loads(rows[0].detail)
            through = Head(int(detail["through"]), _hash(detail["hash"]))
        except (LookupError, TypeError, ValueError, OverflowError):
            return None
        found = Pruned(through, rows[0].seq, rows[0].at)
        return found if 0 < through.seq < found.seq and isinstance(found.at, int) else None

    async def prune(self, before: int, *, at: int) -> int:
        """Delete the oldest entries, at most `PAGE`, up to the first that is not older than
        `before`; what remains stays verifiable, because an entry, added in the same step, says
        where it begins.  Returns how many went; call again while it is `PAGE`."""
        async with self._turn, self._database.writing() as connection:
            oldest = await connection.execute(_OLDEST)
            gone = list(takewhile(lambda row: isinstance(row.at, int) and row.at < before, oldest))
            if gone:
                last = gone[-1]
                detail = {"through": last.seq, "hash": last.hash.hex(), "entries": len(gone)}
                await _add(connection, [Entry(kind=PRUNED, at=at, actor=SYSTEM, detail=detail)])
                await connection.execute(delete(AUDIT).where(AUDIT.c.seq <= last.seq))
        return len(gone)

    async def close(self) -> None:
        """Wait until every entry is written."""
        while self._group is not None:
            await asyncio.wait([self._group[1]])
        async with self._turn:
            pass  # the last group has left

    async def _commit(self, entries: list[Entry]) -> list[Head]:
        async with self._turn:
            self._group = None  # later entries go into the next group
            async with self._database.writing() as connection:
                heads = await _add(connection, entries)
                await self._beside(connection, entries)
        return heads

    async def _inspect(self, start: Head, head: bytes | None) -> list[Finding]:
        inspector = Inspector(start, head)
        seq = start.seq
        while rows := await self._database.run(_links(seq)):
            inspector.read(Link(row[0], row[1:-1], row[-1]) for row in rows)
            seq = rows[-1][0]
        first, last = tuple((await self._database.run(_range(start.seq)))[0])
        return ([] if first is None else [outside(first, last)]) + inspector.findings()


# as bytes, because somebody may have put anything there: the log goes on, and `verify` finds it
_RAW_HASH = Raw(AUDIT.c.hash)
_LAST = select(AUDIT.c.seq, _RAW_HASH).order_by(AUDIT.c.seq.desc()).limit(1)
_OLDEST = select(AUDIT.c.seq, AUDIT.c.at, _RAW_HASH.label("hash")).order_by(AUDIT.c.seq).limit(PAGE)
_LATEST_PRUNING = (
    select(AUDIT.c.seq, AUDIT.c.at, AUDIT.c.detail)
    .where(text("kind = 'audit_pruned'"))  # in these words, so that the index is found
    .order_by(AUDIT.c.seq.desc())
    .limit(1)
)


def _links(after: int) -> Select[Any]:
    """The next rows in bytes, whatever somebody may have put into them."""
    fields = [Raw(AUDIT.c[name]) for name in ("at", *TEXTS, "hash")]
    return select(AUDIT.c.seq, *fields).where(AUDIT.c.seq > after).order_by(AUDIT.c.seq).limit(PAGE)


def _range(through: int) -> Select[Any]:
    return select(func.min(AUDIT.c.seq), func.max(AUDIT.c.seq)).where(AUDIT.c.seq <= through)


async def _add(connection: Transaction, entries: Sequence[Entry]) -> list[Head]:
    """Add entries at the end, within a transaction that nobody else can write beside."""
    head = _head((await connection.execute(_LAST)).all())
    rows, heads = [], []
    for entry in entries:
        values = texts(entry)
        fields = (b"%d" % entry.at, *[values[name].encode() for name in TEXTS])
        head = Head(head.seq + 1, seal(head.hash, head.seq + 1, fields))
        rows.append({"seq": head.seq, "at": entry.at, **values, "hash": head.hash})
        heads.append(head)
    await connection.execute(insert(AUDIT), rows)
    return heads


def _head(rows: Sequence[Any]) -> Head:
    return Head(*rows[0]) if rows else Head(0, GENESIS)


def _hash(text: str) -> bytes:
    found = bytes.fromhex(text)
    if len(found) != len(GENESIS):
        raise ValueError(f"not the hash of an entry: {text!r}")
    return found
