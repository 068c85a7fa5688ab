"""One-time tickets as rows."""

PUT = """
    INSERT INTO doorward_tickets (kind, digest, payload, expires_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (kind, digest) DO UPDATE SET
        payload = excluded.payload, expires_at = excluded.expires_at, takes = 0
"""

WAITING = """
    SELECT kind, digest, payload, expires_at FROM doorward_tickets
    WHERE takes = 0 AND expires_at > $1
"""

LOOK = """
    SELECT payload FROM doorward_tickets
    WHERE kind = $1 AND digest = $2 AND expires_at > $3 AND takes = 0
"""

TAKE = """
    UPDATE doorward_tickets SET takes = takes + 1
    WHERE kind = $1 AND digest = $2 AND expires_at > $3
    RETURNING payload, takes = 1
"""
