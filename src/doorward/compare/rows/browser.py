"""What a browser must do."""

from ..contender import Contender
from ..row import Row


def _measure(contender: Contender) -> str:
    cookies = contender.log_in().answer.all("set-cookie")
    if not cookies:
        return "a script keeps the token where scripts can read it, and adds it to each request"
    hidden = all("httponly" in cookie.lower() for cookie in cookies)
    return "nothing: the browser keeps a cookie" + (", and no script can read it" * hidden)


ROW = Row(
    id="browser",
    topic="Platforms",
    unit="text",
    title="To be done by a browser",
    explained="A cookie is kept and sent by the browser itself, and HttpOnly keeps scripts from it."
    " A token in a script's hands can be stolen by any script on the page.",
    how="The Set-Cookie lines of a real login.",
    measure=_measure,
)
