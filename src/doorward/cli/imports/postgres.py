"""A table of another system in PostgreSQL, read in transactions that cannot write."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from ...server.db.url import shown
from ...stores.asyncpg_driver import FAILURES, said
from ...stores.ca_file import check_ca_file
from ...stores.search_path import search_path
from ..output import NotDone

_COLUMNS = """
    SELECT attname AS name FROM pg_attribute
    WHERE attrelid = to_regclass(quote_ident($1)) AND attnum > 0 AND NOT attisdropped
"""


class Postgres:
    """One connection."""

    mark = "$1"

    def __init__(self, connection: Any, place: str) -> None:
        self._connection = connection
        self._place = place

    async def columns(self, table: str) -> Sequence[str]:
        """The columns of a table in the schema that the URL names, or in `public`."""
        found = await self.rows(_COLUMNS, table)
        if not found:
            raise NotDone(
                f"There is no table {table} in {self._place}; name the table with --table, and its"
                " schema with ?search_path= in the URL."
            )
        return [str(row["name"]) for row in found]

    async def rows(self, statement: str, *values: object) -> Sequence[Mapping[str, Any]]:
        """What a statement finds.  Raises `NotDone`."""
        try:
            return [dict(row) for row in await self._connection.fetch(statement, *values)]
        except FAILURES as error:
            raise _unread(self._place, error) from None


@asynccontextmanager
async def open_postgres(url: str, seconds: float) -> AsyncIterator[Postgres]:
    """A connection, to a standby as well.  Raises `NotDone` and `ConfigurationError`."""
    place = shown(url)
    settings = {"application_name": "doorward", "default_transaction_read_only": "on"}
    try:
        check_ca_file(url)
        connection = await asyncpg.connect(
            url,
            timeout=seconds,
            command_timeout=seconds,
            server_settings={**settings, **search_path(url)},
        )
    except (*FAILURES, ValueError) as error:
        raise _unread(place, error) from None
    try:
        yield Postgres(connection, place)
    finally:
        connection.terminate()


def _unread(place: str, error: Exception) -> NotDone:
    # what a parser says of an address may hold its password
    known = isinstance(error, FAILURES)
    why = said(error) if known else "it is no address of a PostgreSQL database"
    return NotDone(f"The database {place} cannot be read: {why or 'no answer in time'}.")
