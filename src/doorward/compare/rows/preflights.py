"""Which requests trigger a CORS preflight."""

from ..applications.spec import TRUSTED
from ..client import Client
from ..contender import Contender
from ..row import Row

SIMPLE = frozenset({"accept", "accept-language", "content-language", "cookie", "content-type"})
"""Headers that need no preflight (Fetch section 2.2.2); the browser itself adds the cookie."""


def _measure(contender: Contender) -> str:
    if contender.kind == "plain_session":
        return "none for a GET by cookie"
    login = contender.log_in(transport="bearer")
    names = [name for name in login.headers() if name.lower() not in SIMPLE]
    status, seconds = _preflight(contender, names)
    kept = f", kept {int(seconds):,} s" if seconds else ""
    by_cookie = "; none for a GET by cookie" if contender.uses_cookies else ""
    return f"one for each URL, because of {', '.join(names)}; answered {status}{kept}{by_cookie}"


def _preflight(contender: Contender, names: list[str]) -> tuple[int, str]:
    """The status of the answer, and the seconds for which a browser may keep it."""
    headers = {
        "Origin": TRUSTED,
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": ",".join(names).lower(),
    }
    with Client(contender.cluster.ports[0]) as client:
        answer = client.send("OPTIONS", "/me", headers)
    return answer.status, next(iter(answer.all("access-control-max-age")), "")


ROW = Row(
    id="preflights",
    topic="Platforms",
    unit="text",
    title="Preflights from another domain",
    explained="Before a request with an Authorization header, a browser asks for permission, which"
    " costs a round trip. A GET by cookie needs none, but only pages of the same site can send it.",
    how="The headers of a real login against the list of the Fetch standard, and a real OPTIONS"
    " request: its status, and how long a browser may keep the answer.",
    measure=_measure,
)
