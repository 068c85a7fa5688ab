"""Accepts connections on a listening socket, a few at a time."""

import logging
import socket
from asyncio import TimerHandle, get_running_loop
from collections.abc import Callable

from .connection import Connection, Shared

AT_ONCE = 8
"""Connections accepted in one step, before existing ones are served again."""

NO_FILE = 0.1
"""Seconds until the next try after the system had no file descriptor for a connection."""

COMPLAIN_EVERY = 60
"""Seconds between two lines of the log about that."""

SEND_BUFFER = 64 * 1024
"""Bytes of an answer that the system keeps for a client, which Linux doubles."""

log = logging.getLogger("doorward")


class Acceptor:
    """Accepts connections, each with a protocol of its own."""

    def __init__(
        self, listener: socket.socket, protocol: Callable[[], Connection], shared: Shared
    ) -> None:
        self._listener = listener
        self._protocol = protocol
        self._shared = shared
        self._complained = float(-COMPLAIN_EVERY)
        self._loop = get_running_loop()
        self._pause: TimerHandle | None = None

    def start(self) -> None:
        self._listener.setblocking(False)
        # inherited by each connection: Linux reports a larger buffer as writable only after much of
        # it was read, so a slow reader would look like a client that reads nothing
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        self._loop.add_reader(self._listener, self._accept)

    def stop(self) -> None:
        self._loop.remove_reader(self._listener)
        if self._pause is not None:
            self._pause.cancel()

    def _accept(self) -> None:
        for _ in range(AT_ONCE):
            try:
                accepted, address = self._listener.accept()
            except (BlockingIOError, ConnectionError):  # another process was first, or it is gone
                return
            except OSError as error:
                self._wait_for_files(error)
                return
            accepted.setblocking(False)
            self._protocol().accept(accepted, address)

    def _wait_for_files(self, error: OSError) -> None:
        """Each connection needs a file descriptor, and so does each to the database."""
        self._shared.make_room()
        self.stop()
        self._pause = self._loop.call_later(NO_FILE, self.start)
        if self._loop.time() - self._complained >= COMPLAIN_EVERY:
            self._complained = self._loop.time()
            log.warning("no connection can be accepted (%s); idle ones are closed", error)
