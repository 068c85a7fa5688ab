"""The server's own tables, row by row as they are, from one database to another, in passes."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy import Column, Row, Select, Table, delete, func, insert, select

from ..accounts.users import Users
from ..audit.entry import AUDIT
from ..db.database import TABLES, Database
from ..mail import outbox
from ..oauth.tables import CLIENTS, CONSENTS, SCOPES

PAGE = 500
"""Rows read, and written, in one step."""

USED = (Users, outbox.LETTERS, AUDIT, CLIENTS, CONSENTS, SCOPES)
"""Whose tables these are: to name them here is what fills `TABLES`."""

Rows = dict[Any, Row[Any]]


class Tables:
    """What of every table the target has already; each pass brings the rest.

    The audit log only grows, so of it a pass brings what is behind the last row: verbatim, or it
    could not be verified any more.  The methods raise `StoreUnavailable`.
    """

    def __init__(self, source: Database, target: Database) -> None:
        self._source = source
        self._target = target
        self._carried: dict[str, Rows] = {}
        self._last = 0
        self._entries = 0

    @property
    def counts(self) -> dict[str, int]:
        """How many rows of each table the target has."""
        found = {name: len(rows) for name, rows in self._carried.items()}
        return found | {AUDIT.name: self._entries}

    async def carry(self) -> None:
        """One pass over the source."""
        for table in TABLES.sorted_tables:
            if table is not AUDIT:
                await self._carry(table)
        await self._carry_audit()

    async def _carry(self, table: Table) -> None:
        before = self._carried.get(table.name, {})
        now = {row[0]: row async for page in _pages(self._source, table) for row in page}
        new = {key: row for key, row in now.items() if before.get(key) != row}
        # first, so that what moves from one row to another (an address) is free for it
        gone = [key for key, row in before.items() if key not in now or key in new]
        for first in range(0, len(gone), PAGE):
            column = _key(table)
            await self._target.run(delete(table).where(column.in_(gone[first : first + PAGE])))
        await self._add(table, list(new.values()))
        self._carried[table.name] = now

    async def _carry_audit(self) -> None:
        async for page in _pages(self._source, AUDIT, self._last):
            await self._add(AUDIT, page)
            self._last = page[-1].seq
            self._entries += len(page)
        (oldest,) = (await self._source.run(select(func.min(AUDIT.c.seq))))[0]
        if oldest is not None:  # pruned there meanwhile
            await self._target.run(delete(AUDIT).where(AUDIT.c.seq < oldest))
            self._entries = self._last - oldest + 1

    async def _add(self, table: Table, rows: Sequence[Row[Any]]) -> None:
        for first in range(0, len(rows), PAGE):
            some = [row._asdict() for row in rows[first : first + PAGE]]
            async with self._target.writing() as connection:
                await connection.execute(insert(table), some)


async def is_empty(database: Database) -> bool:
    """Whether no table holds a row."""
    for table in TABLES.sorted_tables:
        if await database.run(select(_key(table)).limit(1)):
            return False
    return True


async def _pages(
    database: Database, table: Table, after: object = None
) -> AsyncIterator[Sequence[Row[Any]]]:
    """All rows in the order of their key."""
    while rows := await database.run(_page(table, after)):
        yield rows
        after = rows[-1][0]


def _page(table: Table, after: object) -> Select[Any]:
    column = _key(table)
    rows = select(table).order_by(column).limit(PAGE)
    return rows if after is None else rows.where(column > after)


def _key(table: Table) -> Column[Any]:
    """The first column, which alone is the primary key of every table of ours."""
    (column,) = table.primary_key.columns
    return column
