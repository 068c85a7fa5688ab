"""Why a login did not stay: the one thing about cookies that people must be told.

Our cookies are Secure.  Chromium and Firefox keep them from http://localhost, Safari does not, and
nobody keeps them from plain http elsewhere, such as a phone that opens a laptop's address.
"""

from urllib.parse import urlsplit

from fastapi import Request
from starlette.responses import Response

from ..origins import is_loopback
from ..web.asgi import current_visit
from ..web.transport import named

MARKER = "doorward-login-sent"
_SECONDS = 60


def mark(request: Request, response: Response) -> None:
    """After a login over plain http: leave a cookie that any browser keeps, and that proves
    nothing, to see whether the other one comes back."""
    if request.url.scheme == "http":
        response.set_cookie(_marker(), "1", max_age=_SECONDS, httponly=True, samesite="lax")


def unmark(request: Request, response: Response) -> None:
    """The marker has done its work: the cookie came back, or the person was told."""
    if _marker() in request.cookies:
        response.delete_cookie(_marker(), httponly=True, samesite="lax")


def hint(request: Request, public_origin: str) -> str:
    """One sentence for the login page, or empty when there is nothing to tell."""
    if request.url.scheme != "http":
        return ""
    if not is_loopback(urlsplit(str(request.base_url)).hostname or ""):
        return (
            "Over plain http a browser keeps a login only on the machine that runs this server:"
            f" open {public_origin} there, or let the operator add https."
        )
    if _marker() in request.cookies and not current_visit().held():
        return (
            "Your password was right, but this browser did not keep the login: Safari, among"
            " others, keeps it over https only. Use another browser here, or add https."
        )
    return ""


def _marker() -> str:
    return named(MARKER, current_visit().gate.cookie_suffix)
