"""The cookie in which a browser keeps the address that its person typed, so that the page after it
can say where a letter goes.

It comes from this browser and goes back to it alone: it tells nobody whether the address has an
account.  A parameter of the page's address would let a crafted link show any.  Only what is an
address is kept, since people type passwords into the wrong field.
"""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode

from fastapi import Request
from starlette.responses import Response

from ..settings import MINUTE
from .accounts.email import InvalidEmail, canonical
from .own_cookie import name_of, set_cookie

COOKIE = "__Host-typed"

_SECONDS = 10 * MINUTE


def keep_typed(response: Response, email: str) -> None:
    """Let the browser keep an address for a while.  Raises `InvalidEmail` for what is none."""
    value = urlsafe_b64encode(canonical(email).encode()).decode().rstrip("=")
    set_cookie(response, COOKIE, value, _SECONDS)


def typed(request: Request) -> str:
    """The address that this browser keeps; empty without one, and for what is none."""
    value = request.cookies.get(name_of(COOKIE), "")
    try:
        return canonical(urlsafe_b64decode(value + "=" * (-len(value) % 4)).decode())
    except (InvalidEmail, binascii.Error, ValueError):
        return ""
