"""A page on loopback that a server fetches only if it trusts the header of a token."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .threaded import in_thread


class _Lure(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, content: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Page)
        self.content = content
        self.asked: list[str] = []


class _Page(BaseHTTPRequestHandler):
    server: _Lure

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.server.content)

    do_HEAD = do_POST = do_GET  # noqa: N815 - the library's names


@contextmanager
def lure(content: bytes) -> Iterator[tuple[str, list[str]]]:
    """The origin at which every path holds `content`, and the paths that were asked for."""
    with _Lure(content) as server, in_thread(server) as port:
        yield f"http://127.0.0.1:{port}", server.asked
