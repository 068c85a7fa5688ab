"""What can go wrong, as a closed set: rejected, unavailable, or misconfigured."""

from enum import StrEnum
from typing import ClassVar


class Reason(StrEnum):
    """Why a credential or a request was refused: stable, machine-readable, safe to show."""

    MISSING = "missing"
    MALFORMED = "malformed"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    IDLE = "idle"
    REVOKED = "revoked"
    SUPERSEDED = "superseded"
    BAD_SIGNATURE = "bad_signature"
    WITHDRAWN = "withdrawn"
    UNPROVEN_KEY = "unproven_key"
    REUSED = "reused"
    UNSTEADY = "unsteady"
    CROSS_ORIGIN = "cross_origin"
    STEP_UP_REQUIRED = "step_up_required"
    INSUFFICIENT_ROLE = "insufficient_role"
    INSUFFICIENT_SCOPE = "insufficient_scope"
    UNVERIFIED = "unverified"
    TOO_MANY_SESSIONS = "too_many_sessions"
    TOO_MANY_ATTEMPTS = "too_many_attempts"


EXPLANATIONS: dict[Reason, str] = {
    Reason.MISSING: "This request carries no credential.",
    Reason.MALFORMED: "The credential is in no format that this service issues.",
    Reason.UNKNOWN: "The credential is not known here.",
    Reason.EXPIRED: "The credential has expired.",
    Reason.IDLE: "The session ended because it was not used.",
    Reason.REVOKED: "The session was ended.",
    Reason.SUPERSEDED: "A newer decision replaced this login or credential.",
    Reason.BAD_SIGNATURE: "The signature does not verify.",
    Reason.WITHDRAWN: "The key that signed this token was withdrawn.",
    Reason.UNPROVEN_KEY: "The key that the token is bound to was not proved.",
    Reason.REUSED: "A refresh token was used again, so the session was ended.",
    Reason.UNSTEADY: "Refresh tokens were used out of order too often, so the session was ended.",
    Reason.CROSS_ORIGIN: (
        "A cookie alone does not show which page sent this request. Send the application's Origin,"
        " or the session's CSRF token as X-CSRF-Token."
    ),
    Reason.STEP_UP_REQUIRED: "A more recent authentication is needed.",
    Reason.INSUFFICIENT_ROLE: "This needs a role that the account does not have.",
    Reason.INSUFFICIENT_SCOPE: "This needs a scope that the credential does not have.",
    Reason.UNVERIFIED: "This needs an account whose e-mail address is verified.",
    Reason.TOO_MANY_SESSIONS: "The subject has as many sessions as are allowed.",
    Reason.TOO_MANY_ATTEMPTS: "Too many attempts. Wait before you try again.",
}


class DoorwardError(Exception):
    """The root of every error Doorward raises."""


class Rejected(DoorwardError):
    """A credential or request is refused: the one error a caller must handle.

    `reason` and the text of `str(error)` may be shown to a client: the fixed text of the reason, or
    `sentence` where more can be said.  `detail` is for logs only.  None of them holds a credential.
    `max_age` is set, in seconds, when a fresher authentication would help (RFC 9470 section 3),
    `factor`, a name of `doorward.factors`, when that one would, `retry_after` when waiting does.
    """

    def __init__(
        self,
        reason: Reason,
        detail: str = "",
        *,
        max_age: int | None = None,
        retry_after: int | None = None,
        factor: str = "",
        sentence: str = "",
    ) -> None:
        super().__init__(sentence or EXPLANATIONS[reason])
        self.reason = reason
        self.detail = detail
        self.max_age = max_age
        self.factor = factor
        self.retry_after = retry_after


class Busy(DoorwardError):
    """Too many passwords wait to be hashed, so this one was turned away and nothing was done.  Try
    again after `retry_after` seconds (503 with `Retry-After`)."""

    reason: ClassVar[str] = "busy"

    def __init__(self, retry_after: int) -> None:
        super().__init__("Too many passwords are being checked at this moment; try again soon.")
        self.retry_after = retry_after


class StoreUnavailable(DoorwardError):
    """The store did not answer: 503, never 401, and nobody's cookies are touched."""

    reason: ClassVar[str] = "store_unavailable"
    """The stable word for programs, as `Rejected.reason` is for refusals."""


class StoreMoved(StoreUnavailable):
    """The store refuses every write since its content is being moved elsewhere, or was.  The text
    says where to, in the words of a command; it is for operators and logs only."""

    reason: ClassVar[str] = "moved"


class ConfigurationError(DoorwardError):
    """A setting, key or file is unsafe or unusable: raised at start, with one clear sentence."""
