"""One-time tickets as rows."""

import sqlite3

WAITING = """
    SELECT kind, digest, payload, expires_at FROM doorward_tickets
    WHERE used_at IS NULL AND expires_at > ?
"""

LOOK = """
    SELECT payload FROM doorward_tickets
    WHERE kind = ? AND digest = ? AND expires_at > ? AND used_at IS NULL
"""


def put(
    database: sqlite3.Connection, kind: str, digest: bytes, payload: str, expires_at: int
) -> None:
    database.execute(
        "REPLACE INTO doorward_tickets (kind, digest, payload, expires_at) VALUES (?, ?, ?, ?)",
        (kind, digest, payload, expires_at),
    )


def take(
    database: sqlite3.Connection, kind: str, digest: bytes, at: int
) -> tuple[str, bool] | None:
    first = database.execute(
        "UPDATE doorward_tickets SET used_at = :at WHERE kind = :kind AND digest = :digest"
        " AND expires_at > :at AND used_at IS NULL RETURNING payload",
        {"kind": kind, "digest": digest, "at": at},
    ).fetchall()
    if first:
        return first[0][0], True
    used = database.execute(
        "SELECT payload FROM doorward_tickets WHERE kind = ? AND digest = ? AND expires_at > ?",
        (kind, digest, at),
    ).fetchone()
    return None if used is None else (used[0], False)
