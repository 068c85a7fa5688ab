"""Bytes that are not yet a request: bounded, for the parser would collect headers for ever."""

from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from .headers import ALWAYS, complete
from .refusals import Refusal, Refused

MOST_HEAD = 64 * 1024
"""Bytes of an unfinished head before it is refused."""

LINGER = 1
"""Seconds for which what a refused client still sends is read and thrown away: to close at once
would reset the connection, and the answer would be lost with it (RFC 9112 section 9.6)."""


class Protocol(HttpToolsProtocol):
    """Uvicorn's HTTP/1.1, with an end to what it reads before a request begins."""

    _unfinished = 0
    _in_head = True
    _ended = False
    _refused = False

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

    def on_headers_complete(self) -> None:
        """The parser found the end of the head."""
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The parser found the end of the request."""
        super().on_message_complete()
        self._in_head = self._ended = True

    def send_400_response(self, msg: str) -> None:
        """What came is no HTTP."""
        self._refuse(Refused(Refusal.INVALID_REQUEST))

    def _refuse(self, refused: Refused) -> None:
        if self._refused or self.transport.is_closing():
            return
        self._refused = True
        self.transport.write(_answer(refused))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(LINGER, self.transport.close)


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
