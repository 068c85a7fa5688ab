"""The history in words, for people."""

from collections.abc import Mapping
from typing import NamedTuple

from ...errors import Reason
from ...web import client
from ..accounts.user import User
from ..audit.entry import DONE, OPERATOR, SYSTEM, Entry, Kept
from ..audit.kinds import Kinds
from ..plural import counted
from ..refusals import Refusal
from .rows import HappenedRow

OUTCOMES: dict[str, str] = {
    Refusal.INVALID_CREDENTIALS: "wrong address or password",
    Refusal.INVALID_LINK: "used, expired or out of date",
    Refusal.LOGIN_EXPIRED: "too late, or from another browser",
    Refusal.WRONG_CODE: "refused",
    Refusal.WRONG_PASSWORD: "refused",
    Reason.BAD_SIGNATURE: "signature does not verify",
    Reason.CROSS_ORIGIN: "sent from elsewhere",
    Reason.INSUFFICIENT_ROLE: "not allowed",
    Reason.MISSING: "not logged in",
    Reason.REUSED: "used again",
}
"""Why something was refused, in words for people, where the code itself is not clear."""

COUNTED = {
    "sessions": ("session", "sessions"),
    "people": ("person", "people"),
    "recovery_codes": ("recovery code made", "recovery codes made"),
    "left": ("recovery code left", "recovery codes left"),
    "entries": ("entry", "entries"),
    "imported": ("account imported", "accounts imported"),
    "skipped": ("account skipped", "accounts skipped"),
    "refused": ("row refused", "rows refused"),
    "admins": ("administrator", "administrators"),
}
"""Details that are numbers, with the words for one and for many."""

NAMED = {
    "key": "key {}",
    "other": "begun on {}",
    "passkey": "passkey {}",
    "reason": "{}",
    "request": "{}",
    "roles": "roles: {}",
    "source": "from {}",
    "through": "up to entry {}",
    "why": "{}",
}
"""Other details, with the words around their value."""

VALUES: dict[str, Mapping[object, str]] = {
    "link": {
        "reset": "link to a new password",
        "verify": "link that confirms an address",
        "invitation": "invitation",
        "change_email": "link to a new address",
        "undo_email": "link back to an old address",
        "login_link": "link that logs in",
        "first_admin": "link for the first administrator",
        "second_step": "second step of a login",
        "totp": "app that was being set up",
    },
    "verified": {True: "address confirmed first"},
}
"""Values of details that are codes, in words."""

_OUTSIDE = {SYSTEM: "the server", OPERATOR: "the operator", "": ""}


_BY = {"you": "", "administrator": "an administrator"}


class Seen(NamedTuple):
    """Who acted: `you`, `administrator`, or `SYSTEM`, `OPERATOR`, empty.  Of an administrator, the
    address and the device stay empty."""

    by: str
    address: str = ""
    device: str = ""


def happened(kept: Kept, users: Mapping[str, User], kinds: Kinds) -> HappenedRow:
    """An entry as the console shows it; `users` are those who are in it, by subject."""
    one = kept.entry
    return HappenedRow(
        at=one.at,
        what=called(one.kind, kinds),
        actor=_name(one.actor, users),
        subject=_name(one.subject, users),
        person=one.subject or ("" if one.actor in _OUTSIDE else one.actor),
        address=one.address,
        label=label(one.user_agent),
        outcome=failed(one.outcome),
        detail=_detail(one.detail),
        good=one.outcome == DONE,
    )


def own(kept: Kept, subject: str, kinds: Kinds) -> HappenedRow:
    """An entry as the person it is about sees it.  Who else did it stays unnamed, and so does where
    they were."""
    one, seen = kept.entry, seen_by(kept.entry, subject)
    return HappenedRow(
        at=one.at,
        what=called(one.kind, kinds),
        actor=_BY.get(seen.by, _OUTSIDE.get(seen.by, "")),
        subject="",
        person="",
        address=seen.address,
        label=seen.device,
        outcome=failed(one.outcome),
        detail="",
        good=one.outcome == DONE,
    )


def seen_by(entry: Entry, subject: str) -> Seen:
    """What `subject` may know of who acted in an entry about them, and from where."""
    if entry.actor not in _OUTSIDE and entry.actor != subject:
        return Seen("administrator")
    by = "you" if entry.actor == subject else entry.actor
    return Seen(by, entry.address, label(entry.user_agent))


def called(kind: str, kinds: Kinds) -> str:
    """The words for a kind; a kind of another version is shown as it is."""
    return kinds.of(kind).words or kind.replace("_", " ")


def failed(outcome: str) -> str:
    """Why it was refused, in words; empty for what was done."""
    if outcome == DONE:
        return ""
    return OUTCOMES.get(outcome, outcome.replace("_", " "))


def label(agent: str) -> str:
    """The name for people of what sent this user agent; empty where none was sent."""
    if not agent:
        return ""
    return client.device([(b"user-agent", agent.encode("latin-1", "replace"))], "").label


def _name(subject: str, users: Mapping[str, User]) -> str:
    user = users.get(subject)
    return _OUTSIDE.get(subject, subject) if user is None else user.email


def _detail(detail: Mapping[str, object]) -> str:
    """The members worth a line; sids stand in the export."""
    told = [(name, value) for name, value in detail.items() if name not in ("sids", "hash")]
    return "; ".join(_told(name, value) for name, value in told)


def _told(name: str, value: object) -> str:
    """One detail; one of another version is shown with its name."""
    if name in COUNTED:
        return counted(value, *COUNTED[name])
    words = _value(value)
    if name in VALUES and isinstance(value, str | bool):
        return VALUES[name].get(value, words)
    if name == "reason":
        words = failed(words)
    return NAMED.get(name, f"{name.replace('_', ' ')}: {{}}").replace("{}", words)


def _value(value: object) -> str:
    if isinstance(value, Mapping):  # another device
        agent, address = label(str(value.get("user_agent", ""))), str(value.get("address", ""))
        return ", ".join(each for each in (agent, address) if each)
    if isinstance(value, list):
        return ", ".join(str(each) for each in value) or "none"
    return str(value)
