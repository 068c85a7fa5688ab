"""The work of a browser client."""

from ..contender import Contender
from ..row import Row


def _measure(contender: Contender) -> str:
    cookies = contender.log_in().answer.all("set-cookie")
    if not cookies:
        return "a script stores the token, readable for other scripts, and adds it to each request"
    hidden = all("httponly" in cookie.lower() for cookie in cookies)
    return "nothing: the browser keeps a cookie" + (" that no script can read" * hidden)


ROW = Row(
    id="browser",
    topic="Platforms",
    unit="text",
    title="Work for a browser client",
    explained="A browser keeps and sends a cookie by itself, and HttpOnly hides it from scripts."
    " If a script holds the token instead, any script on the page can steal it.",
    how="The Set-Cookie lines of a real login.",
    measure=_measure,
)
