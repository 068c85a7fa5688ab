"""Whether a request may be answered over plain http."""

from starlette.responses import Response

from ...web.asgi import App, Message, Receive, Send
from ..refusals import Refusal, Refused
from .answers import answer, is_page
from .refusal_log import LogRefusal

_BESIDE = frozenset({"/healthz", "/metrics"})
"""Asked by machines beside this one, which speak no TLS."""

UNNAMED = "This is reached over https only, as told by a proxy that --trusted-proxies names."
"""For whoever comes through a proxy that we were not told of, or that itself was asked by http."""


class HttpsOnly:
    """Where the public origin is https, nothing is served over plain http: a page is sent to https,
    anything else refused, for its credential has travelled in the clear (ASVS 4.1.2)."""

    def __init__(self, app: App, public_origin: str, log: LogRefusal) -> None:
        self._app = app
        self._log = log
        self._origin = public_origin.encode()
        self._secure = public_origin.startswith("https:")

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        app = self._app
        if self._secure and scope["type"] == "http" and scope["scheme"] == "http":
            app = self._insecure(scope)
        await app(scope, receive, send)

    def _insecure(self, scope: Message) -> App:
        if scope["path"] in _BESIDE:
            return self._app
        if scope["method"] == "GET" and is_page(scope["path"]):
            return self._moved(scope)
        told = any(name == b"x-forwarded-proto" for name, _ in scope["headers"])
        refused = Refused(Refusal.INSECURE, UNNAMED if told else "")
        self._log(refused, scope)
        return answer(scope["path"], refused)

    def _moved(self, scope: Message) -> App:
        # `Bounds` lets no target through that is no path: `*@evil.example` would name another host
        query = b"?" + scope["query_string"] if scope["query_string"] else b""
        moved = Response(b"", 308)
        moved.raw_headers = [
            (b"location", self._origin + scope["raw_path"] + query),
            (b"content-length", b"0"),
        ]
        return moved
