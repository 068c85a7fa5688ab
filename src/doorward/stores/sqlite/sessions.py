"""The writes about sessions.  Each function is one step inside the writer's transaction."""

import sqlite3
from collections.abc import Iterable

from ...types import Change, Session
from .. import Decision, Most
from ..read_only import is_refusal_of_sqlite
from ..refusals import refusal
from ..rows import given_names, values

INSERT = """
    INSERT INTO doorward_sessions (
        sid, subject, mode, secret_hash, created_at, authenticated_at, seen_at, expires_at,
        ends_at, rotated_at, version, ver, previous_secret_hash, previous_until,
        previous_authenticated_at, generation, branch, parent_branch, revoked_at, roles, scopes,
        amr, previous_amr, client_id, audience, parent_sid, address, user_agent, label, attributes
    ) VALUES (
        :sid, :subject, :mode, :secret_hash, :created_at, :authenticated_at, :seen_at, :expires_at,
        :ends_at, :rotated_at, :version, :ver, :previous_secret_hash, :previous_until,
        :previous_authenticated_at, :generation, :branch, :parent_branch, :revoked_at, :roles,
        :scopes, :amr, :previous_amr, :client_id, :audience, :parent_sid, :address, :user_agent,
        :label, :attributes
    )
"""

LATEST_MARK = """
    SELECT max(value, ifnull((SELECT position FROM doorward_marks WHERE subject = ?), 0))
    FROM doorward_meta WHERE name = 'forgotten'
"""

PARENT = """
    SELECT sid, parent_sid FROM doorward_sessions
    WHERE sid = ? AND revoked_at IS NULL AND ends_at > ?
"""

OLDEST_FIRST = """
    SELECT sid FROM doorward_sessions
    WHERE subject = :subject AND revoked_at IS NULL AND ends_at > :at
        AND (audience <> '') = (:audience <> '') AND (:audience = '' OR client_id = :client_id)
    ORDER BY created_at, rowid
"""
"""The live ones of a subject that `Most` counts (see `rows.is_counted`).  Row ids grow, so they
tell the order within one second."""

REPLACE = """
    UPDATE doorward_sessions
    SET mode = :mode, secret_hash = :secret_hash,
        authenticated_at = :authenticated_at, seen_at = :seen_at,
        expires_at = :expires_at, ends_at = :ends_at, rotated_at = :rotated_at,
        previous_secret_hash = :previous_secret_hash, previous_until = :previous_until,
        previous_authenticated_at = :previous_authenticated_at, generation = :generation,
        branch = :branch, parent_branch = :parent_branch, amr = :amr,
        previous_amr = :previous_amr, address = :address, user_agent = :user_agent,
        label = :label, attributes = :attributes,
        ver = max(ver, :ver), version = version + 1
    WHERE sid = :old_sid AND version = :old_version AND revoked_at IS NULL
"""

CHANGE = """
    WITH met AS MATERIALIZED (
        SELECT sid FROM doorward_sessions
        WHERE {whose} AND revoked_at IS NULL AND (:revoked_at IS NOT NULL OR audience = '')
    )
    UPDATE doorward_sessions
    SET version = version + 1, ver = ver + 1, revoked_at = :revoked_at,
        roles = ifnull(:roles, roles), scopes = ifnull(:scopes, scopes)
    WHERE (sid IN met OR (:revoked_at IS NOT NULL AND parent_sid IN met))
        AND revoked_at IS NULL
        AND NOT (sid IS :keep AND subject IS :subject)
    RETURNING sid, ver
"""
CHANGE_ONE = CHANGE.format(whose="sid = :sid")
CHANGE_ALL = CHANGE.format(whose="subject = :subject AND sid IS NOT :keep")


def insert(
    database: sqlite3.Connection, session: Session, mark: int, at: int, most: Most | None
) -> None:
    (latest,) = database.execute(LATEST_MARK, (session.subject,)).fetchone()
    if mark < latest:
        raise refusal("superseded")
    spared = _ancestors(database, session, at)
    if most is not None:
        _make_room(database, session, spared, at, most)
    try:
        database.execute(INSERT, values(session))
    except sqlite3.IntegrityError as error:
        if is_refusal_of_sqlite(error):
            raise
        raise ValueError(f"this session cannot be added: {error}") from error


def replace(database: sqlite3.Connection, old: Session, new: Session) -> bool:
    parameters = values(new) | {"old_sid": old.sid, "old_version": old.version}
    done = database.execute(REPLACE, parameters).rowcount == 1
    if done and new.ver > old.ver:
        told_at = max(new.seen_at, new.authenticated_at)
        record(database, told_at, [Change("session", old.sid, new.ver)])
    return done


def change_one(database: sqlite3.Connection, sid: str, decision: Decision, at: int) -> list[str]:
    met = _decide(database, CHANGE_ONE, decision, at, sid=sid)
    if met:
        record(database, at, met)
    return [change.id for change in met]


def change_all(
    database: sqlite3.Connection, subject: str, keep: str | None, decision: Decision, at: int
) -> list[str]:
    met = _decide(database, CHANGE_ALL, decision, at, subject=subject, keep=keep)
    position = record(database, at, met)
    database.execute(
        "REPLACE INTO doorward_marks (subject, position, at) VALUES (?, ?, ?)",
        (subject, position, at),
    )
    return [change.id for change in met]


def record(database: sqlite3.Connection, at: int, told: Iterable[Change]) -> int:
    """Take the next position and announce it; a decision that met no row takes one too."""
    ((position,),) = database.execute(
        "UPDATE doorward_meta SET value = value + 1 WHERE name = 'position' RETURNING value"
    ).fetchall()
    database.executemany(
        "INSERT INTO doorward_changes (position, kind, id, ver, revoked, at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        [(position, each.kind, each.id, each.ver, each.revoked, at) for each in told],
    )
    return int(position)


def _decide(
    database: sqlite3.Connection,
    statement: str,
    decision: Decision,
    at: int,
    *,
    sid: str | None = None,
    subject: str | None = None,
    keep: str | None = None,
) -> list[Change]:
    parameters = {
        "sid": sid,
        "subject": subject,
        "keep": keep,
        "revoked_at": at if decision.revoke else None,
        "roles": given_names(decision.roles),
        "scopes": given_names(decision.scopes),
    }
    changed = database.execute(statement, parameters).fetchall()
    return [Change("session", name, ver, decision.revoke) for name, ver in changed]


def _ancestors(database: sqlite3.Connection, session: Session, at: int) -> tuple[str | None, ...]:
    """The sids that must live on for `session` to be allowed."""
    if session.parent_sid is None:
        return ()
    parent: tuple[str, str | None] | None = database.execute(
        PARENT, (session.parent_sid, at)
    ).fetchone()
    if parent is None:
        raise refusal("orphaned")
    return parent


def _make_room(
    database: sqlite3.Connection,
    session: Session,
    spared: tuple[str | None, ...],
    at: int,
    most: Most,
) -> None:
    counted = {
        "subject": session.subject,
        "audience": session.audience,
        "client_id": session.client_id,
        "at": at,
    }
    oldest_first = [sid for (sid,) in database.execute(OLDEST_FIRST, counted).fetchall()]
    live = set(oldest_first)
    if most.end_oldest:
        for sid in oldest_first:
            if len(live) < most.sessions:
                break
            if sid in live and sid not in spared:
                live.difference_update(change_one(database, sid, Decision(revoke=True), at))
    if len(live) >= most.sessions:
        raise refusal("full")
