"""Bounds on bytes that are not yet a request: the parser itself would collect headers for ever."""

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

MOST_HEAD = 64 * 1024
"""Bytes of an unfinished head before the connection is refused."""


class Protocol(HttpToolsProtocol):
    """Uvicorn's HTTP/1.1, with an end to what it reads before a request begins."""

    _unfinished = 0
    _in_head = True

    def data_received(self, data: bytes) -> None:
        """Bytes from the socket."""
        super().data_received(data)
        self._unfinished = self._unfinished + len(data) if self._in_head else 0
        if self._unfinished > MOST_HEAD and not self.transport.is_closing():
            self._refuse()

    def on_headers_complete(self) -> None:
        """The parser found the end of the head."""
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The parser found the end of the request."""
        super().on_message_complete()
        self._in_head = True

    def _refuse(self) -> None:
        self.transport.write(STATUS_LINE[431] + b"content-length: 0\r\nconnection: close\r\n\r\n")
        self.transport.close()
