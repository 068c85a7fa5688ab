"""Counters as rows."""

import sqlite3

COUNTING = "SELECT key, ends_at, hits FROM doorward_limits WHERE ends_at > ? AND hits > 0"


def hit(database: sqlite3.Connection, key: str, window: int, most: int, at: int) -> int:
    row = database.execute(
        "SELECT ends_at, hits FROM doorward_limits WHERE key = ?", (key,)
    ).fetchone()
    ends_at, hits = row or (0, 0)
    if not 0 < ends_at - at <= window:
        ends_at, hits = at + window, 0
    if hits >= most:
        return int(ends_at - at)
    database.execute(
        "REPLACE INTO doorward_limits (key, ends_at, hits) VALUES (?, ?, ?)",
        (key, ends_at, hits + 1),
    )
    return 0


def forgive(database: sqlite3.Connection, key: str) -> None:
    database.execute(
        "UPDATE doorward_limits SET hits = hits - 1 WHERE key = ? AND hits > 0", (key,)
    )
