"""What a mobile client must do."""

from ..caller import Unusable
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
    title="To be done by a mobile client",
    explained="An app has no cookie jar by nature and sends a header."
    " What it has to do beyond that depends on how long the credential lives.",
    how="A real login by an API client, and what it is told about its token.",
    measure=_measure,
)
