"""The access token of a request, and how it is shown (RFC 6750 section 2.1, RFC 9449 section 7)."""

from collections.abc import Sequence
from typing import NamedTuple

from .refusal import Refused


class Presented(NamedTuple):
    """A token, and the one proof of a key beside it; None where it is shown as a bearer token."""

    token: str
    proof: str | None


def presented(authorization: Sequence[str], proofs: Sequence[str], query: bytes) -> Presented:
    """The token in the one `Authorization` header.  Raises `Refused`: for two headers, of which a
    proxy in front may have believed the other one, and for a token in the address, where logs keep
    it.  A token in a form is not looked for."""
    if any(part.partition(b"=")[0] == b"access_token" for part in query.split(b"&")):
        raise Refused("invalid_request", "a token in the address")
    if len(authorization) > 1:
        raise Refused("invalid_request", "two Authorization headers")
    scheme, _, token = (authorization[0] if authorization else "").partition(" ")
    if scheme.lower() == "bearer":
        return Presented(token.strip(" "), None)
    if scheme.lower() != "dpop":
        raise Refused("missing")
    if len(proofs) != 1:
        raise Refused("invalid_dpop_proof", "none, or two")
    return Presented(token.strip(" "), proofs[0])
