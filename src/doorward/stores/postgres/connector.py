"""Connections to one database, made when they are needed."""

from asyncio import Lock, get_running_loop, timeout_at
from typing import Any

import asyncpg

from ...errors import ConfigurationError, DoorwardError, StoreUnavailable
from ..asyncpg_driver import FAILURES, POOLED, connect, cut_unless_done, said
from ..ca_file import check_ca_file
from . import schema
from .connection import Connection, answering

ANSWER_WITHIN = 2.0
"""Seconds after which a call that PostgreSQL did not answer raises `StoreUnavailable`; connecting
and waiting for a free connection are part of them."""

MIGRATE_WITHIN = 300.0
"""The same for `migrate`, which may have to wait for another node's."""

SESSION = {
    "application_name": "doorward",
    # in the functions each statement must see what was committed before that statement
    "default_transaction_isolation": "read committed",
}

SET_UP = """
    SELECT system_identifier || '.' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8),
        current_setting('statement_timeout') <> '0',
        CASE current_setting('synchronous_commit')
            WHEN 'off' THEN set_config('synchronous_commit', 'on', false) END
    FROM pg_control_system()
"""

MISCONFIGURED = (
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InvalidSchemaNameError,
    asyncpg.SyntaxOrAccessError,
)
"""Errors that come again until somebody changes the URL or the rights of its role."""


class Connector:
    """Opens connections to the primary, whose tables are those of this Doorward."""

    def __init__(self, url: str, answer_within: float) -> None:
        self._url = url
        self._within = answer_within
        self._session = SESSION | {"statement_timeout": f"{answer_within * 1000:.0f}"}
        self._first = Lock()
        self._ready = False
        self._closed = False

    def deadline(self) -> float:
        """The loop's time by which a call that begins now is answered."""
        return get_running_loop().time() + self._within

    async def connect(self, until: float) -> Connection:
        """A new connection.  The first makes or migrates the tables, while others wait.

        Raises `StoreUnavailable` when there is none at the loop's time `until`.  Until one was
        opened it raises `ConfigurationError` for a URL that cannot work.
        """
        if self._ready:
            return await self._open(until)
        try:
            async with timeout_at(until), self._first:
                line = await self._open(until)
                if not self._ready:
                    await self._prepare(line.connection, until)
                return line
        except TimeoutError as error:
            raise self._unanswered() from error

    async def migrate(self) -> None:
        """Makes or migrates the tables, however long that takes."""
        line = await self._open(self.deadline())
        try:
            await line.fetch(self.deadline(), "SET statement_timeout = 0")
            await self._prepare(line.connection, self.deadline() + MIGRATE_WITHIN)
        finally:
            await line.close()

    def close(self) -> None:
        """From here on no connection is opened."""
        self._closed = True

    async def _prepare(self, connection: Any, until: float) -> None:
        with cut_unless_done(connection), answering(connection, until):
            try:
                await schema.prepare(connection)
            except MISCONFIGURED as error:
                raise ConfigurationError(
                    f"Doorward's tables cannot be made or read: {said(error)}"
                ) from error
        self._ready = True

    async def _open(self, until: float) -> Connection:
        left = until - get_running_loop().time()
        if self._closed:
            raise StoreUnavailable("the store was closed")
        if left <= 0:
            raise self._unanswered()
        connection = await self._dial(left)
        with cut_unless_done(connection), answering(connection, until):
            place, kept, _ = await connection.fetchrow(SET_UP)
            if not kept:
                raise self._refused(POOLED)
            return Connection(connection, place)

    async def _dial(self, seconds: float) -> Any:
        try:
            if not self._ready:
                check_ca_file(self._url)
            return await connect(self._url, seconds, self._session)
        except MISCONFIGURED as error:
            raise self._refused(f"PostgreSQL refuses the database URL: {said(error)}") from error
        except asyncpg.ProtocolViolationError as error:
            raise self._refused(f"{POOLED} ({said(error)})") from error
        except asyncpg.ClientConfigurationError:
            raise _unreadable() from None
        except FAILURES as error:
            raise StoreUnavailable(f"PostgreSQL cannot be reached: {said(error)}") from error
        except ValueError:
            raise _unreadable() from None

    def _refused(self, why: str) -> DoorwardError:
        """After the start, it is the server's trouble and not a setting's."""
        return StoreUnavailable(why) if self._ready else ConfigurationError(why)

    def _unanswered(self) -> StoreUnavailable:
        return StoreUnavailable(f"PostgreSQL did not answer within {self._within:g} seconds")


def _unreadable() -> ConfigurationError:
    """Without the cause, whose text may hold a piece of the password."""
    return ConfigurationError("the database URL cannot be understood")
