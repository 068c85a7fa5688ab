"""The connections that write, and that read what is asked rarely."""

from asyncio import CancelledError, Semaphore, Task, create_task, gather, shield, timeout_at
from contextlib import suppress
from typing import Any

from ...errors import StoreUnavailable
from .connection import Connection
from .connector import Connector

MOST = 8
"""Connections of one process that write: more would wait for the same disk."""

OPENED = MOST + 2
"""The most connections of one process: those of the pool, one that reads, and one that listens."""


class Pool:
    """Each query takes a connection for itself and is one transaction.

    asyncpg's own pool resets a connection after every use, which is a second round trip; nothing
    here leaves anything behind to reset.
    """

    def __init__(self, connector: Connector) -> None:
        self._connector = connector
        self._free: list[Connection] = []
        self._places = Semaphore(MOST)
        self._queries: set[Task[list[Any]]] = set()

    async def fetch(self, sql: str, *parameters: object) -> list[Any]:
        """All rows.  Who is cancelled while waiting leaves the query to its end: to cut it would
        cost a connection, and could not undo it."""
        query = create_task(self._fetch(sql, *parameters))
        self._queries.add(query)
        query.add_done_callback(self._done)
        return await shield(query)

    async def close(self) -> None:
        """After what was asked has been answered."""
        await gather(*self._queries, return_exceptions=True)
        while self._free:
            await self._free.pop().close()

    async def _fetch(self, sql: str, *parameters: object) -> list[Any]:
        until = self._connector.deadline()
        await self._turn(until)
        try:
            line = self._idle() or await self._connector.connect(until)
            try:
                return await line.fetch(until, sql, *parameters)
            finally:
                self._free.append(line)
        finally:
            self._places.release()

    def _done(self, query: Task[list[Any]]) -> None:
        self._queries.discard(query)
        with suppress(CancelledError):
            query.exception()  # otherwise asyncio logs its failure when the caller was cancelled

    async def _turn(self, until: float) -> None:
        try:
            async with timeout_at(until):
                await self._places.acquire()
        except TimeoutError as error:
            raise StoreUnavailable("every connection to PostgreSQL is busy") from error

    def _idle(self) -> Connection | None:
        while self._free:
            line = self._free.pop()
            if not line.closed:
                return line
        return None
