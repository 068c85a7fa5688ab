"""Closing the server's own tables against writing, for every process, while they can be read."""

from collections.abc import Iterable

from ...errors import ConfigurationError
from ...stores import read_only as sealing
from ..db.database import TABLES, Database, Transaction


class AnotherMove(ConfigurationError):
    """Another move has sealed the tables; its seal was left as it is."""


async def seal(database: Database, why: str) -> None:
    """From now on, until `unseal`, writes raise `StoreUnavailable` with `why`.  Waits only for
    writes under way.  Raises `AnotherMove` where there is a seal already."""
    await change(database, None, why)


async def change(database: Database, expected: str | None, why: str) -> None:
    """Replace a seal whose text is `expected`, None if there is none.  Raises `AnotherMove` if the
    text is another."""
    async with database.writing() as connection:
        if (found := await _said(connection)) != expected:
            state = "is open again" if found is None else f"is already {found}"
            raise AnotherMove(f"The source {state}: another command changed it during this move.")
        names = _names()
        await _run(
            connection,
            sqlite=sealing.closed_in_sqlite(names, why),
            postgres=sealing.closed_in_postgres(names, "doorward_refuse_moved", why),
        )


async def said(database: Database) -> str | None:
    """The text of the seal, or None if there is none."""
    async with database.writing() as connection:
        return await _said(connection)


async def unseal(database: Database) -> None:
    """Let everybody write again."""
    names = _names()
    async with database.writing() as connection:
        await _run(
            connection,
            sqlite=sealing.opened_in_sqlite(names),
            postgres=sealing.opened_in_postgres(names),
        )


async def _said(connection: Transaction) -> str | None:
    if connection.dialect.name == "sqlite":
        rows = await connection.exec_driver_sql(sealing.FIND_IN_SQLITE)
        return sealing.said_in_sqlite([found for (found,) in rows])
    rows = await connection.exec_driver_sql(sealing.FIND_IN_POSTGRES)
    return sealing.said_in_postgres([found for (found,) in rows])


async def _run(connection: Transaction, *, sqlite: Iterable[str], postgres: Iterable[str]) -> None:
    for statement in sqlite if connection.dialect.name == "sqlite" else postgres:
        await connection.exec_driver_sql(statement)


def _names() -> list[str]:
    """When asked, not before: a table joins the others when its module is imported."""
    return [table.name for table in TABLES.sorted_tables]
