"""Closing the tables against writing, for every process that has the file open."""

import sqlite3

from ..read_only import closed_in_sqlite, opened_in_sqlite

TABLES = [
    f"doorward_{table}" for table in ("sessions", "changes", "marks", "keys", "tickets", "limits")
]
"""All but the one that each opening writes to: a server may be started again, and be read."""


def seal(database: sqlite3.Connection, why: str) -> None:
    for statement in closed_in_sqlite(TABLES, why):
        database.execute(statement)


def unseal(database: sqlite3.Connection) -> None:
    for statement in opened_in_sqlite(TABLES):
        database.execute(statement)
