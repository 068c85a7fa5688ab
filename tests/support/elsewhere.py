"""A web server of somebody else's pages, reached under any name of this machine."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from tests.support.outside import SERVER
from tests.support.until import PATIENCE

PAGE = b"<!doctype html><meta charset=utf-8><title>Elsewhere</title><h1>Elsewhere</h1>"


class _Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.send_header("content-length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@contextmanager
def pages_elsewhere() -> Iterator[int]:
    """The port of a server that answers every GET with one page; what a browser makes of it depends
    on the name it was asked by."""
    sys.audit(SERVER, "pages_elsewhere")
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Pages)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join(PATIENCE)
