"""What was committed after a cursor."""

from collections.abc import Sequence
from typing import Any

from ...types import Change
from .. import Changes, Cursor
from .connection import Connection
from .snapshot import clamped, last_held
from .text import plain

ALL = """
    SELECT now.snapshot, now.last, true, kind, id, ver, revoked
    FROM (
        SELECT pg_current_snapshot()::text AS snapshot, greatest(
            (SELECT max(xid) FROM doorward_changes), changes_purged_by
        )::text AS last
        FROM doorward_meta
    ) AS now
    LEFT JOIN doorward_changes ON true
    ORDER BY position
"""

SINCE = """
    SELECT now.snapshot, now.last, now.known, kind, id, ver, revoked
    FROM (
        SELECT pg_current_snapshot()::text AS snapshot, greatest(
            (SELECT max(xid) FROM doorward_changes), changes_purged_by
        )::text AS last, (
            changes_purged_up_to < pg_snapshot_xmin($1::text::pg_snapshot)
            OR pg_visible_in_snapshot(changes_purged_by, $1::text::pg_snapshot)
        ) AND (
            changes_purged_by >= $2::text::xid8
            OR $2::text::xid8 = (
                SELECT xid FROM doorward_changes WHERE xid <= $2::text::xid8
                ORDER BY xid DESC LIMIT 1
            )
        ) AS known
        FROM doorward_meta
    ) AS now
    LEFT JOIN doorward_changes ON xid >= pg_snapshot_xmin($1::text::pg_snapshot)
        AND NOT pg_visible_in_snapshot(xid, $1::text::pg_snapshot)
    ORDER BY position
"""
"""`$2` is the last change that the cursor holds: where it is missing, and no purge took it, the
database went back to a time before it, by a restore that began no new timeline."""


async def read(line: Connection, until: float, cursor: Cursor | None) -> Changes:
    """What `Store.changes` promises; the entries and the next cursor come of one statement, and so
    of one snapshot.  While nothing changed the cursor stays the one that was given."""
    if cursor is not None and cursor[0] == line.place:
        found = await line.fetch(until, SINCE, cursor[1], str(last_held(cursor)))
        if found[0][2]:
            return _changes(line.place, found, cursor)
    everything = await line.fetch(until, ALL)
    told = _changes(line.place, everything)
    return told if cursor is None else told._replace(known=False)


def _changes(place: str, found: Sequence[Any], cursor: Cursor | None = None) -> Changes:
    snapshot, last, *_ = found[0]
    following = (place, clamped(snapshot, int(last)))
    entries = [
        Change(kind, plain(name), ver, revoked)
        for _, _, _, kind, name, ver, revoked in found
        if kind is not None
    ]
    if cursor is not None and following == cursor:
        return Changes((), cursor)
    return Changes(entries, following)
