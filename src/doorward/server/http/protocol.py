"""Limits the size and duration of what arrives outside a body: unfinished heads and trailers."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import NoReturn

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from ...web.transport import Header
from ..refusals import Refusal, Refused
from .connection import Connection
from .headers import complete
from .timeouts import LINGER

MAX_HEAD = 32 * 1024
"""Bytes of an unfinished head, or trailer, before it is refused."""

MAX_FIELDS = 200
"""Fields of a head and its trailer together."""

PIECE = 16 * 1024
"""Bytes that the parser gets at once."""

MAX_AHEAD = 8
"""Requests that a client may send before it has the answer to its first.  One more is not read, and
the connection ends with the answer to the last."""


class Protocol(Connection):
    """HTTP/1.1, with an end to what is read before a request begins and after its body."""

    _unfinished = 0
    _fields = 0
    _begun = False
    _in_head = True
    _progress = False
    _refused = False
    _last = False

    def data_received(self, data: bytes) -> None:
        """Bytes from the socket, read in pieces: a limit is looked at after each."""
        for start in range(0, len(data), PIECE):
            if self._refused or self._last:
                return
            self._read(data[start : start + PIECE])

    def _read(self, piece: bytes) -> None:
        self._progress = False
        super().data_received(piece)
        # if a body came or a request ended, most bytes belonged to it
        self._unfinished = 0 if self._progress else self._unfinished + len(piece)
        if self._unfinished > MAX_HEAD:
            self._refuse(Refused(Refusal.HEADERS_TOO_LARGE))
        elif self._in_head and (self._begun or self._unfinished):
            self._head_timer.start()

    def on_message_begin(self) -> None:
        """The parser found the first byte of a request."""
        super().on_message_begin()
        self._begun = True
        self._fields = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """The parser found a field, of a head or of a trailer."""
        self._fields += 1
        if self._fields > MAX_FIELDS:  # each costs thirty times its bytes in memory
            self._stop(Refused(Refusal.HEADERS_TOO_LARGE))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The parser found the end of the head."""
        if len(self._answering) > MAX_AHEAD:
            self._stop(Refused(Refusal.INVALID_REQUEST))
        self._in_head = self._begun = False
        self._progress = True
        self._head_timer.stop()
        super().on_headers_complete()
        if self.parser.should_upgrade():
            self._end_after_this()  # the parser takes what follows for another protocol

    def on_body(self, body: bytes) -> None:
        """The parser found a part of the body."""
        self._progress = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The parser found the end of the request."""
        super().on_message_complete()
        self._in_head = self._progress = True
        if not self.parser.should_keep_alive():
            self._end_after_this()  # the parser reads no further, also where a trailer said so

    def send_400_response(self, msg: str) -> None:
        """Refuse bytes that are not HTTP."""
        self._refuse(Refused(Refusal.INVALID_REQUEST))

    def _end_after_this(self) -> None:
        self._last = True
        self.cycle.keep_alive = False

    def _give_up(self) -> None:
        if self._begun or self._unfinished:
            self._refuse(Refused(Refusal.TOO_SLOW))
        else:
            super()._give_up()

    def _stop(self, refused: Refused) -> NoReturn:
        """Refuse within a callback of the parser, which reads no further."""
        self._refuse(refused)
        raise ValueError(refused.reason)

    def _refuse(self, refused: Refused) -> None:
        if self._refused or self.transport.is_closing():
            return
        self._refused = True
        self._head_timer.stop()
        self._shared.on_refused(refused, self.client[0] if self.client else "")
        whole = [each for each in self._answering if not each.more_body]
        if whole:
            whole[-1].keep_alive = False  # those are still answered, and nothing after them
        elif self._answering and self._answering[0].response_started:
            self.transport.close()  # a client would take our answer for a part of that one
        else:
            self._answer(refused)

    def _answer(self, refused: Refused) -> None:
        for cycle in self._answering:
            cycle.disconnected = True  # it began with a head that seemed good, and ends now
            cycle.message_event.set()
        self.transport.write(_answer(refused, self._shared.always))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._expect_reader()
        self.loop.call_later(LINGER, self.transport.close)


def _answer(refused: Refused, always: Sequence[Header]) -> bytes:
    body = refused.document
    own = [
        *refused.headers,
        (b"content-type", b"application/problem+json"),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
    ]
    lines = [name + b": " + value + b"\r\n" for name, value in complete(own, always)]
    return b"".join([STATUS_LINE[HTTPStatus(refused.status)], *lines, b"\r\n", body])
