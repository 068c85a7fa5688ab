"""The outermost layer: the headers of every answer."""

import logging
from collections.abc import Sequence
from urllib.parse import urlsplit

from ...origins import is_loopback
from ...web import client
from ...web.asgi import App, Message, Receive, Send
from ...web.transport import NO_STORE, Header
from ..refusals import Refusal, Refused
from .errors import answer

log = logging.getLogger("doorward")

PAGE_POLICY = (
    b"default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self';"
    b" form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""What a page may load and do: nothing from elsewhere, nothing inline, inside nobody's frame."""

DATA_POLICY = b"default-src 'none'; frame-ancestors 'none'; sandbox"
"""For what is no page: should a browser render it after all, it can do nothing."""

STRICT_TRANSPORT = b"strict-transport-security"
YEAR = b"max-age=31536000"

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


def always(public_origin: str, subdomains: bool = False) -> Sequence[Header]:
    """The headers of every answer, also of those that no application makes.

    Never HSTS for this machine: a browser would refuse plain http to everything else that runs
    there, on every port, for a year.  `subdomains` extends HSTS to the subdomains of the host.
    """
    parts = urlsplit(public_origin)
    if parts.scheme != "https" or is_loopback(parts.hostname or ""):
        return ALWAYS
    return (*ALWAYS, (STRICT_TRANSPORT, YEAR + b"; includeSubDomains" if subdomains else YEAR))


class Headers:
    """Adds the security headers to every answer, also to those of the layers below that fail, and
    tells these layers the scheme that the client speaks."""

    def __init__(
        self, app: App, public_origin: str, trusted: client.Trusted, subdomains: bool = False
    ) -> None:
        self._app = app
        self._always = always(public_origin, subdomains)
        self._trusted = trusted

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        scope = self._understood(scope)
        sender = _Sender(send, self._always)
        try:
            await self._app(scope, receive, sender.send)
        except Exception:
            # the last resort (ASVS 16.5.4): the log gets the trace, the client one plain sentence;
            # a route's failure has its answer from within the gate, with the cookies of a refresh
            log.exception("%s %s failed", scope["method"], ascii(scope["path"]))
            if not sender.began:
                broken = answer(scope, Refused(Refusal.INTERNAL))
                await broken(scope, receive, sender.send)

    def _understood(self, scope: Message) -> Message:
        """The scope with the scheme that the client speaks, and HEAD as the GET it stands for: the
        HTTP server leaves out the body."""
        peer = client.peer_of(scope)
        scheme = client.scheme(scope["scheme"], peer, scope["headers"], self._trusted)
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        return {**scope, "scheme": scheme, "method": method}


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
    """The headers of an answer, with the common ones that it does not set itself.

    Forbids storing unless the answer says otherwise, and always if it sets a cookie.
    """
    names = {name for name, _ in own}
    kind = next((value for name, value in own if name == b"content-type"), b"")
    policy = PAGE_POLICY if kind.startswith(b"text/html") else DATA_POLICY
    missing = (pair for pair in always if pair[0] not in names)
    result = [*own, *missing, (b"content-security-policy", policy)]
    if b"set-cookie" in names or b"cache-control" not in names:
        result = [pair for pair in result if pair[0] != b"cache-control"]
        result.append(NO_STORE)
    return result
