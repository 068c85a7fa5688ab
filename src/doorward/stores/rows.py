"""Sessions as rows, and back: the same columns in every SQL store, the same fields in Redis."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import make_dataclass
from functools import lru_cache
from typing import Any, cast

from ..types import Device, Roles, Session

TEXTS = ("sid", "subject", "client_id", "parent_sid", "mode")
NUMBERS = (
    *("created_at", "version", "ver", "seen_at", "ends_at", "expires_at", "authenticated_at"),
    *("rotated_at", "previous_until", "previous_authenticated_at", "generation", "branch"),
    "parent_branch",
)
"""The first fields of a row, in the order that rows in Redis have kept since there are any; it is
also written in redis/lua/rows.lua."""

AS_THEY_ARE = (*TEXTS, *NUMBERS, "revoked_at", "secret_hash", "previous_secret_hash", "audience")
NAMES = ("roles", "scopes", "amr", "previous_amr")
COLUMNS = (*AS_THEY_ARE, *NAMES, "address", "user_agent", "label", "attributes")
SELECT = f"SELECT {', '.join(COLUMNS)} FROM doorward_sessions"  # noqa: S608 - the words above

Draft: Any = make_dataclass("Draft", [*AS_THEY_ARE, *NAMES, "device", "attributes"], slots=True)
"""A session that is not yet frozen, by position: a frozen dataclass takes its fields one call each,
which costs more than the rest of a look-up.  With `__class__ = Session` it is one."""


def names(words: Iterable[str]) -> str:
    """Roles or factors as JSON text."""
    return json.dumps(sorted(words))


def given_names(words: Iterable[str] | None) -> str | None:
    """As `names`; None when nothing was given, which leaves what is there."""
    return None if words is None else names(words)


@lru_cache(maxsize=1024)
def name_set(text: str) -> Roles:
    """Roles back from JSON text.  Few different ones exist, and decoding would cost as much as the
    look-up."""
    return frozenset(json.loads(text))


@lru_cache(maxsize=1024)
def name_tuple(text: str) -> tuple[str, ...]:
    """Factors back from JSON text."""
    return tuple(json.loads(text))


def session(row: Sequence[Any]) -> Session:
    """A session from a row in the order of `SELECT`."""
    roles, scopes, amr, previous_amr, *plain = row[len(AS_THEY_ARE) :]
    address, user_agent, label, attributes = plain
    made = Draft(
        *row[: len(AS_THEY_ARE)],
        name_set(roles),
        name_set(scopes),
        name_tuple(amr),
        name_tuple(previous_amr),
        Device(address, user_agent, label),
        {} if attributes == "{}" else json.loads(attributes),
    )
    made.__class__ = Session
    return cast(Session, made)


def died_at(session: Session) -> int:
    """When a session was revoked, or else when it has to end."""
    return session.ends_at if session.revoked_at is None else session.revoked_at


def is_counted(row: Session, new: Session) -> bool:
    """Whether `Most` counts a row of the same subject when `new` is inserted: a login counts
    logins, a grant the grants of its application."""
    if not new.audience:
        return not row.audience
    return bool(row.audience) and row.client_id == new.client_id


def values(session: Session) -> dict[str, str | bytes | int | None]:
    """What stands in a row, by column."""
    return {
        "sid": session.sid,
        "subject": session.subject,
        "mode": session.mode,
        "secret_hash": session.secret_hash,
        "created_at": session.created_at,
        "authenticated_at": session.authenticated_at,
        "seen_at": session.seen_at,
        "expires_at": session.expires_at,
        "ends_at": session.ends_at,
        "rotated_at": session.rotated_at,
        "version": session.version,
        "ver": session.ver,
        "previous_secret_hash": session.previous_secret_hash,
        "previous_until": session.previous_until,
        "previous_authenticated_at": session.previous_authenticated_at,
        "generation": session.generation,
        "branch": session.branch,
        "parent_branch": session.parent_branch,
        "revoked_at": session.revoked_at,
        "roles": names(session.roles),
        "scopes": names(session.scopes),
        "amr": json.dumps(session.amr),
        "previous_amr": json.dumps(session.previous_amr),
        "client_id": session.client_id,
        "audience": session.audience,
        "parent_sid": session.parent_sid,
        "address": session.device.address,
        "user_agent": session.device.user_agent,
        "label": session.device.label,
        "attributes": json.dumps(dict(session.attributes)),
    }
