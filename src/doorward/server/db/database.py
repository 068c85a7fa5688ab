"""The server's own tables, in whichever database they lie."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from sqlalchemy import CursorResult, Dialect, Executable, MetaData, Row

from ...stores import POSTGRES, driver
from .schema import Versions
from .url import check_database

TABLES = MetaData()
"""Every table of the server; all names begin with `doorward_`."""


class Transaction(Protocol):
    """What a connection of SQLAlchemy does for those who write."""

    @property
    def dialect(self) -> Dialect: ...

    async def execute(
        self, statement: Executable, parameters: Sequence[dict[str, Any]] | None = None
    ) -> CursorResult[Any]: ...

    async def exec_driver_sql(self, statement: str) -> CursorResult[Any]: ...


class Database(Protocol):
    """The server's tables at one URL.  Made by `open_database`."""

    versions: Versions

    async def run(self, statement: Executable) -> Sequence[Row[Any]]:
        """Execute one statement as a transaction of its own; the rows it yields, if it yields any.

        Nothing else is written while it reads and writes, and what it wrote is durable when this
        returns.  Raises `StoreUnavailable` when the database does not answer, and SQLAlchemy's
        `IntegrityError` when a row would break a constraint.
        """

    def writing(self) -> AbstractAsyncContextManager[Transaction]:
        """One transaction that holds the write lock from its beginning, so that what is read in it
        is still true when it writes.  Durable when this ends; undone when the body raises, as it
        must when a statement of it failed.  Be brief: everybody else waits.  Raises like `run`."""

    async def close(self) -> None:
        """Let go of files and connections.  Idempotent."""


async def open_database(url: str) -> Database:
    """The database at `memory:`, `sqlite:///relative.db`, `sqlite:////absolute.db` or
    `postgresql://user@host/name`.

    A SQLite file is made when missing, with its folders and readable to its owner alone.  Either is
    brought to the present schema; other processes may do the same at the same moment.  Raises
    `ConfigurationError` for another scheme, and when the database cannot be opened or written, is
    none, or was migrated by a newer Doorward.
    """
    check_database(url)
    scheme, _, rest = url.partition(":")
    if scheme in POSTGRES:
        return await _open_postgres(url)
    from .engines import sqlite

    return await sqlite.open_sqlite(rest[3:] or sqlite.MEMORY)


async def check_writable(url: str) -> None:
    """Whether a server could write the tables that are there, without changing anything.  Raises
    `ConfigurationError` for a newer schema, a read-only database and missing rights."""
    check_database(url)
    scheme, _, rest = url.partition(":")
    if scheme in POSTGRES:
        with driver("postgresql", "postgres"):
            from .engines import postgres
        await postgres.check_postgres(url)
    elif scheme == "sqlite":
        from .engines import sqlite

        sqlite.check_sqlite(rest[3:])


async def _open_postgres(url: str) -> Database:
    with driver("postgresql", "postgres"):
        from .engines import postgres
    return await postgres.open_postgres(url)
