"""The order of changes, as far as it is about the grants of some APIs."""

from collections.abc import Collection, Sequence
from time import monotonic
from typing import Any

from ....stores import Changes, Cursor
from ....types import Change
from ...oauth import change_cursor
from ...service import Service

MOST_AT_ONCE = 500
"""Changes in one message."""

Message = dict[str, Any]


class Order:
    """What one listener is told.  `resources` are the APIs that it answers for: of all other
    sessions it learns nothing, not even that there are any.

    `elapsed` is the seconds from here on until the database was asked.  The listener adds them to
    the moment of its request and knows, by its own clock, the age of what it hears, however long a
    message was on its way.  Only a message that completes what was known at that moment has it.
    """

    def __init__(self, service: Service, resources: Collection[str], after: str) -> None:
        provider = service.provider
        self._service = service
        self._store = service.auth.store
        self._resources = frozenset(resources)
        self._keys = provider.cursor_keys
        self._began = monotonic()
        self._after = after
        self._place = ""
        self._cursor: Cursor | None = None

    async def look(self) -> Sequence[Message]:
        """Ask the store.  The last message, if not the only one, brings listeners up to date.
        Raises `StoreUnavailable`; nothing is lost then, and the next call goes on."""
        elapsed, at = monotonic() - self._began, self._service.clock()
        if not self._place:
            await self._begin()
        news = await self._store.changes(self._cursor)
        if self._cursor is None or not news.known:
            messages = [await self._reset(at)]
        else:
            messages = await self._changes(news)
        self._cursor = news.cursor
        cursor = change_cursor.written(news.cursor, self._place, self._keys)
        messages[-1] |= {"cursor": cursor, "elapsed": round(elapsed, 3)}
        return messages

    async def _begin(self) -> None:
        """A cursor counts in the database in which it was made alone, and none goes on in another
        one that took its place; the oldest key tells them apart."""
        keys = await self._store.keys()
        oldest = keys[0].kid if keys else ""
        self._place = f"{self._service.options.sessions_url} {oldest}"
        self._cursor = change_cursor.read(self._after, self._place, self._keys)

    async def _reset(self, at: int) -> Message:
        """The listener cannot know what it missed.  Whether a token from before `at` is good it has
        to ask, one by one; the keys that were withdrawn it is told."""
        keys = await self._store.keys()
        return {"reset": at, "withdrawn": [each.kid for each in keys if each.withdrawn_at]}

    async def _changes(self, news: Changes) -> list[Message]:
        own = [each for each in news.entries if each.kind == "session" and await self._owns(each)]
        told = [{"sid": each.id, "ver": each.ver, "ended": each.revoked} for each in own]
        messages: list[Message] = [
            {"changes": told[at : at + MOST_AT_ONCE]} for at in range(0, len(told), MOST_AT_ONCE)
        ]
        withdrawn = [each.id for each in news.entries if each.kind == "key" and each.revoked]
        return [*messages, {"withdrawn": withdrawn}] if withdrawn else messages or [{}]

    async def _owns(self, change: Change) -> bool:
        row = await self._store.get(change.id)
        return row is not None and row.audience in self._resources
