"""What a page of another domain must do."""

from ..contender import Contender
from ..row import Row

TRUSTED = "https://app.example"
"""The origin that the application was told to trust, where it can be told."""


def _measure(contender: Contender) -> str:
    if contender.kind == "plain_session":
        return "not served: browsers keep the cookie to its own site"
    login = contender.log_in(transport="bearer")
    answer = contender.me({**login.headers(), "Origin": TRUSTED})
    allowed = answer.all("access-control-allow-origin")
    return f"served if listed: allows {allowed[0]}" if allowed else "not served until CORS is added"


ROW = Row(
    id="other-domain",
    topic="Platforms",
    unit="text",
    title="For a page of another domain",
    explained="A script of another domain may read an answer only if the server allows its origin."
    " No mode changes that: a token only spares the question which site a cookie belongs to.",
    how="A real request with an access token and the Origin of another domain that was listed as"
    " trusted where that can be done; whether the answer allows it.",
    measure=_measure,
)
