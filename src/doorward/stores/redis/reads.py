"""Reads that wait at the same moment share a round trip."""

import logging
from asyncio import AbstractEventLoop, Future, Task, get_running_loop
from collections.abc import Iterable, Sequence
from copy import copy
from typing import Any, NamedTuple

from ...types import Change
from .. import Changes, Cursor
from .pool import ANSWER_WITHIN, Pool, Word
from .scripts import READ

log = logging.getLogger("doorward")

MAX_AT_ONCE = 500
"""Reads in one round trip: so that no script holds up the server."""


class State(NamedTuple):
    """Where the server is."""

    position: int
    replicas: int


STATE = State
"""What is asked of the server when neither a row nor a cursor is."""

Asked = bytes | Cursor | type[State]
Waiting = Sequence[tuple[Asked, "Future[Any]"]]


class Reads:
    """A call joins a round trip that begins after it, never one under way: what that returns may
    be older than the call.  One is under way at a time; what came meanwhile goes with the next.

    A round trip must end in time for the first of those that wait for it.  A caller that goes away
    takes nobody along.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._waiting: list[tuple[Asked, Future[Any]]] = []
        self._since = 0.0
        self._position = 0
        self._trips: Task[None] | None = None

    def row(self, sid: str) -> "Future[bytes | None]":
        """The row's text, or None.  Raises `StoreUnavailable`, as do all of these."""
        return self._join(sid.encode())

    def changes(self, cursor: Cursor) -> "Future[Changes]":
        """What was committed after `cursor`."""
        return self._join(cursor)

    def state(self) -> "Future[State]":
        """Where the server is now."""
        return self._join(STATE)

    def _join(self, asked: Asked) -> "Future[Any]":
        loop = get_running_loop()
        future: Future[Any] = loop.create_future()
        if not self._waiting:
            self._since = loop.time()
        self._waiting.append((asked, future))
        if self._trips is None:
            # a task takes its first step in the next turn: all of this turn come along
            self._trips = loop.create_task(self._travel(loop))
        return future

    async def _travel(self, loop: AbstractEventLoop) -> None:
        try:
            while self._waiting:
                together = self._waiting[:MAX_AT_ONCE]
                del self._waiting[:MAX_AT_ONCE]
                await self._trip(together, self._since + ANSWER_WITHIN - loop.time())
        finally:
            self._trips = None

    async def _trip(self, together: Waiting, within: float) -> None:
        sids = [asked for asked, _ in together if isinstance(asked, bytes)]
        cursors = list(dict.fromkeys(asked for asked, _ in together if isinstance(asked, tuple)))
        words: list[Word] = [len(sids), *sids, *(word for cursor in cursors for word in cursor)]
        try:
            async with self._pool.line(within) as line:
                history, position, replicas, rows, news = await line.run(READ, *words)
            state = State(int(position), replicas)
            now = (history.decode(), state.position)
            self._notice(state.position)
            told = {
                cursor: _changes(cursor, now, new)
                for cursor, new in zip(cursors, news, strict=True)
            }
            _hand_out(together, state, iter(rows), told)
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody may wait for ever
            for _, future in together:
                if not future.done():
                    future.set_exception(copy(error))

    def _notice(self, position: int) -> None:
        """After FLUSHALL, an older file or a replica that lagged, people are logged out or in
        again."""
        if position < self._position:
            log.warning(
                "the Redis server lost changes: it was at %d and is at %d; what was"
                " written in between is lost",
                self._position,
                position,
            )
        self._position = position


def _changes(cursor: Cursor, now: Cursor, news: Any) -> Changes:
    if news is None:
        return Changes((), cursor)
    known, entries = news
    return Changes([_change(*entry) for entry in entries], now, bool(known))


def _change(kind: bytes, name: bytes, ver: bytes, revoked: bytes) -> Change:
    return Change("key" if kind == b"key" else "session", name.decode(), int(ver), revoked == b"1")


def _hand_out(
    together: Waiting, state: State, rows: Iterable[bytes | None], told: dict[Cursor, Changes]
) -> None:
    rows = iter(rows)
    for asked, future in together:
        answer: object = state
        if isinstance(asked, bytes):
            answer = next(rows)
        elif isinstance(asked, tuple):
            answer = told[asked]
        if not future.done():
            future.set_result(answer)
