"""What is deleted when it is old, in steps short enough for other writes to pass between.  Rows
that somebody else is writing are left for the next time."""

SESSIONS = """
    WITH gone AS (
        DELETE FROM doorward_sessions WHERE sid IN (
            SELECT sid FROM doorward_sessions WHERE coalesce(revoked_at, ends_at) < $1
            LIMIT $2 FOR UPDATE SKIP LOCKED
        ) RETURNING sid
    )
    SELECT count(*) FROM gone
"""

FORGET = """
    WITH gone AS (
        DELETE FROM doorward_{what} WHERE {key} IN (
            SELECT {key} FROM doorward_{what} WHERE at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED
        ) RETURNING xid
    ), remembered AS (
        UPDATE doorward_meta SET {what}_purged_by = pg_current_xact_id(),
            {what}_purged_up_to = greatest({what}_purged_up_to, (SELECT max(xid) FROM gone))
        WHERE EXISTS (SELECT FROM gone)
    )
    SELECT count(*) FROM gone
"""
"""Who is behind it, a cursor or a login under way, can no longer be told what it missed."""

CHANGES = FORGET.format(what="changes", key="position")
MARKS = FORGET.format(what="marks", key="subject")

TICKETS = """
    WITH gone AS (
        DELETE FROM doorward_tickets WHERE (kind, digest) IN (
            SELECT kind, digest FROM doorward_tickets WHERE expires_at < $1
            LIMIT $2 FOR UPDATE SKIP LOCKED
        ) RETURNING kind
    )
    SELECT count(*) FROM gone
"""
LIMITS = """
    WITH gone AS (
        DELETE FROM doorward_limits WHERE key IN (
            SELECT key FROM doorward_limits WHERE ends_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED
        ) RETURNING key
    )
    SELECT count(*) FROM gone
"""

ALL_BUT_SESSIONS = (CHANGES, MARKS, TICKETS, LIMITS)
