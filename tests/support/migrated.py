"""The server's tables, migrated once for all tests and copied into each new database of a test."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Pool, create_engine, event

from doorward.server.db.database import open_database
from doorward.server.db.schema import migrate
from tests.support.postgres import Postgres


@cache
def script() -> str:
    """The statements that make a new database of SQLite what the migrations make of it."""
    engine = create_engine("sqlite://", isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            migrate(connection)
            made = connection.connection.driver_connection
            assert isinstance(made, sqlite3.Connection)
            return "\n".join(made.iterdump())
    finally:
        engine.dispose()


def new_file(path: Path) -> str:
    """The URL of a new database in this file, migrated."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;" + script())
    return f"sqlite:///{path}"


def new_database(postgres: Postgres) -> str:
    """The URL of a new database of PostgreSQL, migrated."""
    return postgres.new_database(_template(postgres))


@cache
def _template(postgres: Postgres) -> str:
    url = postgres.new_database()

    async def migrated() -> None:
        await (await open_database(url)).close()

    # whoever asks may be within a loop
    thread = Thread(target=asyncio.run, args=(migrated(),))
    thread.start()
    thread.join()
    return urlsplit(url).path[1:]


@contextmanager
def born_migrated() -> Iterator[None]:
    """Every database that is opened in memory meanwhile is migrated when it is born."""
    event.listen(Pool, "connect", _fill)
    try:
        yield
    finally:
        event.remove(Pool, "connect", _fill)


def _fill(connection: Any, _: object) -> None:
    """`connection` is SQLAlchemy's, of any driver."""
    if _is_in_memory(connection):
        connection.run_async(lambda driver: driver.executescript(script()))


def _is_in_memory(connection: Any) -> bool:
    if not hasattr(connection, "run_async") or "sqlite" not in type(connection).__module__:
        return False
    cursor = connection.cursor()
    cursor.execute("PRAGMA database_list")
    ((_, _, file),) = cursor.fetchall()
    cursor.close()
    return not file
