"""The cookies of the pages, beside those of a login: for this host alone (`__Host-`), out of the
reach of scripts, and not sent with what other sites post."""

from starlette.responses import Response

from ..web.asgi import current_visit
from ..web.transport import named

_ATTRIBUTES = "; Path=/; Secure; HttpOnly; SameSite=Lax"


def name_of(cookie: str) -> str:
    """The name under which a browser of this instance sends `cookie`: instances may share a
    host."""
    return named(cookie, current_visit().gate.cookie_suffix)


def set_cookie(response: Response, cookie: str, value: str, seconds: int | None = None) -> None:
    """Have the browser keep a value for so many seconds, or until it is closed; with 0, forget
    it."""
    lasts = "" if seconds is None else f"; Max-Age={seconds}"
    response.headers.append("set-cookie", f"{name_of(cookie)}={value}{lasts}{_ATTRIBUTES}")
