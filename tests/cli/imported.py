"""What the tests of imports share: a source, and a look into the tables."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from .desk import Desk

DATA = Path(__file__).parents[1] / "data"


def rows(desk: Desk, statement: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(desk.database.removeprefix("sqlite:///"))) as connection:
        return connection.execute(statement).fetchall()


def fastapi_users(folder: Path) -> Path:
    """A database that fastapi-users made."""
    file = folder / "fastapi_users.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript((DATA / "fastapi_users.sql").read_text())
    return file
