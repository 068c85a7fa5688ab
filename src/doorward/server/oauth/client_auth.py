"""How a client says who it is at the endpoints that programs call (RFC 6749 section 2.3)."""

import binascii
from base64 import b64decode
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import unquote_plus

from .token_error import TokenError


class Presented(NamedTuple):
    """Who a client claims to be.  `secret` is None where it shows none."""

    client_id: str
    secret: str | None


def presented(authorization: Sequence[str], form: Mapping[str, str]) -> Presented:
    """What a request shows: `Authorization: Basic`, or `client_id` and `client_secret` in its form.
    Raises `TokenError` for both at once, which two readers could take for two clients."""
    if not authorization:
        if not form.get("client_id"):
            raise TokenError("invalid_client")
        return Presented(form["client_id"], form.get("client_secret"))
    if len(authorization) > 1 or "client_secret" in form:
        raise TokenError("invalid_request", "The client authenticates in two ways.")
    found = _basic(authorization[0])
    if form.get("client_id", found.client_id) != found.client_id:
        raise TokenError("invalid_request", "Two clients are named.")
    return found


def _basic(header: str) -> Presented:
    """Both parts are form-encoded before they are joined."""
    scheme, _, value = header.partition(" ")
    try:
        if scheme.lower() != "basic":
            raise ValueError
        text = b64decode(value.strip(), validate=True).decode("ascii")
        name, colon, secret = text.partition(":")
        if not colon:
            raise ValueError
        return Presented(unquote_plus(name, errors="strict"), unquote_plus(secret, errors="strict"))
    except (ValueError, binascii.Error):
        raise TokenError("invalid_client") from None
