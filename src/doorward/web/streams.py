"""Open streams: answers and sockets that outlive the check at their beginning."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Literal

from .. import rules
from ..auth import Auth
from ..errors import Rejected, StoreUnavailable
from ..stores import Cursor
from ..types import Principal, Session

log = logging.getLogger("doorward")

Why = Literal["changed", "unknown"]
"""Its session was ended or changed, or nobody can tell because the store does not answer."""

Close = Callable[[Why], Awaitable[None]]

PAUSE = 0.5
"""Seconds between two looks at the store when it announces nothing."""

RETRY = 0.1
"""Seconds until a store that did not answer is asked again."""

LONGEST_SILENCE = 1.0
"""Seconds for which a store may not answer before every stream is closed: as long as a revocation
may take to be noticed.  A client that comes back is then refused or served as any other request."""

FAREWELL = 1.0
"""Seconds for which an application that ends waits for a client to take the end of its stream: who
does not read would hold it up for as long as they like."""

EXPIRY_PAUSE = 2
"""Seconds between two looks for streams whose sessions expired."""


class Stream:
    """One open stream, and how to end it.  `closing` is the task that does, once it is decided."""

    __slots__ = ("close", "closing", "principal", "until")

    def __init__(self, principal: Principal, close: Close) -> None:
        self.principal = principal
        self.close = close
        self.closing: asyncio.Task[None] | None = None
        self.until = 0


class Streams:
    """Every open stream of one application, in one event loop, whose handler knows who is at the
    other end.

    A stream is closed when its session is ended or gets other roles or scopes, in whatever process,
    when a signing key is withdrawn, when the store does not answer for a second, and within
    three seconds after its session expired.  While streams are open, one task follows the store's
    order of changes; while none is, there is no such task.
    """

    def __init__(self, auth: Auth) -> None:
        self._auth = auth
        self._open: dict[str, set[Stream]] = {}
        self._new: list[Stream] = []
        self._follower: asyncio.Task[None] | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._swept = auth.clock()
        self.stopping = asyncio.Event()

    def begin(self, principal: Principal, close: Close) -> Stream:
        """Watch a stream of `principal` from now on; `close` is awaited at most once, to end it."""
        stream = Stream(principal, close)
        self._open.setdefault(principal.sid, set()).add(stream)
        self._new.append(stream)
        if self._follower is None:
            self._follower = asyncio.create_task(self._follow(self._auth.learned))
        return stream

    async def finish(self, stream: Stream) -> None:
        """Its handler is done: whether by itself, or because it was told that nobody listens."""
        self.leave(stream)
        if stream.closing is not None:
            await asyncio.wait([stream.closing])

    def leave(self, stream: Stream) -> None:
        """The stream came to its own end."""
        siblings = self._open.get(stream.principal.sid)
        if siblings is not None:
            siblings.discard(stream)
            if not siblings:
                del self._open[stream.principal.sid]

    async def stop(self) -> None:
        """Close every stream: the application ends.  Who streams to no session waits for
        `stopping`."""
        self.stopping.set()
        self.stopping = asyncio.Event()
        follower = self._follower
        if follower is not None:
            follower.cancel()
            await asyncio.wait([follower])
        self._end_all("unknown")
        if self._closing:
            _, unread = await asyncio.wait(self._closing, timeout=FAREWELL)
            for closing in unread:
                closing.cancel()

    async def _follow(self, cursor: Cursor | None) -> None:
        try:
            await self._watch(cursor)
        except Exception:
            log.exception("nobody can tell any more which streams may stay open")
            self._end_all("unknown")
        finally:  # a task keeps its event loop alive, and a stream its connection
            self._follower = None
            self._new.clear()

    async def _watch(self, cursor: Cursor | None) -> None:
        loop = asyncio.get_running_loop()
        answered = loop.time()
        while self._open:
            began = loop.time()
            try:
                async with asyncio.timeout(LONGEST_SILENCE):
                    cursor = await self._look(cursor)
                    answered = began
                    await self._auth.store.wait(PAUSE)
            except (StoreUnavailable, TimeoutError):
                if loop.time() - answered >= LONGEST_SILENCE:
                    self._end_all("unknown")
                await asyncio.sleep(RETRY)

    async def _look(self, cursor: Cursor | None) -> Cursor:
        """Judge what may have changed.  Returns the cursor to go on from; on `StoreUnavailable`
        nothing is lost, for the old one is still good."""
        news = await self._auth.store.changes(cursor)
        withdrawn = any(change.kind == "key" and change.revoked for change in news.entries)
        if withdrawn or not news.known:
            self._end_all("changed")
        changed = {change.id for change in news.entries} & self._open.keys()
        # a new stream was checked before it was watched: its row shows the changes in between
        due = {*self._new, *(stream for sid in changed for stream in self._open[sid])}
        for stream in due | self._expired():
            await self._judge(stream)
        self._new = [stream for stream in self._new if stream not in due]
        return news.cursor

    def _expired(self) -> set[Stream]:
        now = self._auth.clock()
        if abs(now - self._swept) < EXPIRY_PAUSE:
            return set()
        self._swept = now
        return {stream for stream in self._all() if stream.until <= now}

    async def _judge(self, stream: Stream) -> None:
        row = await self._auth.session(stream.principal.sid)
        if stream not in self._open.get(stream.principal.sid, ()):
            return  # it came to its own end
        if row is None or not _stands(row, stream.principal, self._auth.clock()):
            self._end(stream, "changed")
        else:
            stream.until = row.ends_at

    def _end_all(self, why: Why) -> None:
        for stream in self._all():
            self._end(stream, why)

    def _all(self) -> list[Stream]:
        return [stream for siblings in self._open.values() for stream in siblings]

    def _end(self, stream: Stream, why: Why) -> None:
        self.leave(stream)
        # a task of its own: a client that reads slowly must not hold up the others
        stream.closing = closing = asyncio.create_task(_close(stream, why))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)


def _stands(row: Session, principal: Principal, now: int) -> bool:
    try:
        rules.check_standing(row, now)
    except Rejected:
        return False
    return (row.roles, row.scopes) == (principal.roles, principal.scopes)


async def _close(stream: Stream, why: Why) -> None:
    try:
        await stream.close(why)
    except Exception:  # whatever a server raises about a client that is gone
        log.debug("a stream was closed by its other end", exc_info=True)
