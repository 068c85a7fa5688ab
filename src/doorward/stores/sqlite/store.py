"""SQLiteStore: reads on the caller's thread, writes through the writer."""

import os
from asyncio import get_running_loop, sleep, wrap_future
from collections.abc import Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import TypeVar

from ...types import Session, SigningKey
from .. import Changes, Counter, Cursor, Decision, Most, Page, Ticket
from ..opened_file import OpenedFile
from ..rows import SELECT, session
from ..whose import whose
from . import keys, limits, purge, read_only, sessions, tickets
from .reader import Reader
from .schema import connect, open_file
from .writer import Write, Writer

T = TypeVar("T")

POLL = 0.02
"""Seconds between two looks at the file for a change that another process made."""

READ_TIMEOUT = 0.1
"""Seconds a read may wait for a lock: it holds up the caller's whole event loop, and in WAL mode
only maintenance of the file ever locks readers out."""

END = Page(2**63 - 1, "")

GET = f"{SELECT} WHERE sid = ?"
# The bound on seen_at lets the index skip expired rows that are not purged yet.  No live row is
# older: it would have rested for longer than any session may.
_LIVE = """
    WHERE revoked_at IS NULL AND ends_at > ? AND (seen_at, sid) < (?, ?) AND seen_at > ? - (
        SELECT max(ends_at - seen_at) FROM doorward_sessions WHERE revoked_at IS NULL
    ) AND ifnull((audience <> '') = ?, TRUE)
"""
_LATEST = "ORDER BY seen_at DESC, sid DESC LIMIT ?"
LIST_OF_ALL = f"{SELECT} {_LIVE} {_LATEST}"
LIST_OF_SUBJECT = f"{SELECT} {_LIVE} AND subject = ? {_LATEST}"


class SQLiteStore:
    """All four protocols in one file, which any number of processes of one machine may open.

    The file may be an application's own: every table is named `doorward_...`.  Synchronous callers
    may use it from many threads; a write then blocks until it is on the disk.  Open it after a
    fork, not before.  A write that was cancelled while waiting may be done or not.

    `busy_timeout` is how many seconds a write waits for another program's lock.  Raises
    `ConfigurationError` when the file cannot be opened or written.
    """

    local = True

    def __init__(self, path: str | os.PathLike[str], *, busy_timeout: float = 2.0) -> None:
        file = Path(path).absolute()
        writing = open_file(file, busy_timeout)
        self._reader = Reader(connect(file, READ_TIMEOUT))
        self._writer = Writer(writing, OpenedFile(file), self._reader.heed)

    # --- sessions -------------------------------------------------------------------------------

    async def mark(self) -> int:
        return self._reader.position()

    async def insert(self, session: Session, mark: int, at: int, most: Most | None = None) -> None:
        await self._write(partial(sessions.insert, session=session, mark=mark, at=at, most=most))

    async def get(self, sid: str) -> Session | None:
        try:
            row = self._reader.row(GET, sid)
        except UnicodeEncodeError:
            return None
        return None if row is None else session(row)

    async def replace(self, old: Session, new: Session) -> bool:
        return await self._write(partial(sessions.replace, old=old, new=new))

    async def change(
        self,
        *,
        sid: str | None = None,
        subject: str | None = None,
        keep: str | None = None,
        decision: Decision,
        at: int,
    ) -> list[str]:
        kind, name = whose(sid, subject)
        if kind == "sid":
            one = partial(sessions.change_one, sid=name, decision=decision, at=at)
            return await self._write(one)
        return await self._write(
            partial(sessions.change_all, subject=name, keep=keep, decision=decision, at=at)
        )

    async def sessions(
        self,
        subject: str | None,
        at: int,
        after: Page | None = None,
        limit: int = 50,
        grants: bool | None = None,
    ) -> list[Session]:
        seen_at, sid = after or END
        live = (at, seen_at, sid, at, grants)
        if subject is None:
            rows = self._reader.rows(LIST_OF_ALL, *live, limit)
        else:
            rows = self._reader.rows(LIST_OF_SUBJECT, *live, subject, limit)
        return [session(row) for row in rows]

    # --- the order of changes -------------------------------------------------------------------

    async def changes(self, cursor: Cursor | None) -> Changes:
        return self._reader.changes(cursor)

    def unchanged(self, cursor: Cursor | None) -> bool:
        return self._reader.unchanged(cursor)

    async def wait(self, seconds: float) -> None:
        loop = get_running_loop()
        until = loop.time() + seconds
        before = self._reader.position()
        while (left := until - loop.time()) > 0:
            await sleep(min(left, POLL))
            if self._reader.position() != before:
                return

    # --- signing keys ---------------------------------------------------------------------------

    async def keys(self) -> Sequence[SigningKey]:
        return [keys.signing_key(row) for row in self._reader.rows(keys.ALL)]

    async def put_key(self, key: SigningKey) -> None:
        await self._write(partial(keys.put_key, key=key))

    async def put_first_keys(self, first: Sequence[SigningKey]) -> bool:
        return await self._write(partial(keys.put_first_keys, keys=first))

    # --- one-time tickets -----------------------------------------------------------------------

    async def put(self, kind: str, digest: bytes, payload: str, expires_at: int) -> None:
        await self._write(
            partial(tickets.put, kind=kind, digest=digest, payload=payload, expires_at=expires_at)
        )

    async def look(self, kind: str, digest: bytes, at: int) -> str | None:
        row = self._reader.row(tickets.LOOK, kind, digest, at)
        return None if row is None else str(row[0])

    async def take(self, kind: str, digest: bytes, at: int) -> tuple[str, bool] | None:
        return await self._write(partial(tickets.take, kind=kind, digest=digest, at=at))

    # --- counters -------------------------------------------------------------------------------

    async def hit(self, key: str, window: int, most: int, at: int) -> int:
        return await self._write(partial(limits.hit, key=key, window=window, most=most, at=at))

    async def forgive(self, key: str, window: int, at: int) -> None:
        await self._write(partial(limits.forgive, key=key, window=window, at=at))

    # --- moving elsewhere -----------------------------------------------------------------------

    async def tickets(self, at: int) -> Sequence[Ticket]:
        return [Ticket(*row) for row in self._reader.rows(tickets.WAITING, at)]

    async def counters(self, at: int) -> Sequence[Counter]:
        return [Counter(*row) for row in self._reader.rows(limits.COUNTING, at)]

    async def seal(self, why: str) -> None:
        await self._write(partial(read_only.seal, why=why))

    async def unseal(self) -> None:
        await self._write(read_only.unseal)

    # --- the end --------------------------------------------------------------------------------

    async def purge(self, before: int, limit: int = 500) -> int:
        for step in purge.all_but_sessions(before, limit):
            while await self._write(step) == limit:
                pass
        return await self._write(purge.sessions(before, limit))

    async def close(self) -> None:
        await _outcome(self._writer.close())
        self._reader.close()

    async def _write(self, write: Write[T]) -> T:
        return await _outcome(self._writer.submit(write))


async def _outcome(future: "Future[T]") -> T:
    """Awaits in an event loop; blocks where none runs, because there the caller is synchronous."""
    try:
        get_running_loop()
    except RuntimeError:
        return future.result()
    return await wrap_future(future)
