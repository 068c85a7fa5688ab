"""The server's own tables: the database they live in, and its schema brought up to date."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Connection, Executable, MetaData, Row, event
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import StaticPool

from ..errors import ConfigurationError, StoreUnavailable

TABLES = MetaData()
"""Every table of the server; all names begin with `doorward_`."""

VERSION_TABLE = "doorward_schema"
"""Where the migrations note how far they came."""

# First of all, wait up to five seconds for another process's write.
_PRAGMAS = ("busy_timeout = 5000", "journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON")


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

    async def close(self) -> None:
        """Let go of files and connections.  Idempotent."""
        await self._engine.dispose()


async def open_database(url: str) -> Database:
    """The database at `memory:`, `sqlite:///relative.db` or `sqlite:////absolute.db`, made when
    missing and migrated to the present schema; other processes may do the same at the same moment.

    Raises `ConfigurationError` for another scheme, and when the file cannot be opened or written,
    is no database, or was migrated by a newer Doorward.
    """
    path = _path(url)
    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=path),
        isolation_level="AUTOCOMMIT",
        hide_parameters=True,  # Errors are logged; passwords' hashes and addresses are not.
        **({"poolclass": StaticPool} if path == ":memory:" else {}),
    )
    event.listen(engine.sync_engine, "connect", _prepare)
    try:
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
        return ":memory:"
    if url.startswith("sqlite:///") and len(url) > len("sqlite:///"):
        return url.removeprefix("sqlite:///")
    scheme = url.partition(":")[0]
    raise ConfigurationError(
        f"{scheme!r} is not a database this can open: use memory: or sqlite:///PATH"
    )


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
    return str(getattr(error, "orig", None) or error)
