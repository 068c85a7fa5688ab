"""Closing the server's own tables against writing, for every process, while they can be read."""

from collections.abc import Iterable

from ...stores import seal as sealing
from ..database import TABLES, Database


async def seal(database: Database, why: str) -> None:
    """From here on, until `unseal`, whoever writes gets `StoreUnavailable` with `why`.  Waits for
    nobody but those who are writing."""
    names = _names()
    await _run(
        database,
        sqlite=sealing.closed_in_sqlite(names, why),
        postgres=sealing.closed_in_postgres(names, "doorward_refuse_moved", why),
    )


async def unseal(database: Database) -> None:
    """Let everybody write again."""
    names = _names()
    await _run(
        database,
        sqlite=sealing.opened_in_sqlite(names),
        postgres=sealing.opened_in_postgres(names),
    )


async def _run(database: Database, *, sqlite: Iterable[str], postgres: Iterable[str]) -> None:
    async with database.writing() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        for statement in sqlite if is_sqlite else postgres:
            await connection.exec_driver_sql(statement)


def _names() -> list[str]:
    """When asked, not before: a table joins the others when its module is imported."""
    return [table.name for table in TABLES.sorted_tables]
