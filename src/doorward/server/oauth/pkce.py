"""Proof Key for Code Exchange (RFC 7636), with S256 alone: `plain` proves nothing to whoever read
the request."""

import re
from hashlib import sha256

from ...keys import base64url

METHOD = "S256"

_CHALLENGE = re.compile(r"[\w-]{43}", re.ASCII)
_VERIFIER = re.compile(r"[\w.~-]{43,128}", re.ASCII)


def is_challenge(text: str) -> bool:
    """Whether this has the form of a challenge: SHA-256 in base64url."""
    return _CHALLENGE.fullmatch(text) is not None


def challenge_of(verifier: str) -> str | None:
    """The challenge that a verifier answers; None for what is no verifier (section 4.1)."""
    if not _VERIFIER.fullmatch(verifier):
        return None
    return base64url.encode(sha256(verifier.encode()).digest()).decode()
