"""How each kind of event is recorded: whether it is audited, at which level it is logged, what it
counts as, and what it is called."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ...errors import Reason
from ..refusals import Refusal


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind is recorded.  What is not audited is only logged and counted.

    `words` is what the history calls it; only a kind that is audited needs them.  `covers` are the
    kinds that the same act enters just before, of which the history then shows no row.  `endless`:
    strangers can cause it without end.  So that they cannot fill the disk, it is logged sparingly,
    and audited sparingly and only where it names somebody.
    """

    words: str = ""
    audited: bool = True
    endless: bool = False
    level: int = logging.INFO
    counts: Literal["login", "refusal"] | None = None
    covers: tuple[str, ...] = ()


_OTHER = Kind()

SHARED: dict[str, Kind] = {
    "address_verified": Kind("Address confirmed"),
    "factors_dropped": Kind("Second factors of whoever made the account deleted"),
    "adopted": Kind("Session came back from a restored database", level=logging.WARNING),
    "audit_pruned": Kind("Old history deleted"),
    "changed": Kind("Roles of sessions changed"),
    "client_added": Kind("Application registered"),
    "client_disabled": Kind("Application disabled"),
    "denied": Kind("Tried what is not allowed", endless=True, counts="refusal"),
    "elevated": Kind("Confirmed who they are"),
    "factor_asked": Kind("Asked for a second factor"),
    "key_rotated": Kind("Next signing key put into use"),
    "key_withdrawn": Kind("Signing key declared compromised", level=logging.WARNING),
    # by anybody, for any address: it names nobody
    "letter_asked": Kind(audited=False, endless=True),
    # the guesses before it are in the audit log already
    "limited": Kind(audited=False, endless=True, counts="refusal"),
    "link_refused": Kind("Link refused", endless=True, counts="refusal"),
    "login": Kind("Logged in", counts="login", covers=("factor_asked",)),
    "logout": Kind("Logged out"),
    "new_device": Kind("Login on a new device", covers=("login",)),
    "granted": Kind("Application allowed"),
    # all day, by every client
    "refreshed": Kind(audited=False, level=logging.DEBUG),
    "issued": Kind(audited=False, level=logging.DEBUG),
    "reissued": Kind(audited=False, level=logging.DEBUG),
    "refused": Kind("Credential refused", endless=True, counts="refusal"),
    # no credential came so far that it could name anybody
    "request_refused": Kind(audited=False, endless=True, counts="refusal"),
    "reused": Kind("Theft detected: session ended", level=logging.WARNING, counts="refusal"),
    "revoked": Kind("Sessions ended"),
    "scope_added": Kind("Scope added"),
    "signup": Kind("Account made"),
    # by anybody, in the name of any application
    "token_refused": Kind("Tokens refused to an application", endless=True, counts="refusal"),
    "totp_added": Kind("Authenticator app set up"),
    "unsteady": Kind(
        "Session lost its place too often: ended", level=logging.WARNING, counts="refusal"
    ),
    "users_imported": Kind("Accounts imported"),
    "verification_sent": Kind("Letter to confirm the address sent"),
    "wrong_code": Kind("Wrong code", counts="refusal"),
    "wrong_password": Kind("Wrong password", counts="refusal"),
}
"""The kinds of the library, and those that several journeys record.  A journey declares its own."""

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


class Kinds:
    """Every kind that one server knows."""

    def __init__(self, declared: Mapping[str, Kind] = SHARED) -> None:
        self.declared = declared

    def of(self, name: str) -> Kind:
        """How a kind is recorded; a kind that is not declared is audited."""
        return self.declared.get(name, _OTHER)

    def that_count_as(self, what: Literal["login", "refusal"]) -> tuple[str, ...]:
        """The names of the kinds that count as `what`."""
        return tuple(name for name, kind in self.declared.items() if kind.counts == what)

    def words(self) -> dict[str, str]:
        """What the history calls each kind that can be in it."""
        return {name: kind.words for name, kind in self.declared.items() if kind.audited}


def is_usual(outcome: str, *, named: bool) -> bool:
    """Whether a `refused` with this reason is of no interest to an operator.  An expired credential
    that names somebody is a refresh token whose session has ended."""
    return outcome in TOLD_APART or (outcome in OF_AGE and not named)
