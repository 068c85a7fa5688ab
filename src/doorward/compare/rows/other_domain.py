"""Whether pages of another domain are served."""

from ..applications.spec import TRUSTED
from ..contender import Contender
from ..row import Row


def _measure(contender: Contender) -> str:
    if contender.kind == "plain_session":
        return "not served: browsers send the cookie only to its own site"
    login = contender.log_in(transport="bearer")
    answer = contender.me({**login.headers(), "Origin": TRUSTED})
    allowed = answer.all("access-control-allow-origin")
    if not allowed:
        return "not served until CORS is added"
    return f"served if the origin is listed: allows {allowed[0]}"


ROW = Row(
    id="other-domain",
    topic="Platforms",
    unit="text",
    title="Requests from pages of another domain",
    explained="A script on another domain may read an answer only if the server allows its origin."
    " That holds in every mode; an access token merely does not depend on the rules for"
    " third-party cookies.",
    how="A real request with an access token and the Origin of another domain, which Doorward was"
    " told to trust; whether the answer allows that origin.",
    measure=_measure,
)
