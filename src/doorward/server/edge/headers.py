"""The outermost layer: what stands on every answer, and whether it may be given over plain http."""

import logging
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.responses import Response

from ...settings import is_loopback
from ...web import client
from ...web.asgi import App, Message, Receive, Send
from ...web.connection import StreamEnded
from ...web.transport import NO_STORE, Header
from ..refusals import Refusal, Refused
from .answers import answer, is_page
from .noted import Note

log = logging.getLogger("doorward")

PAGE_POLICY = (
    b"default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self';"
    b" form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""What a page may load and do: nothing from elsewhere, nothing inline, inside nobody's frame."""

DATA_POLICY = b"default-src 'none'; frame-ancestors 'none'; sandbox"
"""For what is no page: should a browser render it after all, it can do nothing."""

STRICT_TRANSPORT: Header = (
    b"strict-transport-security",
    b"max-age=31536000; includeSubDomains",
)

ALWAYS: tuple[Header, ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (
        b"permissions-policy",
        b"camera=(), display-capture=(), geolocation=(), microphone=(), midi=(), payment=()",
    ),
)


def always(public_origin: str) -> Sequence[Header]:
    """The headers of every answer, also of those that no application makes."""
    return (*ALWAYS, STRICT_TRANSPORT) if public_origin.startswith("https:") else ALWAYS


_BESIDE = frozenset({"/healthz", "/metrics"})
"""Asked by machines beside this one, which speak no TLS."""


UNNAMED = "This is reached over https only, through a proxy that --trusted-proxies names."
"""Nobody whom we believe says that a request came over https: not the client, which may be a proxy
that we were not told of."""

UNCLEAR = (
    "This is reached over https only, and the proxy in front does not say whether this request was:"
    " its X-Forwarded-Proto, or the proto in its Forwarded, must be http or https."
)

UNTRUE = (
    "This is reached over https only. The client used https, but the proxy in front says http:"
    " behind another proxy, it must pass on that one's X-Forwarded-Proto."
)


class Headers:
    """Adds the security headers to every answer, also to those of the layers below that fail.

    Where the public origin is https, nothing is served over plain http: a page is sent to https if
    a proxy of ours says that it was asked for over http, and anything else refused, for its
    credential has travelled in the clear (ASVS 4.1.2).
    """

    def __init__(self, app: App, public_origin: str, trusted: client.Trusted, note: Note) -> None:
        self._app = app
        self._note = note
        self._origin = public_origin.encode()
        self._secure = public_origin.startswith("https:")
        self._place = urlsplit(public_origin)
        self._always = always(public_origin)
        self._trusted = trusted

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        scope = self._understood(scope)
        sender = _Sender(send, self._always)
        early = self._insecure(scope)
        try:
            await (early or self._app)(scope, receive, sender.send)
        except StreamEnded:
            raise  # nothing failed: the session of a stream ended, and the gate that said so waits
        except Exception:
            # the last resort (ASVS 16.5.4): the log gets the trace, the client one plain sentence
            log.exception("%s %s failed", scope["method"], ascii(scope["path"]))
            if not sender.began:
                broken = answer(scope["path"], Refused(Refusal.INTERNAL))
                await broken(scope, receive, sender.send)

    def _understood(self, scope: Message) -> Message:
        """The scope with the scheme that the client speaks, and HEAD as the GET it stands for: the
        HTTP server leaves out the body."""
        peer = (scope.get("client") or ("",))[0]
        scheme = client.scheme(scope["scheme"], peer, scope["headers"], self._trusted)
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        return {**scope, "scheme": scheme, "method": method}

    def _insecure(self, scope: Message) -> App | None:
        if not self._secure or scope["scheme"] == "https" or scope["path"] in _BESIDE:
            return None
        if not scope["raw_path"].startswith(b"/"):  # `*@evil.example` would name another host
            return self._refused(Refused(Refusal.INVALID_REQUEST), scope)
        fault = self._fault(scope)
        if fault or scope["method"] != "GET" or not is_page(scope["path"]):
            return self._refused(Refused(Refusal.INSECURE, fault), scope)
        query = b"?" + scope["query_string"] if scope["query_string"] else b""
        moved = Response(b"", 308)
        moved.raw_headers = [
            (b"location", self._origin + scope["raw_path"] + query),
            (b"content-length", b"0"),
        ]
        return moved

    def _fault(self, scope: Message) -> str:
        """Why it is not certain that the client spoke plain http; empty if it is.  Sent to https
        all the same, a client that is there already would come back for ever."""
        peer = (scope.get("client") or ("",))[0]
        if not client.is_ours(peer, self._trusted):
            return UNNAMED
        if not client.told_scheme(peer, scope["headers"], self._trusted):
            return UNCLEAR
        return UNTRUE if self._used_https(peer, scope["headers"]) else ""

    def _used_https(self, peer: str, headers: Sequence[Header]) -> bool:
        """Whether the request shows it, whatever a proxy says: a port speaks https or http, not
        both; and browsers send `Sec-Fetch-Mode` over https, or to their own machine."""
        if self._place.port and client.host(peer, headers, self._trusted) == self._place.netloc:
            return True
        shown = any(name == b"sec-fetch-mode" for name, _ in headers)
        return shown and not is_loopback(self._place.hostname or "")

    def _refused(self, refused: Refused, scope: Message) -> App:
        self._note(refused, scope)
        return answer(scope["path"], refused)


class _Sender:
    __slots__ = ("_always", "_send", "began")

    def __init__(self, send: Send, always: Sequence[Header]) -> None:
        self._send = send
        self._always = always
        self.began = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.began = True
            message["headers"] = complete(message.get("headers", ()), self._always)
        await self._send(message)


def complete(own: Sequence[Header], always: Sequence[Header]) -> list[Header]:
    """The headers of an answer with those that all have.

    Nothing is stored unless the answer said otherwise, and no answer that sets a cookie may.
    """
    names = {name for name, _ in own}
    kind = next((value for name, value in own if name == b"content-type"), b"")
    policy = PAGE_POLICY if kind.startswith(b"text/html") else DATA_POLICY
    result = [*own, *always, (b"content-security-policy", policy)]
    if b"set-cookie" in names or b"cache-control" not in names:
        result = [pair for pair in result if pair[0] != b"cache-control"]
        result.append(NO_STORE)
    return result
