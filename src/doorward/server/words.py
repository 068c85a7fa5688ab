"""The history in words, for people."""

from collections.abc import Mapping

from ..web import client
from .console import HappenedRow
from .entry import DONE, OPERATOR, SYSTEM, Kept
from .users import User

WORDS = {
    "adopted": "Session came back from a restored database",
    "audit_pruned": "Old history deleted",
    "changed": "Roles of sessions changed",
    "denied": "Refused what is not theirs",
    "elevated": "Confirmed with the password",
    "first_admin": "Became the first administrator",
    "key_rotated": "Next signing key put into use",
    "key_withdrawn": "Signing key declared compromised",
    "locked": "Account locked",
    "login": "Logged in",
    "login_failed": "Login failed",
    "logout": "Logged out",
    "password_changed": "Password changed",
    "password_reset": "Password reset by a link",
    "refused": "Credential refused",
    "reset_link_made": "Reset link made",
    "reused": "Theft detected: session ended",
    "revoked": "Sessions ended",
    "roles_set": "Roles set",
    "signup": "Account made",
    "unlocked": "Account unlocked",
    "unsteady": "Session lost its place too often: ended",
    "wrong_password": "Wrong password",
}
"""Kinds of entries, as people call them; any other is called what it is."""

_OUTSIDE = {SYSTEM: "the server", OPERATOR: "the operator", "": ""}


def happened(kept: Kept, users: Mapping[str, User]) -> HappenedRow:
    """An entry as the console shows it; `users` are those who are in it, by subject."""
    one = kept.entry
    return HappenedRow(
        at=one.at,
        what=called(one.kind),
        actor=_name(one.actor, users),
        subject=_name(one.subject, users),
        person=one.subject or ("" if one.actor in _OUTSIDE else one.actor),
        address=one.address,
        label=label(one.user_agent),
        outcome="" if one.outcome == DONE else one.outcome,
        detail=_detail(one.detail),
        good=one.outcome == DONE,
    )


def own(kept: Kept, subject: str) -> HappenedRow:
    """An entry as the person it is about sees it.  Who else did it stays unnamed, and so does where
    they were."""
    one = kept.entry
    by = by_whom(one.actor, subject)
    hidden = by == "administrator"
    return HappenedRow(
        at=one.at,
        what=called(one.kind),
        actor={"you": "", "administrator": "an administrator"}.get(by, _OUTSIDE.get(by, "")),
        subject="",
        person="",
        address="" if hidden else one.address,
        label="" if hidden else label(one.user_agent),
        outcome="" if one.outcome == DONE else one.outcome,
        detail="",
        good=one.outcome == DONE,
    )


def by_whom(actor: str, subject: str) -> str:
    """Who acted, as `subject` may know: `you`, `administrator`, or `SYSTEM`, `OPERATOR`, empty."""
    if actor in _OUTSIDE:
        return actor
    return "you" if actor == subject else "administrator"


def called(kind: str) -> str:
    """What people call a kind."""
    return WORDS.get(kind, kind.replace("_", " "))


def label(agent: str) -> str:
    """The name for people of what sent this user agent."""
    return client.device([(b"user-agent", agent.encode("latin-1", "replace"))], "").label


def _name(subject: str, users: Mapping[str, User]) -> str:
    user = users.get(subject)
    return _OUTSIDE.get(subject, subject) if user is None else user.email


def _detail(detail: Mapping[str, object]) -> str:
    """The members worth a line; sids stand in the export."""
    return "; ".join(
        f"{name}: {_value(value)}" for name, value in detail.items() if name not in ("sids", "hash")
    )


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(str(each) for each in value.values())
    if isinstance(value, list):
        return ", ".join(str(each) for each in value) or "none"
    return str(value)
