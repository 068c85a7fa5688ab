"""Bytes that are not yet a request: bounded in size and time, for the parser would wait and collect
for ever."""

from asyncio import BaseTransport, TimerHandle, Transport
from http import HTTPStatus
from typing import cast

from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from ..refusals import Refusal, Refused
from .headers import ALWAYS, complete

MOST_HEAD = 64 * 1024
"""Bytes of an unfinished head before it is refused."""

LINGER = 1
"""Seconds for which what a refused client still sends is read and thrown away: to close at once
would reset the connection, and the answer would be lost with it (RFC 9112 section 9.6)."""


class Protocol(HttpToolsProtocol):
    """Uvicorn's HTTP/1.1, with an end to what it reads before a request begins."""

    slowest_head: float = 10
    """Seconds from a connection to the end of its first head, and from the first byte of any other
    head to its end.  Between two requests uvicorn's keep-alive counts."""

    most_connections = 800
    """Open connections; one more is closed at once.  Below the 1024 files that a process may
    usually open, so that the database can always open its own."""

    _unfinished = 0
    _in_head = True
    _ended = False
    _refused = False
    _too_late: TimerHandle | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        """A client is there."""
        super().connection_made(cast(Transport, transport))
        if len(self.connections) > self.most_connections:
            self._refused = True
            self.transport.close()
            return
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes from the socket."""
        if self._refused:
            return
        self._ended = False
        super().data_received(data)
        # of a chunk in which a request ended, most was that request's
        self._unfinished = 0 if self._ended or not self._in_head else self._unfinished + len(data)
        if self._unfinished > MOST_HEAD:
            self._refuse(Refused(Refusal.HEADERS_TOO_LARGE))
        elif self._unfinished:
            self._expect_head()

    def on_headers_complete(self) -> None:
        """The parser found the end of the head."""
        self._in_head = False
        self._stop_waiting()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The parser found the end of the request."""
        super().on_message_complete()
        self._in_head = self._ended = True

    def send_400_response(self, msg: str) -> None:
        """What came is no HTTP."""
        self._refuse(Refused(Refusal.INVALID_REQUEST))

    def _expect_head(self) -> None:
        """Unless one is awaited already: whoever sends a byte now and then gains no time."""
        if self._too_late is None:
            self._too_late = self.loop.call_later(self.slowest_head, self._give_up)

    def _stop_waiting(self) -> None:
        if self._too_late is not None:
            self._too_late.cancel()
            self._too_late = None

    def _give_up(self) -> None:
        if self._unfinished:
            self._refuse(Refused(Refusal.TOO_SLOW))
        else:
            # browsers open connections in advance, and would show an answer to no request
            self.transport.close()

    def _refuse(self, refused: Refused) -> None:
        if self._refused or self.transport.is_closing():
            return
        self._refused = True
        self._stop_waiting()
        if self._is_answering():
            self.transport.close()  # a client would take our answer for a part of that one
            return
        if self.cycle is not None:
            self.cycle.disconnected = True  # it began with a head that seemed good, and ends now
            self.cycle.message_event.set()
        self.transport.write(_answer(refused))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(LINGER, self.transport.close)

    def _is_answering(self) -> bool:
        cycle = cast("RequestResponseCycle | None", self.cycle)
        begun = cycle is not None and cycle.response_started and not cycle.response_complete
        return begun or bool(self.pipeline)


def _answer(refused: Refused) -> bytes:
    body = refused.document
    own = [
        *refused.headers,
        (b"content-type", b"application/problem+json"),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
    ]
    lines = [name + b": " + value + b"\r\n" for name, value in complete(own, ALWAYS)]
    return b"".join([STATUS_LINE[HTTPStatus(refused.status)], *lines, b"\r\n", body])
