"""The server's tables in a file of SQLite, or in memory."""

import os
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, AsyncAdaptedQueuePool, Connection, Executable, Row, event
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from ....errors import ConfigurationError, StoreUnavailable
from ....folders import make_folder
from ....stores.opened_file import GONE, OpenedFile
from ....stores.read_only import failure, is_refusal_of_sqlite
from ..schema import NEWER, NEWEST, VERSION_TABLE, Versions, migrate
from .steps import Whole, whole

MEMORY = ":memory:"
"""The path of what ends with its process."""

_PRAGMAS = ("busy_timeout = 5000", "synchronous = FULL", "foreign_keys = ON")
_VERSION = f"SELECT version_num FROM {VERSION_TABLE}"  # noqa: S608 - a constant of ours
_TOUCH = f"UPDATE {VERSION_TABLE} SET version_num = version_num"  # noqa: S608 - a constant of ours
_PATIENCE, _PAUSE = 5, 0.02  # Seconds to try for a new file's log, and between two tries.


class SQLiteDatabase:
    """A `Database` in one file, which any number of processes of one machine may open.

    Every step is whole: the driver drops the connection of a step that was cancelled, and with it
    the tables in memory, or leaves a transaction open in the file until it is collected.
    """

    def __init__(self, engine: AsyncEngine, versions: Versions, file: OpenedFile | None) -> None:
        self._engine = engine
        self._file = file
        self.versions = versions

    async def run(self, statement: Executable) -> Sequence[Row[Any]]:
        with _unavailable():
            async with self._connected() as connection:
                result = await whole(connection.execute(statement))
                return result.all() if result.returns_rows else ()

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Whole]:
        with _unavailable():
            async with self._connected() as connection:
                transaction = Whole(connection)
                try:
                    await transaction.exec_driver_sql("BEGIN IMMEDIATE")
                    yield transaction
                    await transaction.exec_driver_sql("COMMIT")
                except BaseException:
                    # after a step that was cancelled there may be nothing to undo
                    with suppress(SQLAlchemyError):
                        await transaction.exec_driver_sql("ROLLBACK")
                    raise

    async def close(self) -> None:
        await self._engine.dispose()

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[AsyncConnection]:
        # first: a connection to another file must not come into the pool
        if self._file is not None and not self._file.in_place:
            raise sqlite3.OperationalError(GONE)
        connection = self._engine.connect()
        try:
            await whole(connection.start())
            yield connection
        finally:
            if connection.sync_connection is not None:
                await whole(connection.close())


async def open_sqlite(path: str) -> SQLiteDatabase:
    """The database at this path, or `MEMORY`.  Raises `ConfigurationError`."""
    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=path),
        isolation_level="AUTOCOMMIT",
        hide_parameters=True,  # Errors are logged; passwords' hashes and addresses are not.
        poolclass=AsyncAdaptedQueuePool,
        # One connection is the whole of a database in memory, and one at a time may use it.
        **({"pool_size": 1, "max_overflow": 0} if path == MEMORY else {}),
    )
    event.listen(engine.sync_engine, "connect", _prepare)
    try:
        if path != MEMORY:
            _make(path)
        versions = await whole(_migrated(engine))
        file = None if path == MEMORY else OpenedFile(Path(path))
        return SQLiteDatabase(engine, versions, file)
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        await engine.dispose()
        raise ConfigurationError(
            f"The database {path} cannot be opened for writing: {_cause(error)}."
        ) from error
    except BaseException:
        await engine.dispose()
        raise


async def _migrated(engine: AsyncEngine) -> Versions:
    async with engine.connect() as connection:
        return await connection.run_sync(_migrate)


def check_sqlite(path: str) -> None:
    """Raises `ConfigurationError` when a server could not write the tables there."""
    uri = f"{Path(path).absolute().as_uri()}?mode=rw"
    try:
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            found = connection.execute(_VERSION).fetchone()
            connection.execute(_TOUCH)
            connection.execute("ROLLBACK")
    except sqlite3.Error as error:
        raise ConfigurationError(f"{path} cannot be written: {error}.") from error
    if found and found[0] > NEWEST:
        raise ConfigurationError(NEWER)


def _make(path: str) -> None:
    """Make the file readable to its owner alone, or check that it is a database, and have it keep
    a write-ahead log.  Without aiosqlite, whose thread prints a traceback of its own when an
    opening fails and the event loop ends right after."""
    make_folder(Path(path).parent)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    with closing(sqlite3.connect(path)) as connection:
        _keep_log(connection, time.monotonic() + _PATIENCE)


def _keep_log(connection: sqlite3.Connection, until: float) -> None:
    """Change to a write-ahead log.  Another process may be at the same change, and SQLite, which
    waits for every other lock, does not wait for this one."""
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(_PAUSE)
        else:
            return


def _prepare(connection: Any, _: object) -> None:
    """Settings of one new connection: as durable as the sessions beside it in the same file."""
    cursor = connection.cursor()
    try:
        for pragma in _PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
    except BaseException:
        connection.close()  # The pool does not know it yet, and would leave its thread running.
        raise
    cursor.close()


def _migrate(connection: Connection) -> Versions:
    """In one transaction that begins with the write lock, so that of several processes one migrates
    and the others find it done."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    versions = migrate(connection)
    # A write even when nothing is to migrate: a read-only file or a full disk must show now.
    # SQLite counts both on the first page, so no start leaves the file as an earlier one found it.
    connection.exec_driver_sql("CREATE TABLE doorward_start (began)")
    connection.exec_driver_sql("DROP TABLE doorward_start")
    connection.exec_driver_sql("COMMIT")
    return versions


@contextmanager
def _unavailable() -> Iterator[None]:
    """The one place where an error of SQLite becomes ours."""
    try:
        yield
    except IntegrityError as error:
        if is_refusal_of_sqlite(error.orig):
            raise failure(error.orig or error, _cause(error)) from error
        raise
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise StoreUnavailable(_cause(error)) from error


def _cause(error: Exception) -> str:
    return str(getattr(error, "orig", None) or getattr(error, "strerror", None) or error)
