"""How many sessions are live: counted at most once a minute, and only while somebody asks."""

import asyncio
from time import monotonic

from ...auth import Auth
from ...errors import StoreUnavailable
from ...settings import MINUTE
from ...stores import Page

STEP = 500
"""Sessions read at once: other requests run in between."""

PATIENCE = 1.0
"""Seconds that who asks waits for a count under way; then the last one must do."""


class LiveSessions:
    """A store lists sessions and does not count them: a hundred thousand take about a second."""

    def __init__(self, auth: Auth) -> None:
        self._auth = auth
        self._counting: asyncio.Task[None] | None = None
        self._counted_at = float("-inf")
        self._live: int | None = None

    async def live(self) -> int | None:
        """The latest count; None when there was none yet."""
        if self._counting is None and monotonic() - self._counted_at >= MINUTE:
            self._counting = asyncio.create_task(self._count())
        if self._counting is not None:
            await asyncio.wait({self._counting}, timeout=PATIENCE)
        return self._live

    async def __aenter__(self) -> None:
        """Nothing is counted before somebody asks."""

    async def __aexit__(self, *_: object) -> None:
        if self._counting is not None:
            self._counting.cancel()
            await asyncio.wait({self._counting})

    async def _count(self) -> None:
        try:
            self._live = await count_live(self._auth)
            self._counted_at = monotonic()
        except StoreUnavailable:
            self._live = None  # that the store is away shows elsewhere
        finally:
            self._counting = None


async def count_live(auth: Auth) -> int:
    """How many sessions are live, of everybody.  Raises `StoreUnavailable`."""
    total, after = 0, None
    while rows := await auth.sessions(after=after, limit=STEP):
        total += len(rows)
        after = Page(rows[-1].seen_at, rows[-1].sid)
        await asyncio.sleep(0)
    return total
