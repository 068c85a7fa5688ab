"""What a refusal looks like on the wire: problem details (RFC 9457) with a stable `reason`."""

import json
from http import HTTPStatus

from ..errors import EXPLANATIONS, Busy, Reason, Rejected, StoreUnavailable
from .transport import NO_STORE, Header

RETRY_SECONDS = {"store_unavailable": 1, "moved": 10}
"""When to ask again.  Where everything was moved away, somebody has to start it elsewhere first."""

STATUS: dict[Reason, HTTPStatus] = {
    Reason.MISSING: HTTPStatus.UNAUTHORIZED,
    Reason.MALFORMED: HTTPStatus.UNAUTHORIZED,
    Reason.UNKNOWN: HTTPStatus.UNAUTHORIZED,
    Reason.EXPIRED: HTTPStatus.UNAUTHORIZED,
    Reason.IDLE: HTTPStatus.UNAUTHORIZED,
    Reason.REVOKED: HTTPStatus.UNAUTHORIZED,
    Reason.SUPERSEDED: HTTPStatus.UNAUTHORIZED,
    Reason.BAD_SIGNATURE: HTTPStatus.UNAUTHORIZED,
    Reason.WITHDRAWN: HTTPStatus.UNAUTHORIZED,
    Reason.UNPROVEN_KEY: HTTPStatus.UNAUTHORIZED,
    Reason.REUSED: HTTPStatus.UNAUTHORIZED,
    Reason.UNSTEADY: HTTPStatus.UNAUTHORIZED,
    Reason.STEP_UP_REQUIRED: HTTPStatus.UNAUTHORIZED,
    Reason.CROSS_ORIGIN: HTTPStatus.FORBIDDEN,
    Reason.INSUFFICIENT_ROLE: HTTPStatus.FORBIDDEN,
    Reason.INSUFFICIENT_SCOPE: HTTPStatus.FORBIDDEN,
    Reason.UNVERIFIED: HTTPStatus.FORBIDDEN,
    Reason.TOO_MANY_SESSIONS: HTTPStatus.CONFLICT,
    Reason.TOO_MANY_ATTEMPTS: HTTPStatus.TOO_MANY_REQUESTS,
}
"""The status that answers each reason."""

_UNCHALLENGED = frozenset(
    {
        *(Reason.CROSS_ORIGIN, Reason.UNVERIFIED),
        *(Reason.TOO_MANY_SESSIONS, Reason.TOO_MANY_ATTEMPTS),
    }
)
"""Refusals that no other credential would turn into a yes."""


def document(status: HTTPStatus, reason: str, detail: str) -> bytes:
    """The body of a problem.  Its type is `about:blank`, so its title is the status's own phrase
    (RFC 9457 section 4.2.1); `reason` is the word for programs, `detail` the one for people.
    """
    members = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
        "reason": reason,
    }
    return json.dumps(members, separators=(",", ":")).encode()


MEDIA_TYPE = "application/problem+json"

SCHEMA = {
    "type": "object",
    "title": "Problem",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "reason": {"type": "string"},
    },
    "required": ["type", "title", "status", "detail", "reason"],
}
"""A document in the words of JSON Schema."""

_BODIES = {reason: document(STATUS[reason], reason, EXPLANATIONS[reason]) for reason in Reason}
_UNAVAILABLE = {
    reason: document(HTTPStatus.SERVICE_UNAVAILABLE, reason, detail)
    for reason, detail in {
        "store_unavailable": "The database does not answer; try again in a moment.",
        "busy": "Too many passwords are being checked at this moment; try again soon.",
        "moved": (
            "This service is moving to another place, and nothing can be changed here any more. If"
            " this goes on, ask its operator for the new address."
        ),
    }.items()
}


def problem(error: Rejected | StoreUnavailable | Busy) -> tuple[int, list[Header], bytes]:
    """Status, headers and body that answer `error`.  Of the error its reason, its sentence and its
    times are shown, never its detail; and no cookie is touched: only logging out does that.
    """
    if not isinstance(error, Rejected):
        body = _UNAVAILABLE[error.reason]
        headers = [*_headers(body), retry_after(error)]
        return HTTPStatus.SERVICE_UNAVAILABLE.value, headers, body
    body, sentence = _BODIES[error.reason], str(error)
    if sentence != EXPLANATIONS[error.reason]:
        body = document(STATUS[error.reason], error.reason, sentence)
    headers = _headers(body)
    if error.reason not in _UNCHALLENGED:
        headers.append((b"www-authenticate", challenge(error)))
    if error.retry_after is not None:
        headers.append((b"retry-after", b"%d" % error.retry_after))
    return STATUS[error.reason].value, headers, body


def challenge(rejected: Rejected) -> bytes:
    """The `WWW-Authenticate` value for a refusal (RFC 6750 section 3, RFC 9470 section 3)."""
    match rejected.reason:
        case Reason.MISSING:
            return b'Bearer realm="doorward"'
        case Reason.INSUFFICIENT_ROLE | Reason.INSUFFICIENT_SCOPE:
            return b'Bearer error="insufficient_scope"'
        case Reason.STEP_UP_REQUIRED:
            age = b"" if rejected.max_age is None else b", max_age=%d" % rejected.max_age
            return b'Bearer error="insufficient_user_authentication"' + age
        case _:
            return b'Bearer error="invalid_token"'


def retry_after(error: StoreUnavailable | Busy) -> Header:
    """When to ask again."""
    wait = error.retry_after if isinstance(error, Busy) else RETRY_SECONDS[error.reason]
    return b"retry-after", b"%d" % wait


def _headers(body: bytes) -> list[Header]:
    return [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", b"%d" % len(body)),
        NO_STORE,
    ]
