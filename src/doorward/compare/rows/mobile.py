"""The work of a mobile client."""

from ..client import Unusable
from ..contender import Contender
from ..row import Row


def _measure(contender: Contender) -> str:
    try:
        login = contender.log_in(transport="bearer")
    except Unusable:
        return "keep a cookie jar"
    seconds = int(login.answer.json()["expires_in"])
    if login.refresh:
        return f"keep two tokens, refresh every {seconds:,} s"
    return f"keep one token, log in again after {seconds:,} s"


ROW = Row(
    id="mobile",
    topic="Platforms",
    unit="text",
    title="Work for a mobile client",
    explained="A mobile app usually sends a header and keeps no cookies."
    " How often it must refresh or log in depends on how long its credential lives.",
    how="A real login by an API client: its tokens, and the lifetime that the answer names.",
    measure=_measure,
)
