"""The messages between the server and a handler, once the gate knows the principal."""

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from functools import cache
from typing import Any

from . import caches, guesses
from .streams import Stream, Why
from .transport import Header
from .visit import Visit

log = logging.getLogger("doorward")

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

NOT_LOGGED_IN = 4401
"""Close code of a WebSocket whose principal is refused or no longer there (4000-4999: RFC 6455)."""

TRY_AGAIN = 1013
"""Close code of a WebSocket while the store does not answer (registered with IANA)."""

_DENIAL = "websocket.http.response"
"""The extension of ASGI by which the answer to a handshake may be another one than yes."""

_HEADS = frozenset({"websocket.accept", f"{_DENIAL}.start"})

CLOSE_CODES: dict[Why, int] = {"changed": NOT_LOGGED_IN, "unknown": TRY_AGAIN}


def _lost(cookie: Header, start: Message) -> bool:
    sent = {(name, value) for name, value in start.get("headers", ())}
    return start["status"] < 400 and cookie not in sent


@cache
def _warn_of_lost_login() -> None:
    log.warning(
        "A login or step-up was answered by another response than the one it was given, so its "
        "cookies are lost: give attempt.login(...) and auth.elevate(...) the response that you "
        "return."
    )


class StreamEnded(OSError):
    """Nobody reads what a handler sends any more, as if the client were gone (ASGI 2.4)."""


class Answer:
    """The answer to one HTTP request.  It becomes a stream with the first part of a body that has
    more to come.  `began` tells whether the status is sent."""

    __slots__ = ("_send", "began", "stream", "visit")

    def __init__(self, visit: Visit, send: Send) -> None:
        self.visit = visit
        self._send = send
        self.began = False
        self.stream: Stream | None = None

    @property
    def ended(self) -> bool:
        """Whether it was ended before the handler was done."""
        return self.stream is not None and self.stream.closing is not None

    def send(self, message: Message) -> Awaitable[None]:
        """For the handler.  Raises `StreamEnded`."""
        if "more_body" in message:
            self._go_on(message["more_body"])
        elif message["type"] == "http.response.start":
            self.began = self.visit.answered = True
            if self.visit.guesses and message["status"] < 500:  # a crash tells nothing of a guess
                guesses.answer(self.visit)
            if self.visit.asked:
                known = self.visit.known is not None
                message["headers"] = caches.personal(message.get("headers", ()), known=known)
            if self.visit.issued is not None or self.visit.renewing is not None:
                return _with_cookies(self.visit, message, self._send)
        return self._send(message)

    def expect(self, cookie: Header) -> None:
        """Warn, once in a process, if this answer is a success and lacks the cookie of a login."""
        send = self._send

        def checked(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start" and _lost(cookie, message):
                _warn_of_lost_login()
            return send(message)

        self._send = checked

    def _go_on(self, more: bool) -> None:
        if self.ended:
            raise StreamEnded
        self.visit.on_known = self._watch if more else None
        if more:
            self._watch()
        elif self.stream is not None:
            self.visit.streams.leave(self.stream)

    def _watch(self) -> None:
        if self.stream is None and self.visit.known is not None:
            self.stream = self.visit.streams.begin(self.visit.known, self._end)

    async def _end(self, why: Why) -> None:
        # a body of announced length cannot end here; the next part that is sent breaks it off
        await self._send({"type": "http.response.body", "body": b""})


class Socket:
    """One WebSocket.  `began` is for its like: a socket can be closed at any time."""

    __slots__ = ("_open", "_receive", "_send", "stream", "visit")

    began = False

    def __init__(self, visit: Visit, receive: Receive, send: Send) -> None:
        self.visit = visit
        self._receive = receive
        self._send = send
        self._open = False
        self.stream: Stream | None = None
        visit.on_known = self._watch  # at once: a handler may then be silent for hours

    @property
    def ended(self) -> bool:
        """Whether it was closed before the handler was done."""
        return self.stream is not None and self.stream.closing is not None

    def send(self, message: Message) -> Awaitable[None]:
        """For the handler.  Raises `StreamEnded`."""
        if self.ended:
            raise StreamEnded
        if self.visit.guesses:
            guesses.answer(self.visit)
        kind = message["type"]
        refreshed = not self.visit.answered and (self.visit.issued or self.visit.renewing)
        if kind in _HEADS:
            self.visit.answered = True
            self._open = kind == "websocket.accept"
        elif kind == "websocket.close":
            if refreshed and _DENIAL in (self.visit.scope.get("extensions") or ()):
                return self._deny()
            self._open = False
            if self.stream is not None:
                self.visit.streams.leave(self.stream)
        self._watch()
        if kind in _HEADS and refreshed:
            return _with_cookies(self.visit, message, self._send)
        return self._send(message)

    async def _deny(self) -> None:
        """Refuses the handshake by an answer, which carries the cookies of a refresh; a close has
        no headers, and they would be lost."""
        self.visit.answered = True
        headers = [(b"content-length", b"0")]
        start = {"type": f"{_DENIAL}.start", "status": 403, "headers": headers}
        await _with_cookies(self.visit, start, self._send)
        await self._send({"type": f"{_DENIAL}.body", "body": b""})

    async def receive(self) -> Message:
        """For the handler."""
        self._watch()
        message = await self._receive()
        # a client that does not answer the closing handshake could go on talking to the handler
        return {"type": "websocket.disconnect", "code": NOT_LOGGED_IN} if self.ended else message

    def _watch(self) -> None:
        if self._open and self.stream is None and self.visit.known is not None:
            self.stream = self.visit.streams.begin(self.visit.known, self._end)

    async def _end(self, why: Why) -> None:
        await self._send({"type": "websocket.close", "code": CLOSE_CODES[why]})


async def _with_cookies(visit: Visit, message: Message, send: Send) -> None:
    extra = await visit.cookies()
    if extra:
        message["headers"] = caches.merge(message.get("headers", ()), extra)
    await send(message)
