"""Which requests trigger a CORS preflight."""

from ..caller import Caller
from ..contender import Contender
from ..row import Row
from .other_domain import TRUSTED

SIMPLE = frozenset({"accept", "accept-language", "content-language", "cookie", "content-type"})
"""Headers that need none (Fetch section 2.2.2); a cookie is the browser's own."""


def _measure(contender: Contender) -> str:
    if contender.kind == "plain_session":
        return "none for a GET by cookie"
    login = contender.log_in(transport="bearer")
    asked = [name for name in login.headers() if name.lower() not in SIMPLE]
    answer = _preflight(contender, asked)
    kept = next(iter(answer[1]), "")
    told = f"answered {answer[0]}" + (f", kept {int(kept):,} s" if kept else "")
    by_cookie = "; none for a GET by cookie" if contender.uses_cookies else ""
    return f"each URL for {', '.join(asked)}, {told}{by_cookie}"


def _preflight(contender: Contender, names: list[str]) -> tuple[int, list[str]]:
    headers = {
        "Origin": TRUSTED,
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": ",".join(names).lower(),
    }
    with Caller(contender.cluster.ports[0]) as caller:
        answer = caller.send("OPTIONS", "/me", headers)
    return answer.status, answer.all("access-control-max-age")


ROW = Row(
    id="preflights",
    topic="Platforms",
    unit="text",
    title="Preflights from another domain",
    explained="Before a request with an Authorization header a browser asks for permission, which"
    " is a round trip more. A GET by cookie needs none, but only pages of the same site send it.",
    how="The headers of a real login against the list of the Fetch standard, and a real OPTIONS"
    " request: its status, and how long its answer may be kept.",
    measure=_measure,
)
