"""The server's own tables: the database they live in, and its schema brought up to date."""

import os
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, AsyncAdaptedQueuePool, Connection, Executable, MetaData, Row, event
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from ..errors import ConfigurationError, StoreUnavailable

TABLES = MetaData()
"""Every table of the server; all names begin with `doorward_`."""

VERSION_TABLE = "doorward_schema"
"""Where the migrations note how far they came."""

_MEMORY = ":memory:"
_PRAGMAS = ("busy_timeout = 5000", "synchronous = FULL", "foreign_keys = ON")
_PATIENCE, _PAUSE = 5, 0.02  # Seconds to try for a new file's log, and between two tries.


class Database:
    """The server's tables at one URL.  Made by `open_database`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def run(self, statement: Executable) -> Sequence[Row[Any]]:
        """Execute one statement as a transaction of its own; the rows it yields, if it yields any.

        What it wrote is durable when this returns.  Raises `StoreUnavailable` when the database
        does not answer, and SQLAlchemy's `IntegrityError` when a row would break a constraint.
        """
        with _unavailable():
            async with self._engine.connect() as connection:
                result = await connection.execute(statement)
                return result.all() if result.returns_rows else ()

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """One transaction that holds the write lock from its beginning, so that what is read in it
        is still true when it writes.  Durable when this ends; undone when the body raises.  Be
        brief: everybody else waits.  Raises like `run`."""
        with _unavailable():
            async with self._engine.connect() as connection:
                try:
                    await connection.exec_driver_sql("BEGIN IMMEDIATE")
                    yield connection
                    await connection.exec_driver_sql("COMMIT")
                except BaseException:
                    # a cancelled step was or was not done; then there may be nothing to undo
                    with suppress(SQLAlchemyError):
                        await connection.exec_driver_sql("ROLLBACK")
                    raise

    async def close(self) -> None:
        """Let go of files and connections.  Idempotent."""
        await self._engine.dispose()


async def open_database(url: str) -> Database:
    """The database at `memory:`, `sqlite:///relative.db` or `sqlite:////absolute.db`.

    It is made when missing, with its folders and readable to its owner alone, and brought to the
    present schema; other processes may do the same at the same moment.  Raises
    `ConfigurationError` for another scheme, and when the file cannot be opened or written, is no
    database, or was migrated by a newer Doorward.
    """
    path = _path(url)
    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=path),
        isolation_level="AUTOCOMMIT",
        hide_parameters=True,  # Errors are logged; passwords' hashes and addresses are not.
        poolclass=AsyncAdaptedQueuePool,
        # One connection is the whole of a database in memory, and one at a time may use it.
        **({"pool_size": 1, "max_overflow": 0} if path == _MEMORY else {}),
    )
    event.listen(engine.sync_engine, "connect", _prepare)
    try:
        if path != _MEMORY:
            _make(path)
        async with engine.connect() as connection:
            await connection.run_sync(_migrate)
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        await engine.dispose()
        raise ConfigurationError(
            f"The database {path} cannot be opened for writing: {_cause(error)}."
        ) from error
    except BaseException:
        await engine.dispose()
        raise
    return Database(engine)


def _path(url: str) -> str:
    if url == "memory:":
        return _MEMORY
    if url.startswith("sqlite:///") and len(url) > len("sqlite:///"):
        return url.removeprefix("sqlite:///")
    scheme = url.partition(":")[0]
    raise ConfigurationError(
        f"{scheme!r} is not a database this can open: use memory: or sqlite:///PATH"
    )


def _make(path: str) -> None:
    """Make the file readable to its owner alone, or check that it is a database, and have it keep
    a write-ahead log.  Without aiosqlite, whose thread prints a traceback of its own when an
    opening fails and the event loop ends right after."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
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


def _migrate(connection: Connection) -> None:
    """Bring the schema up to date in one transaction that begins with the write lock, so that of
    several processes one migrates and the others find it done."""
    # Imported here because only opening a database needs it, and it is slow to import.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config(attributes={"connection": connection, "version_table": VERSION_TABLE})
    config.set_main_option("script_location", "doorward.server:migrations")
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise ConfigurationError(
            "The database was written by a newer version of Doorward than this one."
        ) from error
    # A write even when nothing is to migrate: a read-only file or a full disk must show now.
    connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = version_num")  # noqa: S608
    connection.exec_driver_sql("COMMIT")


@contextmanager
def _unavailable() -> Iterator[None]:
    """The one place where an engine's error becomes ours."""
    try:
        yield
    except IntegrityError:
        raise
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise StoreUnavailable(_cause(error)) from error


def _cause(error: Exception) -> str:
    return str(getattr(error, "orig", None) or getattr(error, "strerror", None) or error)
