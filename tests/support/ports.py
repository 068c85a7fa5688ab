"""Loopback ports that nobody else takes between the choice and the use, nor while a server that
was killed starts again.

The kernel lends ports from 32768 on to every outgoing connection, so a port that it calls free may
be taken a moment later.  Ours lie below, and a lock on one byte of a file shows each to the other
processes that run tests.
"""

import fcntl
import os
import random
import socket
from contextlib import suppress
from pathlib import Path
from tempfile import gettempdir

OURS = range(12_000, 32_000)

_locks = (Path(gettempdir()) / f"doorward-ports-{os.getuid()}").open("ab")
_given: set[int] = set()


def free_port() -> int:
    """A port that nobody listens at; this process keeps it until it ends."""
    while True:
        port = random.choice(OURS)
        if port not in _given and _bindable(port) and _locked(port):
            _given.add(port)
            return port


def _bindable(port: int) -> bool:
    with suppress(OSError), socket.create_server(("127.0.0.1", port)):
        return True
    return False


def _locked(port: int) -> bool:
    with suppress(BlockingIOError):
        fcntl.lockf(_locks, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
        return True
    return False
