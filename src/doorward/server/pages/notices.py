"""News that the page after a redirect tells, once.

A cookie carries a word from the list below, never the sentence.  No link can set it, and `__Host-`
keeps other sites of the same domain from it; the page that tells the news deletes it.
"""

from typing import Literal, NamedTuple

from fastapi import Request
from starlette.responses import Response

from ...web.asgi import current_visit
from ...web.transport import named

Tone = Literal["news", "done"]

COOKIE = "__Host-notice"

SECONDS = 60
"""For how long there is something to tell."""


class Notice(NamedTuple):
    """A sentence, and whether it tells of something the person just `done`."""

    sentence: str = ""
    tone: Tone = "done"


_NOTICES = {
    "logout": Notice("You are logged out."),
    "password": Notice("Your password was changed, and every other place was logged out."),
    "ended": Notice("That place is logged out."),
    "others": Notice("Every other place is logged out."),
    "reset": Notice("Your new password is set. Log in with it."),
    "confirmed": Notice("Thank you; it is you."),
    "was_ended": Notice("Your login here was ended. Log in to go on.", "news"),
    "expired": Notice("Your login here has expired. Log in to go on.", "news"),
}


def announce(response: Response, news: str) -> None:
    """Have the next page tell what `news` stands for."""
    response.set_cookie(_cookie(), news, SECONDS, secure=True, httponly=True, samesite="lax")


def notice(request: Request) -> Notice:
    """What this page is to tell, if anything."""
    return _NOTICES.get(request.cookies.get(_cookie(), ""), Notice())


def told(request: Request, response: Response) -> None:
    """The page told it: a reload does not again."""
    if _cookie() in request.cookies:
        response.delete_cookie(_cookie(), secure=True, httponly=True, samesite="lax")


def _cookie() -> str:
    return named(COOKIE, current_visit().gate.cookie_suffix)
