"""Sessions as rows of SQL, and back."""

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from ...types import Device, Roles, Session

SELECT = """
    SELECT sid, subject, mode, secret_hash, created_at, authenticated_at, seen_at, expires_at,
        ends_at, rotated_at, version, ver, previous_secret_hash, previous_until,
        previous_authenticated_at, generation, branch, parent_branch, revoked_at, client_id,
        parent_sid, roles, scopes, amr, previous_amr, address, user_agent, label,
        attributes
    FROM doorward_sessions
"""
DECODED = ("roles", "scopes", "amr", "previous_amr", "device", "attributes")
"""The fields that are not one column as it is; theirs come last in `SELECT`."""

_NEW = object.__new__
_AS_THEY_ARE = [
    getattr(Session, field).__set__ for field in Session.__slots__ if field not in DECODED
]
_ROLES, _SCOPES, _AMR, _PREVIOUS_AMR, _DEVICE, _ATTRIBUTES = [
    getattr(Session, field).__set__ for field in DECODED
]


def names(words: Iterable[str]) -> str:
    """Roles or factors as JSON text."""
    return json.dumps(sorted(words))


@lru_cache(maxsize=1024)
def name_set(text: str) -> Roles:
    """Roles back from JSON text.  Few different ones exist, and decoding would cost as much as the
    look-up."""
    return frozenset(json.loads(text))


@lru_cache(maxsize=1024)
def name_tuple(text: str) -> tuple[str, ...]:
    """Factors back from JSON text."""
    return tuple(json.loads(text))


def session(row: tuple[Any, ...]) -> Session:
    """A session from a row in the order of `SELECT`.

    Written into the slots, because the constructor of a frozen dataclass costs twice as much and
    this is half of every look-up.
    """
    roles, scopes, amr, previous_amr, *plain = row[len(_AS_THEY_ARE) :]
    address, user_agent, label, attributes = plain
    made = _NEW(Session)
    for write, value in zip(_AS_THEY_ARE, row, strict=False):
        write(made, value)
    _ROLES(made, name_set(roles))
    _SCOPES(made, name_set(scopes))
    _AMR(made, name_tuple(amr))
    _PREVIOUS_AMR(made, name_tuple(previous_amr))
    _DEVICE(made, Device(address, user_agent, label))
    _ATTRIBUTES(made, {} if attributes == "{}" else json.loads(attributes))
    return made


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
        "parent_sid": session.parent_sid,
        "address": session.device.address,
        "user_agent": session.device.user_agent,
        "label": session.device.label,
        "attributes": json.dumps(dict(session.attributes)),
    }
