"""How soon what was decided about sessions is met by whoever reads the order of changes."""

import asyncio
from collections.abc import Callable, Sequence
from time import perf_counter

from ...errors import StoreUnavailable
from ...stores import Backend, Cursor

LONGEST = 5.0
"""Seconds after which a decision that never came is counted as that late."""

PAUSE = 0.5
"""Seconds between two looks when nothing is announced."""
_MAX_SEEN = 1000


class Lag:
    """Times decisions of this process, from their acknowledgement on.  It reads the store only
    while one is outstanding."""

    def __init__(self, store: Backend, cursor: Cursor, told: Callable[[float], None]) -> None:
        self._store = store
        self._cursor = cursor
        self._told = told
        self._awaited: dict[str, float] = {}
        self._seen: dict[str, None] = {}  # already met, though not yet acknowledged
        self._watching: asyncio.Task[None] | None = None

    def acknowledged(self, sids: Sequence[str]) -> None:
        """A decision about these sessions was just acknowledged."""
        now = perf_counter()
        for sid in sids:
            if sid in self._seen:
                del self._seen[sid]
                self._told(0.0)
            else:
                self._awaited[sid] = now
        if self._awaited and (self._watching is None or self._watching.done()):
            self._watching = asyncio.create_task(self._watch())

    async def settled(self) -> None:
        """Wait until nothing is outstanding."""
        if self._watching is not None:
            await asyncio.wait({self._watching})

    async def _watch(self) -> None:
        while True:
            try:
                await self._look()
                if not self._awaited:
                    return
                await self._store.wait(PAUSE)
            except StoreUnavailable:
                await asyncio.sleep(PAUSE)

    async def _look(self) -> None:
        try:
            news = await self._store.changes(self._cursor)
        finally:
            self._give_up()
        self._cursor = news.cursor
        for change in news.entries:
            if change.id in self._awaited:
                self._told(perf_counter() - self._awaited.pop(change.id))
            elif change.kind == "session" and news.known:
                self._remember(change.id)

    def _remember(self, sid: str) -> None:
        self._seen[sid] = None
        if len(self._seen) > _MAX_SEEN:
            del self._seen[next(iter(self._seen))]

    def _give_up(self) -> None:
        late = perf_counter() - LONGEST
        for sid in [sid for sid, at in self._awaited.items() if at < late]:
            del self._awaited[sid]
            self._told(LONGEST)
