"""Why an API refuses a request, and the answer (RFC 6750 section 3, RFC 9728 section 5.1)."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Literal, NamedTuple

from ..dpop import ALGORITHMS
from ..errors import DoorwardError

Code = Literal[
    "missing",
    "invalid_request",
    "invalid_token",
    "invalid_dpop_proof",
    "insufficient_scope",
    "unavailable",
]

STATUS: Mapping[Code, HTTPStatus] = {
    "missing": HTTPStatus.UNAUTHORIZED,
    "invalid_request": HTTPStatus.BAD_REQUEST,
    "invalid_token": HTTPStatus.UNAUTHORIZED,
    "invalid_dpop_proof": HTTPStatus.UNAUTHORIZED,
    "insufficient_scope": HTTPStatus.FORBIDDEN,
    "unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
}

SENTENCES: Mapping[Code, str] = {
    "missing": "This request carries no access token.",
    "invalid_request": "An access token comes once, in one Authorization header.",
    "invalid_token": "The access token is not valid here.",
    "invalid_dpop_proof": "The proof of the key is missing, malformed, too old, was used, or is of"
    " another request or token.",
    "insufficient_scope": "The access token does not have the scope that this needs.",
    "unavailable": "Whether the access token is valid cannot be told at this moment; try again.",
}

RETRY_AFTER = 1
"""Seconds."""


class Refused(DoorwardError):
    """A request is refused.  `code` and the text may be shown; `detail` is for logs, and holds no
    token.  `scope` is what the route needs, for an application that asks for more; `by_key` tells
    that the request came with a proof of a key."""

    def __init__(self, code: Code, detail: str = "", *, scope: str = "") -> None:
        super().__init__(SENTENCES[code])
        self.code = code
        self.detail = detail
        self.scope = scope
        self.by_key = False


class Answer(NamedTuple):
    """An HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes


def answer(refused: Refused, metadata_url: str) -> Answer:
    """What a client is told, and where it finds who gives tokens for this API."""
    status = STATUS[refused.code]
    problem: dict[str, Any] = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": str(refused),
        "reason": refused.code,
    }
    headers = {"content-type": "application/problem+json", "cache-control": "no-store"}
    if refused.code == "unavailable":
        headers["retry-after"] = str(RETRY_AFTER)
    else:
        headers["www-authenticate"] = challenge(refused, metadata_url)
    return Answer(status.value, headers, json.dumps(problem, separators=(",", ":")).encode())


def challenge(refused: Refused, metadata_url: str) -> str:
    """The value of `WWW-Authenticate`.  A request without a token gets no error code (RFC 6750
    section 3.1).  The names come from the API itself and are checked there."""
    parts = [f'resource_metadata="{metadata_url}"']
    if refused.code != "missing":
        parts.append(f'error="{refused.code}"')
    if refused.scope and refused.code != "invalid_request":
        parts.append(f'scope="{refused.scope}"')
    if refused.by_key:
        return f'DPoP algs="{" ".join(ALGORITHMS)}", ' + ", ".join(parts)
    return "Bearer " + ", ".join(parts)
