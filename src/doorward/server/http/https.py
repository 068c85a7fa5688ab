"""Whether a request may be answered over plain http."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.responses import Response

from ...origins import is_loopback
from ...web import client
from ...web.asgi import App, Message, Receive, Send
from ...web.transport import Header
from ..refusals import Refusal, Refused
from ..return_to import own_path
from .errors import answer, is_page
from .refusal_log import LogRefusal

_BESIDE = frozenset({"/healthz", "/metrics"})
"""Asked by machines beside this one, which speak no TLS."""

UNNAMED = "This server accepts https only, through a proxy that --trusted-proxies names."
"""No trusted proxy says that a request came over https.  The client may be a proxy that the options
do not name."""

UNCLEAR = (
    "This server accepts https only, and the proxy in front does not say how this request came: its"
    " X-Forwarded-Proto, or with --forwarded on the proto in its Forwarded, must be http or https."
)

UNTRUE = (
    "This server accepts https only. The client used https, but the proxy in front says http. A"
    " proxy behind another proxy must pass on the X-Forwarded-Proto of the other."
)


class HttpsOnly:
    """Where the public origin is https, nothing is served over plain http.  A page is redirected to
    https if a trusted proxy says that the browser used http.  Anything else is refused, because its
    credential has travelled in the clear (ASVS 4.1.2)."""

    def __init__(
        self, app: App, public_origin: str, trusted: client.Trusted, log: LogRefusal
    ) -> None:
        self._app = app
        self._log = log
        self._trusted = trusted
        self._origin = public_origin.encode()
        self._place = urlsplit(public_origin)
        self._secure = self._place.scheme == "https"

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        app = self._app
        if self._secure and scope["type"] == "http" and scope["scheme"] != "https":
            app = self._insecure(scope)
        await app(scope, receive, send)

    def _insecure(self, scope: Message) -> App:
        if own_path(scope) in _BESIDE:
            return self._app
        fault = self._fault(scope)
        if not fault and scope["method"] == "GET" and is_page(scope):
            return self._moved(scope)
        refused = Refused(Refusal.INSECURE, fault)
        self._log(refused, scope)
        return answer(scope, refused)

    def _fault(self, scope: Message) -> str:
        """Why it is not certain that the client used plain http; empty if it is.  A redirect would
        never end for a client that uses https already."""
        peer = client.peer_of(scope)
        if not client.is_ours(peer, self._trusted):
            return UNNAMED
        if not client.told_scheme(peer, scope["headers"], self._trusted):
            return UNCLEAR
        return UNTRUE if self._used_https(peer, scope["headers"]) else ""

    def _used_https(self, peer: str, headers: Sequence[Header]) -> bool:
        """Whether the request itself shows https, whatever a proxy says: a port speaks https or
        http, not both; and browsers send `Sec-Fetch-Mode` over https, or to their own machine."""
        if self._place.port and client.host(peer, headers, self._trusted) == self._place.netloc:
            return True
        shown = any(name == b"sec-fetch-mode" for name, _ in headers)
        return shown and not is_loopback(self._place.hostname or "")

    def _moved(self, scope: Message) -> App:
        # `RequestLimits` refuses a target that is not a path: `*@evil.example` would name a host
        query = b"?" + scope["query_string"] if scope["query_string"] else b""
        moved = Response(b"", 308)
        moved.raw_headers = [
            (b"location", self._origin + scope["raw_path"] + query),
            (b"content-length", b"0"),
        ]
        return moved
