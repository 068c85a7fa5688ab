"""Logs once that people open the pages at another address than the public origin."""

import logging
from urllib.parse import urlsplit

from ...web import client
from ...web.asgi import App, Message, Receive, Send

log = logging.getLogger("doorward")

_LONGEST = 100  # Characters of a host that a line shows: anybody can send any.


class OtherHost:
    """Logs the first page that a browser opens at another host than that of the public origin.
    Nothing is refused: a scanner sends any `Host`, and a proxy may send its own."""

    def __init__(self, app: App, public_origin: str, trusted: client.Trusted) -> None:
        self._app = app
        self._origin = public_origin
        self._host = urlsplit(public_origin).netloc
        self._trusted = trusted
        self._said = False

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._said:
            self._look(scope)
        await self._app(scope, receive, send)

    def _look(self, scope: Message) -> None:
        headers = scope["headers"]
        asked = client.host(client.peer_of(scope), headers, self._trusted)
        if asked.lower() in ("", self._host) or (b"sec-fetch-mode", b"navigate") not in headers:
            return
        self._said = True
        log.warning(
            "A browser opened this server at the host %s, but its public origin is %s: links in"
            " letters lead to the latter, and logins and passkeys may not work. Open the latter, or"
            " set --public-origin (public_origin in an application) to the address in use.",
            ascii(asked[:_LONGEST]),
            self._origin,
        )
