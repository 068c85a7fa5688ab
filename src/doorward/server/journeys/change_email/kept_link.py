"""The cookie in which a browser keeps the secret of a link to a new address while its person logs
in.

The way to the login and back must not hold the secret: proxies log the address of the login page,
and a login that waits for its second factor keeps the way back in the database.  A GET may set the
cookie: it gives nothing to whoever cannot log in to the account that asked.
"""

from fastapi import Request
from starlette.responses import Response

from ....settings import MINUTE
from ...own_cookie import name_of, set_cookie

COOKIE = "__Host-link"

_SECONDS = 15 * MINUTE


def ticket_of(request: Request) -> str:
    """The secret in the address of this request; without one, what its browser keeps, or empty."""
    return request.query_params.get("ticket") or request.cookies.get(name_of(COOKIE), "")


def keep(response: Response, ticket: str) -> None:
    """Let the browser keep the secret of a link, whose form was checked, for a while."""
    set_cookie(response, COOKIE, ticket, _SECONDS)


def forget(request: Request, response: Response) -> None:
    """Have the browser forget what it keeps: the link was used."""
    if name_of(COOKIE) in request.cookies:
        set_cookie(response, COOKIE, "", 0)
