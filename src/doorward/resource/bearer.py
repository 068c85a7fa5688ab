"""The access token of a request (RFC 6750 section 2.1)."""

from collections.abc import Sequence

from .refusal import Refused


def token_of(authorization: Sequence[str], query: bytes) -> str:
    """The token in the one `Authorization` header.  Raises `Refused`: for two headers, of which a
    proxy in front may have believed the other one, and for a token in the address, where logs keep
    it.  A token in a form is not looked for."""
    if any(part.partition(b"=")[0] == b"access_token" for part in query.split(b"&")):
        raise Refused("invalid_request", "a token in the address")
    if len(authorization) > 1:
        raise Refused("invalid_request", "two Authorization headers")
    scheme, _, token = (authorization[0] if authorization else "").partition(" ")
    if scheme.lower() != "bearer":
        raise Refused("missing")
    return token.strip(" ")
