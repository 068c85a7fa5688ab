"""News of who is logged in, as server-sent events (HTML Living Standard, section 9.2)."""

from collections.abc import AsyncIterator
from time import monotonic
from typing import NamedTuple

from ....errors import StoreUnavailable
from ....stores import Cursor
from ...audit.history import Query
from ...service import Service

PAUSE = 0.5
"""Seconds between two looks where nothing announces a change."""

SILENCE = 15
"""Seconds after which something is said, so that nobody on the way takes the line for dead."""


class _State(NamedTuple):
    """The ends of the two orders: of changes to sessions, and of entries."""

    cursor: Cursor
    seq: int


async def news(service: Service) -> AsyncIterator[str]:
    """`change` whenever somebody logged in or a session ended or changed, in whatever process: the
    store tells of endings, the audit log of logins."""
    store, told = service.auth.store, monotonic()
    before = await _state(service, None)
    yield "retry: 2000\n\n"
    while True:
        await store.wait(PAUSE)
        try:
            now = await _state(service, before.cursor)
        except StoreUnavailable:
            continue  # the stream itself is closed when that lasts
        if now != before:
            before, told = now, monotonic()
            yield "event: change\ndata:\n\n"
        elif monotonic() - told >= SILENCE:
            told = monotonic()
            yield ":\n\n"


async def _state(service: Service, cursor: Cursor | None) -> _State:
    changes = await service.auth.store.changes(cursor)
    latest = await service.history.page(Query(), limit=1)
    return _State(changes.cursor, latest[0].seq if latest else 0)
