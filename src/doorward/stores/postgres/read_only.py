"""Closing the tables against writing, for every node."""

from collections.abc import Iterable

from ..read_only import closed_in_postgres, opened_in_postgres
from .connection import answering
from .connector import Connector

TABLES = [
    f"doorward_{table}" for table in ("sessions", "keys", "tickets", "limits", "changes", "marks")
]
"""In the order in which whoever writes takes them, so that nobody waits for one another."""

LOCK = f"LOCK TABLE {', '.join(TABLES)} IN %s MODE"
"""Waits until those who are writing are done; to seal, readers are not waited for."""


async def seal(connector: Connector, why: str) -> None:
    closed = closed_in_postgres(TABLES, "doorward_refuse_sealed", why)
    await _run(connector, [LOCK % "SHARE ROW EXCLUSIVE", *closed])


async def unseal(connector: Connector) -> None:
    await _run(connector, [LOCK % "ACCESS EXCLUSIVE", *opened_in_postgres(TABLES)])


async def _run(connector: Connector, statements: Iterable[str]) -> None:
    """As one transaction."""
    until = connector.deadline()
    line = await connector.connect(until)
    try:
        with answering(line.connection, until):
            await line.connection.execute(";".join(statements))
    finally:
        await line.close()
