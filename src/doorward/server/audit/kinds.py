"""How each kind of event is recorded: whether it is audited, at which level it is logged, and what
it counts as."""

import logging
from dataclasses import dataclass
from typing import Literal

from ...errors import Reason
from ..refusals import Refusal


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind is recorded.  What is not audited is only logged and counted.

    `endless`: strangers can cause it without end.  So that they cannot fill the disk, it is logged
    sparingly, and audited sparingly and only where it names somebody.
    """

    audited: bool = True
    endless: bool = False
    level: int = logging.INFO
    counts: Literal["login", "refusal"] | None = None


_OTHER = Kind()

KINDS: dict[str, Kind] = {
    "login": Kind(counts="login"),
    # all day, by every client
    "refreshed": Kind(audited=False, level=logging.DEBUG),
    "reissued": Kind(audited=False, level=logging.DEBUG),
    "refused": Kind(endless=True, counts="refusal"),
    # the guesses before it are in the audit log already
    "limited": Kind(audited=False, endless=True, counts="refusal"),
    # no credential came so far that it could name anybody
    "request_refused": Kind(audited=False, endless=True, counts="refusal"),
    "signup_refused": Kind(audited=False, endless=True, counts="refusal"),
    "login_failed": Kind(counts="refusal"),
    "wrong_password": Kind(counts="refusal"),
    "denied": Kind(endless=True, counts="refusal"),
    "link_refused": Kind(endless=True, counts="refusal"),
    "reused": Kind(level=logging.WARNING, counts="refusal"),
    "unsteady": Kind(level=logging.WARNING, counts="refusal"),
    "adopted": Kind(level=logging.WARNING),
    "key_withdrawn": Kind(level=logging.WARNING),
}
"""Those that are not simply audited and logged, which is what every other kind is."""

OF_AGE = frozenset({Reason.EXPIRED, Reason.IDLE, Reason.SUPERSEDED})
"""Reasons for which honest clients are `refused` every day, before the client refreshes or the
person logs in again."""

TOLD_APART = frozenset({Reason.REUSED, Reason.UNSTEADY})
"""Reasons of a `refused` that another event reports as well, at a higher level."""

UNFIT = frozenset(
    {
        Refusal.BUSY,
        Refusal.HEADERS_TOO_LARGE,
        Refusal.INSECURE,
        Refusal.INVALID_REQUEST,
        Refusal.METHOD_NOT_ALLOWED,
        Refusal.TOO_LARGE,
        Refusal.TOO_SLOW,
        Refusal.UNSUPPORTED_MEDIA_TYPE,
    }
)
"""Why a request is refused by its form or size, whoever makes it, with `request_refused`.
`not_found` is not among them: browsers, scanners and mistyped addresses ask for what is not here
all day."""

LOGINS = tuple(name for name, kind in KINDS.items() if kind.counts == "login")
REFUSALS = tuple(name for name, kind in KINDS.items() if kind.counts == "refusal")


def kind_of(name: str) -> Kind:
    """How a kind is recorded; one that nobody thought of is audited."""
    return KINDS.get(name, _OTHER)


def is_usual(outcome: str, *, named: bool) -> bool:
    """Whether a `refused` with this reason is of no interest to an operator.  An expired credential
    that names somebody is a refresh token whose session has ended."""
    return outcome in TOLD_APART or (outcome in OF_AGE and not named)
