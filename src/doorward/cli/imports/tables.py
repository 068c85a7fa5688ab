"""Accounts in another system's database, which is only read."""

import sqlite3
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ...server.db.url import shown
from ...stores import POSTGRES, driver
from ..left_log import check_log
from ..output import NotDone
from ..tables import database_file
from .account import Fields, of_django, of_fastapi_users

_PAGE = 1000
"""Rows of one statement, so that no transaction is open while accounts are written."""

_PATIENCE = 10
"""Seconds until a database that does not answer counts as gone."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The table of a library: its usual name, the columns it must have and those it may have."""

    table: str
    must: tuple[str, ...]
    may: tuple[str, ...]
    read: Callable[[Fields], Fields]


FASTAPI_USERS = Shape(
    "user",
    ("id", "email", "hashed_password"),
    ("is_active", "is_superuser", "is_verified", "created_at"),
    of_fastapi_users,
)
DJANGO = Shape(
    "auth_user",
    ("id", "password"),
    ("email", "username", "is_active", "is_superuser", "date_joined"),
    of_django,
)


class Connection(Protocol):
    """One connection to a database that can only be read."""

    mark: str
    """A parameter of a statement."""

    async def columns(self, table: str) -> Sequence[str]: ...

    async def rows(self, statement: str, *values: object) -> Sequence[Mapping[str, object]]: ...


async def table_rows(url: str, shape: Shape, table: str) -> AsyncGenerator[Fields, None]:
    """The rows of a table, in the order of their ids.  Raises `NotDone` and
    `ConfigurationError`; the URL is never shown with its password."""
    async with _opened(url) as connection:
        there = await connection.columns(table)
        if missing := [name for name in shape.must if name not in there]:
            raise NotDone(f"The table {table} of {shown(url)} has no column {missing[0]}.")
        names = ", ".join(f'"{name}"' for name in (*shape.must, *shape.may) if name in there)
        # the names are constants of ours, but for the table's, which is quoted
        select = f"SELECT {names} FROM {_quoted(table)}"  # noqa: S608
        page = await connection.rows(f'{select} ORDER BY "id" LIMIT {_PAGE}')
        following = f'{select} WHERE "id" > {connection.mark} ORDER BY "id" LIMIT {_PAGE}'
        while page:
            for row in page:
                yield row
            page = await connection.rows(following, page[-1]["id"])


@asynccontextmanager
async def _opened(url: str) -> AsyncIterator[Connection]:
    """A connection to a URL as these libraries write it, such as `postgresql+asyncpg://...`."""
    scheme, colon, rest = url.partition(":")
    plain = f"{scheme.partition('+')[0]}{colon}{rest}"
    path = database_file(plain)
    async with AsyncExitStack() as stack:
        if path is not None and plain.startswith("sqlite:"):
            yield stack.enter_context(closing(_SQLite(path)))
        elif plain.partition(":")[0] in POSTGRES:
            with driver("postgresql", "postgres"):
                from .postgres import open_postgres
            yield await stack.enter_async_context(open_postgres(plain, _PATIENCE))
        else:
            raise NotDone(
                "The source must be sqlite:///PATH or postgresql://USER@HOST/NAME; from another"
                " database, import a file (--from csv or jsonl)."
            )


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


class _SQLite:
    mark = "?"

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise NotDone(f"There is no database {path}.")
        check_log(path)
        self._connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
        self._connection.row_factory = sqlite3.Row
        self._path = path

    async def columns(self, table: str) -> Sequence[str]:
        found = await self.rows("SELECT name FROM pragma_table_info(?)", table)
        if not found:
            raise NotDone(
                f"There is no table {table} in {self._path}; name the table with --table."
            )
        return [str(row["name"]) for row in found]

    async def rows(self, statement: str, *values: object) -> Sequence[Mapping[str, Any]]:
        try:
            return [dict(row) for row in self._connection.execute(statement, values)]
        except sqlite3.Error as error:
            raise NotDone(f"The database {self._path} cannot be read: {error}.") from error

    def close(self) -> None:
        self._connection.close()
