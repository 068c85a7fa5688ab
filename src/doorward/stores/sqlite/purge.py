"""What is deleted when it is old, in steps short enough for other writes to pass between."""

import sqlite3
from functools import partial

from .writer import Write

SESSIONS = """
    DELETE FROM doorward_sessions WHERE rowid IN (
        SELECT rowid FROM doorward_sessions WHERE ifnull(revoked_at, ends_at) < ? LIMIT ?
    )
"""
CHANGES = """
    DELETE FROM doorward_changes WHERE (position, kind, id) IN (
        SELECT position, kind, id FROM doorward_changes WHERE at < ? LIMIT ?
    ) RETURNING position
"""
MARKS = """
    DELETE FROM doorward_marks WHERE subject IN (
        SELECT subject FROM doorward_marks WHERE at < ? LIMIT ?
    ) RETURNING position
"""
TICKETS = """
    DELETE FROM doorward_tickets WHERE (kind, digest) IN (
        SELECT kind, digest FROM doorward_tickets WHERE expires_at < ? LIMIT ?
    )
"""
LIMITS = """
    DELETE FROM doorward_limits WHERE key IN (
        SELECT key FROM doorward_limits WHERE ends_at < ? LIMIT ?
    )
"""


def sessions(before: int, limit: int) -> Write[int]:
    """Deletes sessions that died, and tells how many."""
    return partial(_delete, SESSIONS, before, limit)


def all_but_sessions(before: int, limit: int) -> list[Write[int]]:
    """Deletes what else is older, each step to be repeated while it reaches the limit."""
    return [
        *(partial(_forget, statement, before, limit) for statement in (CHANGES, MARKS)),
        *(partial(_delete, statement, before, limit) for statement in (TICKETS, LIMITS)),
    ]


def _delete(statement: str, before: int, limit: int, database: sqlite3.Connection) -> int:
    return database.execute(statement, (before, limit)).rowcount


def _forget(statement: str, before: int, limit: int, database: sqlite3.Connection) -> int:
    """The highest position that went is remembered: who is behind it, a cursor or a login under
    way, can no longer be told what it missed."""
    gone = database.execute(statement, (before, limit)).fetchall()
    database.execute(
        "UPDATE doorward_meta SET value = max(value, ?) WHERE name = 'forgotten'",
        max(gone, default=(0,)),
    )
    return len(gone)
