"""News that the page after a redirect tells, once.

A cookie carries a word and a number, never the sentence: each journey declares its sentences.  No
link can set the cookie, and `__Host-` keeps other sites of the same domain from it; the page that
tells the news deletes it.
"""

import re

from fastapi import Request
from starlette.responses import Response

from ...web.asgi import current_visit
from ...web.transport import named
from ..service import Service
from ..ui.notice import NO_NEWS, Notice

COOKIE = "__Host-notice"

SECONDS = 60
"""For how long there is something to tell."""

_SAID = re.compile(r"(?P<news>[a-z_]+)(\.(?P<sessions>[0-9]{1,9}))?", re.ASCII)

SHARED = {
    "was_ended": Notice("Your login here was ended. Log in to go on.", "news"),
    "expired": Notice("Your login here has expired. Log in to go on.", "news"),
}
"""News of a refusal, which any page can meet."""


def announce(response: Response, news: str, sessions: int | None = None) -> None:
    """Have the next page tell what `news` stands for; `sessions`, if it tells how many ended."""
    word = news if sessions is None else f"{news}.{sessions}"
    response.set_cookie(_cookie(), word, SECONDS, secure=True, httponly=True, samesite="lax")


def notice(request: Request) -> Notice:
    """What this page is to tell, if anything."""
    service: Service = request.app.state.service
    found = _SAID.fullmatch(request.cookies.get(_cookie(), ""))
    if found is None:
        return NO_NEWS
    return service.notices.get(found["news"], NO_NEWS).of(int(found["sessions"] or 0))


def told(request: Request, response: Response) -> Response:
    """The answer, which told it: a reload does not again."""
    if _cookie() in request.cookies:
        response.delete_cookie(_cookie(), secure=True, httponly=True, samesite="lax")
    return response


def _cookie() -> str:
    return named(COOKIE, current_visit().gate.cookie_suffix)
