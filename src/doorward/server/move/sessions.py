"""Sessions and signing keys, from one store to another, in passes."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import NamedTuple, TypeVar

from ...errors import ConfigurationError, Rejected
from ...stores import EVERY_ROW, Backend, Cursor, Decision, Page
from ...types import Clock, Session, SigningKey

T = TypeVar("T")

PAGE = 500
"""Rows read at once."""

AT_ONCE = 64
"""Rows under way to the target: enough to share its commits, and few enough for none to wait as
long as a store may take to answer."""

MEDDLED = "Somebody else writes to the target: let nothing use it before the move is done."


class Carried(NamedTuple):
    """A row as it was when it was carried, and the version the target gave it."""

    version: int
    ver: int
    there: int


class Sessions:
    """The sessions that the target has already.  Each pass brings the other sessions that are not
    revoked, also those that have expired only by this machine's clock.

    A token that was issued before a session was revoked or changed must not work at the target
    either.  So every row in the source's order of changes is changed at the target too, which
    announces that to its own servers.  The methods raise `StoreUnavailable`.
    """

    def __init__(self, source: Backend, target: Backend, clock: Clock) -> None:
        self._source = source
        self._target = target
        self._clock = clock
        self._carried: dict[str, Carried] = {}
        self._keys: dict[str, SigningKey] = {}
        self._told: set[str] = set()
        self._dead: set[str] = set()
        self._cursor: Cursor | None = None
        self._mark = 0

    @property
    def count(self) -> int:
        """How many sessions the target has, those that ended lately included."""
        return len(self._carried)

    @property
    def keys(self) -> int:
        """How many signing keys the target has."""
        return len(self._keys)

    async def carry(self) -> int:
        """One pass over the source.  Returns how many sessions were written; what changes behind
        it is left to the next, and nothing is once the source is sealed."""
        self._mark = await self._target.mark()
        await self._carry_keys()
        seen: set[str] = set()
        children: list[Session] = []
        written, after = 0, None
        while page := await self._source.sessions(None, EVERY_ROW, after, PAGE):
            await self._hear()  # after the rows: whatever they say of a change is known now
            seen.update(row.sid for row in page)
            children += [row for row in page if row.parent_sid is not None]
            written += await self._carry([row for row in page if row.parent_sid is None])
            after = Page(page[-1].seen_at, page[-1].sid)
        for generation in _parents_first(children):
            written += await self._carry(generation)
        await self._hear()
        return written + await self._carry(await self._others(self._told - self._dead - seen))

    async def _carry_keys(self) -> None:
        for key in await self._source.keys():
            if self._keys.get(key.kid) != key:
                await self._target.put_key(key)
                self._keys[key.kid] = key

    async def _hear(self) -> None:
        entries, self._cursor, _ = await self._source.changes(self._cursor)
        self._told.update(change.id for change in entries if change.kind == "session")

    async def _others(self, sids: set[str]) -> list[Session]:
        """The rows that changed and are not in the list."""
        found = []
        for some in _chunks(sorted(sids)):
            rows = await asyncio.gather(*map(self._source.get, some))
            found += [row for row in rows if row is not None]
        self._dead.update(row.sid for row in found if row.revoked_at is not None)
        return found

    async def _carry(self, rows: Sequence[Session]) -> int:
        new = [row for row in rows if not self._has(row)]
        for some in _chunks(new):
            await asyncio.gather(*map(self._carry_one, some))
        return len(new)

    def _has(self, row: Session) -> bool:
        known = self._carried.get(row.sid)
        return known is not None and known.version == row.version

    async def _carry_one(self, row: Session) -> None:
        known = self._carried.get(row.sid)
        told = row.sid in self._told if known is None else row.ver > known.ver
        if row.audience and row.revoked_at is None:
            told = False  # no decision but its end is about a grant
        before = row
        if told:
            before = replace(row, version=row.version - 1, ver=row.ver - 1, revoked_at=None)
        if known is None:
            await self._insert(before)
            there = before.version
        else:
            await self._replace(known, before, row)
            there = known.there + 1
        if told:
            await self._decide(row)
        self._carried[row.sid] = Carried(row.version, row.ver, there + told)

    async def _insert(self, row: Session) -> None:
        began = row.created_at  # its parent lived then, whatever the clock here says
        try:
            await self._target.insert(row, self._mark, began)
        except Rejected:
            if row.parent_sid is None:
                raise ConfigurationError(MEDDLED) from None
            # its dead parent will not end it any more; a grant has ended with it
            orphan = replace(row, parent_sid=None, ends_at=began if row.audience else row.ends_at)
            await self._target.insert(orphan, self._mark, began)
        except ValueError as error:
            raise ConfigurationError(MEDDLED) from error

    async def _replace(self, known: Carried, before: Session, row: Session) -> None:
        old = replace(before, version=known.there)
        gone = not await self._target.replace(old, before)
        if gone and row.revoked_at is None:  # otherwise the end of its parent came here first
            raise ConfigurationError(MEDDLED)

    async def _decide(self, row: Session) -> None:
        """Raises `ver` to that of the row, and has the target tell it."""
        revoke = row.revoked_at is not None
        decision = Decision(revoke=revoke, roles=row.roles, scopes=row.scopes)
        at = self._clock() if row.revoked_at is None else row.revoked_at
        await self._target.change(sid=row.sid, decision=decision, at=at)


def _parents_first(rows: Sequence[Session]) -> Iterator[list[Session]]:
    """Each generation before that of its children."""
    left = list(rows)
    while left:
        names = {row.sid for row in left}
        yield [row for row in left if row.parent_sid not in names]
        left = [row for row in left if row.parent_sid in names]


def _chunks(items: Sequence[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while some := list(islice(rest, AT_ONCE)):
        yield some
