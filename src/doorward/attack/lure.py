"""A page on loopback that only somebody asks for who believes a token."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


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
    with _Lure(content) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", server.asked
        finally:
            server.shutdown()
            thread.join()
