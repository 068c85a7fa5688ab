"""Which tables are where: looked up without opening, for to open would make them."""

import sqlite3
from contextlib import closing
from pathlib import Path

from ..errors import ConfigurationError
from ..server.db.url import shown
from ..stores import POSTGRES, driver
from .left_log import check_log

USERS, SESSIONS = "doorward_users", "doorward_sessions"
"""The tables that tell whose database this is."""

_NAMES = "SELECT name FROM sqlite_schema WHERE type = 'table'"


async def tables(url: str) -> frozenset[str] | None:
    """The names of the tables at this URL; None when there is no such file.  Of Redis, which has no
    tables, it is taken on trust that sessions are there.

    Raises `ConfigurationError` when it cannot be read.
    """
    path = database_file(url)
    if path is not None:
        return frozenset(in_file(path, _NAMES)) if path.exists() else None
    if url.partition(":")[0] in POSTGRES:
        with driver("postgresql", "postgres"):
            from ..server.db.engines.postgres import table_names
        return await table_names(url)
    return frozenset({SESSIONS})


def database_file(url: str) -> Path | None:
    """The file that a database URL names, or None."""
    path = url.removeprefix("sqlite:///")
    return None if path in ("", url) else Path(path).absolute()


def place_of(url: str) -> str:
    """Where a database is, for people: its file, or its URL without a password."""
    return str(database_file(url) or shown(url))


def in_file(path: Path, statement: str) -> list[str]:
    """What a database file answers, in one column.  Changes nothing.  Raises like `tables`."""
    if path.is_dir():  # of which SQLite says "disk I/O error"
        raise ConfigurationError(f"{path} is a folder, not a database.")
    check_log(path)
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            return [text for (text,) in connection.execute(statement)]
    except sqlite3.Error as error:
        raise ConfigurationError(f"The database {path} cannot be read: {error}.") from error
