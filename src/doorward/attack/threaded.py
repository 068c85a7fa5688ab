"""Servers of the standard library in a thread of this process."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from threading import Thread

POLL = 0.02
"""Seconds after which the server notices that it should end."""


@contextmanager
def in_thread(server: ThreadingHTTPServer) -> Iterator[int]:
    """Serve while this is entered; gives the port."""
    thread = Thread(target=server.serve_forever, args=(POLL,), daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
