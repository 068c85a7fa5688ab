"""News that the page after a redirect tells, once.

A cookie carries a word, never the sentence: each journey declares the sentences of its words.  No
link can set the cookie, and `__Host-` keeps other sites of the same domain from it; the page that
tells the news deletes it.
"""

from fastapi import Request
from starlette.responses import Response

from ...web.asgi import current_visit
from ...web.transport import named
from ..service import Service
from ..ui.notice import Notice

COOKIE = "__Host-notice"

SECONDS = 60
"""For how long there is something to tell."""

SHARED = {
    "was_ended": Notice("Your login here was ended. Log in to go on.", "news"),
    "expired": Notice("Your login here has expired. Log in to go on.", "news"),
}
"""News of a refusal, which any page can meet."""


def announce(response: Response, news: str) -> None:
    """Have the next page tell what `news` stands for."""
    response.set_cookie(_cookie(), news, SECONDS, secure=True, httponly=True, samesite="lax")


def notice(request: Request) -> Notice:
    """What this page is to tell, if anything."""
    service: Service = request.app.state.service
    return service.notices.get(request.cookies.get(_cookie(), ""), Notice())


def told(request: Request, response: Response) -> None:
    """The page told it: a reload does not again."""
    if _cookie() in request.cookies:
        response.delete_cookie(_cookie(), secure=True, httponly=True, samesite="lax")


def _cookie() -> str:
    return named(COOKIE, current_visit().gate.cookie_suffix)
