"""Counters as rows."""

HIT = "SELECT doorward_hit($1, $2, $3, $4)"
FORGIVE_LAST = """
    DELETE FROM doorward_limits WHERE key = $1 AND hits <= 1 AND ends_at <= $2 RETURNING key
"""
FORGIVE = """
    UPDATE doorward_limits SET hits = hits - 1 WHERE key = $1 AND hits > 0 AND ends_at <= $2
"""
COUNTING = "SELECT key, ends_at, hits FROM doorward_limits WHERE ends_at > $1 AND hits > 0"
