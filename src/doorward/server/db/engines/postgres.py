"""The server's tables in PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any

import asyncpg
from sqlalchemy import AsyncAdaptedQueuePool, Connection, Executable, Row, event
from sqlalchemy.exc import DBAPIError, DisconnectionError, IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from ....errors import ConfigurationError, StoreUnavailable
from ....stores.asyncpg_driver import (
    FAILURES,
    POOLED,
    connect,
    cut_unless_done,
    original,
    said,
    without_details,
)
from ....stores.ca_file import check_ca_file
from ....stores.read_only import FIND_IN_POSTGRES, failure, said_in_postgres
from ..schema import NEWER, NEWEST, VERSION_TABLE, Versions, migrate
from ..url import shown

PATIENCE = 1.8
"""Seconds until a database that does not answer counts as gone: for a connection of the pool, a
statement or a whole transaction."""

CONNECTIONS = 5
"""Open at once, by one process."""

_SETTINGS = {
    "application_name": "doorward",
    # A statement that nobody waits for any more must end in the server too, and release its lock.
    "statement_timeout": f"{PATIENCE:.1f}s",
    "idle_in_transaction_session_timeout": "10s",
}

# Read committed, whatever the database's default: each statement sees what was committed before it
# began.  A snapshot of the whole transaction would be taken before the lock is had.
_BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED"
_WRITE, _MIGRATE = 0x646F6F7277726974, 0x646F6F726D696772  # "doorwrit", "doormigr"
_BEGIN_WRITING = f"{_BEGIN}; SELECT pg_advisory_xact_lock({_WRITE})"
# It may wait for another node's migration, but not in front of everybody for an open transaction.
_BEGIN_MIGRATING = (
    f"{_BEGIN}; SET LOCAL statement_timeout = 0; SELECT pg_advisory_xact_lock({_MIGRATE});"
    " SET LOCAL lock_timeout = '5s'"
)

_TABLES = """
    SELECT relname FROM pg_class
    WHERE relkind IN ('r', 'p') AND relname LIKE 'doorward%' AND pg_table_is_visible(oid)
"""

_VERSION = f"SELECT version_num FROM {VERSION_TABLE}"  # noqa: S608 - a constant of ours
_FORBIDDEN_TABLES = """
    SELECT relname FROM pg_class
    WHERE relkind IN ('r', 'p') AND relname LIKE 'doorward%' AND pg_table_is_visible(oid)
    AND relname NOT IN ('doorward_schema', 'doorward_meta')
    AND NOT (has_table_privilege(oid, 'SELECT') AND has_table_privilege(oid, 'INSERT')
        AND has_table_privilege(oid, 'UPDATE') AND has_table_privilege(oid, 'DELETE'))
    ORDER BY relname
"""

_CONNECTIONS = """
    SELECT current_setting('max_connections')::int
        - current_setting('superuser_reserved_connections')::int
        - coalesce(current_setting('reserved_connections', true), '0')::int
"""

_SET_UP = """
    SELECT current_setting('statement_timeout') <> '0',
        CASE current_setting('synchronous_commit')
            WHEN 'off' THEN set_config('synchronous_commit', 'on', false) END
"""

_READ_ONLY = "SHOW transaction_read_only"
READ_ONLY = (
    "The database is read-only: default_transaction_read_only is on for it, its role or its server."
)

_NOT_A_TEXT = "22021"
_FORBIDDEN = "42501"

_ERRORS = (SQLAlchemyError, *FAILURES)
_Driver = Any  # asyncpg's connection, which has no types


class PostgresDatabase:
    """A `Database` in PostgreSQL.

    Whoever writes here holds one advisory lock of the database until the commit is seen by all: as
    on SQLite, one writes at a time, and a condition over several rows is still true when the rows
    change.  Readers never wait.
    """

    def __init__(self, engine: AsyncEngine, versions: Versions) -> None:
        self._engine = engine
        self.versions = versions

    async def run(self, statement: Executable) -> Sequence[Row[Any]]:
        if statement.is_dml:
            async with self.writing() as connection:
                return await _rows(connection, statement)
        async with self._answering() as connection:
            try:
                return await _rows(connection, statement)
            except DBAPIError as error:
                if _state(error) == _NOT_A_TEXT:
                    return ()  # no text here holds a NUL, so none is equal to one that does
                raise

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        async with self._answering() as connection:
            driver = await _driver(connection)
            try:
                await driver.execute(_BEGIN_WRITING)
                yield connection
            except Exception:
                if not driver.is_closed():
                    await driver.execute("ROLLBACK")
                raise
            if await driver.execute("COMMIT") != "COMMIT":
                raise StoreUnavailable("a statement of the transaction had failed")

    async def close(self) -> None:
        await self._engine.dispose()

    @asynccontextmanager
    async def _answering(self) -> AsyncIterator[AsyncConnection]:
        """A connection that answers in time, or is given up."""
        with _unavailable():
            async with asyncio.timeout(PATIENCE), self._engine.connect() as connection:
                try:
                    yield connection
                except asyncio.CancelledError:
                    await connection.invalidate()  # its state is unknown
                    raise


async def open_postgres(url: str) -> PostgresDatabase:
    """The database at this URL, in the words of libpq.  Raises `ConfigurationError`."""
    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=partial(_connect, url),
        isolation_level="AUTOCOMMIT",
        hide_parameters=True,  # Errors are logged; passwords' hashes and addresses are not.
        poolclass=AsyncAdaptedQueuePool,
        pool_size=CONNECTIONS,
        max_overflow=0,
    )
    event.listen(engine.sync_engine, "checkout", _refuse_closed)
    event.listen(engine.sync_engine, "checkin", _cut_unless_idle)
    event.listen(engine.sync_engine, "invalidate", _hang_up)
    try:
        check_ca_file(url)
        async with engine.connect() as connection:
            await (await _driver(connection)).execute(_BEGIN_MIGRATING)
            versions = await connection.run_sync(_migrate)
            await (await _driver(connection)).execute("COMMIT")
            return PostgresDatabase(engine, versions)
    except (*_ERRORS, ValueError) as error:
        await engine.dispose()
        raise _refusal(url, error) from without_details(error)
    except BaseException:
        await engine.dispose()
        raise


async def table_names(url: str) -> frozenset[str]:
    """The tables of Doorward at this URL.  Changes nothing; raises `ConfigurationError`."""
    return frozenset(name for (name,) in await _asked(url, _TABLES))


async def connections_of(url: str) -> int:
    """How many connections the server accepts from roles that are no superusers.  Raises
    `ConfigurationError`."""
    ((found,),) = await _asked(url, _CONNECTIONS)
    return int(found)


async def seal_of(url: str) -> str | None:
    """The text with which this database refuses writes since it was moved, or None.  Changes
    nothing; raises `ConfigurationError`."""
    return said_in_postgres([found for (found,) in await _asked(url, FIND_IN_POSTGRES)])


async def check_postgres(url: str) -> None:
    """Raises `ConfigurationError` when a server could not write the tables there."""
    if await _asked(url, _READ_ONLY) == [("on",)]:
        raise ConfigurationError(READ_ONLY)
    if forbidden := [name for (name,) in await _asked(url, _FORBIDDEN_TABLES)]:
        raise ConfigurationError(
            f"The role may not read and write rows in {', '.join(forbidden)}: grant it SELECT,"
            " INSERT, UPDATE and DELETE on these tables."
        )
    if VERSION_TABLE in await table_names(url):
        ((version,),) = await _asked(url, _VERSION)
        if version > NEWEST:
            raise ConfigurationError(NEWER)


async def _asked(url: str, statement: str) -> Sequence[Any]:
    try:
        check_ca_file(url)
        driver = await _connect(url)
        try:
            rows: Sequence[Any] = await driver.fetch(statement)
        finally:
            driver.terminate()
    except (*_ERRORS, ValueError) as error:
        raise _refusal(url, error) from without_details(error)
    return rows


async def _connect(url: str) -> _Driver:
    driver = await connect(url, PATIENCE, _SETTINGS)
    with cut_unless_done(driver):
        kept, _ = await driver.fetchrow(_SET_UP)
        if not kept:
            raise asyncpg.ProtocolViolationError("statement_timeout was lost")
        return driver


def _migrate(connection: Connection) -> Versions:
    encoding = connection.exec_driver_sql("SHOW server_encoding").scalar()
    if encoding != "UTF8":
        raise ConfigurationError(f"The database's encoding is {encoding}; make it with UTF8.")
    # What is up to date is only read below, but a server that cannot write must not start.
    if connection.exec_driver_sql(_READ_ONLY).scalar() == "on":
        raise ConfigurationError(READ_ONLY)
    return migrate(connection)


async def _driver(connection: AsyncConnection) -> _Driver:
    return (await connection.get_raw_connection()).driver_connection


async def _rows(connection: AsyncConnection, statement: Executable) -> Sequence[Row[Any]]:
    result = await connection.execute(statement)
    return result.all() if result.returns_rows else ()


def _refuse_closed(connection: Any, *_: object) -> None:
    """The pool replaces what was closed meanwhile, by a restart or by something on the way."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError


def _cut_unless_idle(connection: Any, *_: object) -> None:
    """An open or failed transaction would pass to the next caller, so the connection is closed;
    `_refuse_closed` replaces it."""
    driver = None if connection is None else connection.driver_connection
    if driver is not None and not driver.is_closed() and driver.is_in_transaction():
        driver.terminate()


def _hang_up(connection: Any, *_: object) -> None:
    """At once: to take leave of a server that does not answer would take its time."""
    connection.driver_connection.terminate()


@contextmanager
def _unavailable() -> Iterator[None]:
    """The one place where an error of PostgreSQL becomes ours."""
    try:
        yield
    except IntegrityError as error:
        without_details(error)
        raise
    except _ERRORS as error:
        if _is_bad_value(error):  # our fault, and no outage: health must not tell of one
            # The driver's message holds the value, which may be an address or a hash.
            raise ValueError(f"PostgreSQL cannot store a value ({_state(error)})") from None
        raise failure(original(error), _cause(error)) from without_details(error)


def _refusal(url: str, error: Exception) -> ConfigurationError:
    """Why a database cannot be opened.  What a parser says of an address may hold its password."""
    place = shown(url)
    if isinstance(error, ValueError) and not isinstance(error, asyncpg.InterfaceError):
        return ConfigurationError(f"{place} is no address of a PostgreSQL database.")
    if _state(error) == _FORBIDDEN:
        return ConfigurationError(
            f"The schema of {place} is not up to date, and this role may not change it"
            f" ({_cause(error)}): run `doorward migrate` as one that may."
        )
    why = _cause(error)
    if isinstance(original(error), asyncpg.ProtocolViolationError):
        why = f"{POOLED} ({why})"
    return ConfigurationError(f"The database {place} cannot be opened: {why}.")


def _is_bad_value(error: Exception) -> bool:
    """Whether a value could not be sent or stored: refused by the driver, or by class 22 of the
    server's errors."""
    return isinstance(original(error), asyncpg.DataError) or (_state(error) or "").startswith("22")


def _state(error: Exception) -> str | None:
    return getattr(getattr(error, "orig", None) or error, "sqlstate", None)


def _cause(error: Exception) -> str:
    """The message of an error, without its DETAIL, which may show the content of a row."""
    if isinstance(error, TimeoutError):
        return f"no answer in {PATIENCE} seconds"
    return said(error)
