"""What is written about sessions: each statement is one transaction."""

import json

import asyncpg

from ...types import Session
from .. import Decision, Most, refusals
from ..asyncpg_driver import said
from ..rows import given_names
from .pool import Pool
from .snapshot import parts
from .text import escaped, plain, values

INSERT = "SELECT doorward_insert($1, $2, $3::text::pg_snapshot, $4, $5, $6)"

MOVING = (
    "mode",
    "secret_hash",
    "authenticated_at",
    "seen_at",
    "expires_at",
    "ends_at",
    "rotated_at",
    "previous_secret_hash",
    "previous_until",
    "previous_authenticated_at",
    "generation",
    "branch",
    "parent_branch",
    "amr",
    "previous_amr",
    "address",
    "user_agent",
    "label",
    "attributes",
)
"""The columns that `replace` writes as they are: from `$4` on in its statements."""

REPLACE = """
    UPDATE doorward_sessions
    SET mode = $4, secret_hash = $5, authenticated_at = $6, seen_at = $7, expires_at = $8,
        ends_at = $9, rotated_at = $10, previous_secret_hash = $11, previous_until = $12,
        previous_authenticated_at = $13, generation = $14, branch = $15, parent_branch = $16,
        amr = $17, previous_amr = $18, address = $19, user_agent = $20, label = $21,
        attributes = $22,
        ver = greatest(ver, $3), version = version + 1
    WHERE sid = $1 AND version = $2 AND revoked_at IS NULL
    RETURNING sid, ver
"""

TOLD = """
    WITH met AS ({replace}), told AS (
        INSERT INTO doorward_changes (kind, id, ver, revoked, at)
        SELECT 'session', sid, ver, false, $23 FROM met
    )
    SELECT sid FROM met
"""
STEP_UP = TOLD.format(replace=REPLACE)

CHANGE_ONE = "SELECT doorward_change_one($1, $2, $3, $4, $5)"
CHANGE_ALL = "SELECT doorward_change_all($1, $2, $3, $4, $5, $6)"


async def insert(pool: Pool, session: Session, mark: int, at: int, most: Most | None) -> None:
    place, snapshot = parts(mark)
    limit = (None, False) if most is None else (most.sessions, most.end_oldest)
    try:
        ((outcome,),) = await pool.fetch(INSERT, _document(session), place, snapshot, at, *limit)
    except asyncpg.IntegrityConstraintViolationError as error:
        raise ValueError(f"this session cannot be added: {said(error)}") from error
    refusals.check(outcome)


async def replace(pool: Pool, old: Session, new: Session) -> bool:
    row = values(new)
    moving = [row[name] for name in MOVING]
    told_at = [max(new.seen_at, new.authenticated_at)] if new.ver > old.ver else []
    statement = STEP_UP if told_at else REPLACE
    done = await pool.fetch(statement, escaped(old.sid), old.version, new.ver, *moving, *told_at)
    return bool(done)


async def change_one(pool: Pool, sid: str, decision: Decision, at: int) -> list[str]:
    met = await pool.fetch(CHANGE_ONE, escaped(sid), *_decided(decision), at)
    return [plain(name) for (name,) in met]


async def change_all(
    pool: Pool, subject: str, keep: str | None, decision: Decision, at: int
) -> list[str]:
    kept = None if keep is None else escaped(keep)
    met = await pool.fetch(CHANGE_ALL, escaped(subject), kept, *_decided(decision), at)
    return [plain(name) for (name,) in met]


def _decided(decision: Decision) -> tuple[bool, str | None, str | None]:
    return decision.revoke, given_names(decision.roles), given_names(decision.scopes)


def _document(session: Session) -> str:
    """The row as JSON, by column; bytes as PostgreSQL writes them."""
    return json.dumps(values(session), default=lambda secret: "\\x" + secret.hex())
