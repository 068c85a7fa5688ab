"""One connection, and what its failures mean."""

from asyncio import get_running_loop
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import asyncpg

from ..asyncpg_driver import FAILURES, said, without_details
from ..read_only import failure

CLOSING = 1.0
"""Seconds that a connection may take to say goodbye."""


class Connection:
    """A connection to one cluster on one timeline (`place`): neither changes while it is open,
    because a primary begins another timeline only by a restart."""

    __slots__ = ("connection", "place")

    def __init__(self, connection: Any, place: str) -> None:
        self.connection = connection
        self.place = place

    @property
    def closed(self) -> bool:
        return bool(self.connection.is_closed())

    async def fetch(self, until: float, sql: str, *parameters: object) -> list[Any]:
        """All rows, at the loop's time `until` at the latest; see `answering`."""
        with answering(self.connection, until):
            rows: list[Any] = await self.connection.fetch(sql, *parameters)
            return rows

    async def close(self) -> None:
        with suppress(*FAILURES):
            await self.connection.close(timeout=CLOSING)


@contextmanager
def answering(connection: Any, until: float) -> Iterator[None]:
    """Raises `StoreUnavailable` for whatever fails, and when there is no answer at `until`; such a
    connection is not used again.  Neither a row that contradicts another nor a value that cannot
    be stored (`ValueError`) is a failure: the connection stays.

    A query is never cancelled: PostgreSQL takes a cancellation over a second connection, which may
    hang as well.  The connection is cut, and the server ends the statement by its own time-out.
    """
    watchdog = get_running_loop().call_at(until, connection.terminate)
    try:
        yield
    except asyncpg.IntegrityConstraintViolationError as error:
        without_details(error)
        raise
    except asyncpg.DataError as error:
        raise ValueError(f"PostgreSQL cannot store this: {said(error)}") from without_details(error)
    except (*FAILURES, AttributeError) as error:
        # AttributeError: asyncpg's own, when it is cut between two steps of a query
        connection.terminate()
        raise failure(error, f"PostgreSQL: {said(error)}") from without_details(error)
    finally:
        watchdog.cancel()
