"""Counters as rows."""

import sqlite3

COUNTING = "SELECT key, ends_at, hits FROM doorward_limits WHERE ends_at > ? AND hits > 0"


def hit(database: sqlite3.Connection, key: str, window: int, most: int, at: int) -> int:
    row = database.execute(
        "SELECT ends_at, hits FROM doorward_limits WHERE key = ?", (key,)
    ).fetchone()
    ends_at, hits = row or (0, 0)
    if ends_at <= at:
        ends_at, hits = at + window, 0
    until = min(ends_at, at + window)
    if hits < most or until < ends_at:
        database.execute(
            "REPLACE INTO doorward_limits (key, ends_at, hits) VALUES (?, ?, ?)",
            (key, until, hits + (hits < most)),
        )
    return 0 if hits < most else int(until - at)


def forgive(database: sqlite3.Connection, key: str, window: int, at: int) -> None:
    this = (key, at + window)
    one = database.execute(
        "DELETE FROM doorward_limits WHERE key = ? AND ends_at <= ? AND hits <= 1", this
    )
    if not one.rowcount:
        database.execute(
            "UPDATE doorward_limits SET hits = hits - 1 WHERE key = ? AND ends_at <= ?", this
        )
