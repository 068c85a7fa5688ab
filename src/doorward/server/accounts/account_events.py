"""What became of accounts, kept until an application that wants to know has been told."""

import time
from collections.abc import Sequence
from secrets import token_hex
from typing import Literal, NamedTuple

from sqlalchemy import Column, Table, delete, insert, select

from ..db.database import TABLES, Database, Transaction
from ..db.schema import TEXT

Kind = Literal["created", "changed", "deleted"]

PAGE = 100
"""Rows that are read at once."""

EVENTS = Table(
    "doorward_account_events",
    TABLES,
    Column("id", TEXT, primary_key=True),  # begins with nanoseconds since 1970, which order them
    Column("subject", TEXT, nullable=False),
    Column("kind", TEXT, nullable=False),
)


class Noted(NamedTuple):
    """One row."""

    id: str
    subject: str
    kind: Kind


async def note(transaction: Transaction, kind: Kind, subjects: Sequence[str]) -> None:
    """Note what became of these accounts in the transaction that did it, so that neither is there
    without the other."""
    rows = [{"id": _new_id(), "subject": subject, "kind": kind} for subject in subjects]
    if rows:
        await transaction.execute(insert(EVENTS), rows)


async def waiting(database: Database) -> Sequence[Noted]:
    """The oldest that wait.  Raises `StoreUnavailable`."""
    rows = await database.run(select(EVENTS).order_by(EVENTS.c.id).limit(PAGE))
    return [Noted(row.id, row.subject, row.kind) for row in rows]


async def forget(database: Database, event: Noted) -> None:
    """It was told.  Raises `StoreUnavailable`."""
    await database.run(delete(EVENTS).where(EVENTS.c.id == event.id))


async def forget_older(database: Database, seconds: int) -> None:
    """Forget what nobody asked for within these seconds.  Raises `StoreUnavailable`."""
    before = time.time_ns() - seconds * 10**9
    await database.run(delete(EVENTS).where(EVENTS.c.id < f"{before:020d}"))


def _new_id() -> str:
    return f"{time.time_ns():020d}-{token_hex(8)}"
