"""Ask an operator for a new password, which never stands on a command line: others see those."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from getpass import getpass
from threading import current_thread, main_thread

from ..passwords import LONGEST
from .output import NotDone

_MOST = 8 * LONGEST
"""Characters read of a line: more than any password has, and not a whole file."""


def new_password() -> str:
    """From a terminal, typed twice and not shown; else one line of stdin.  Raises `NotDone`, and
    `KeyboardInterrupt` at the first Ctrl-C."""
    with _interruptible():
        return _typed() if sys.stdin.isatty() else _line()


def _typed() -> str:
    try:
        password, again = getpass("New password: "), getpass("The same again: ")
    except KeyboardInterrupt:
        print(file=sys.stderr)  # so that the next message begins on a new line
        raise
    if again != password:
        raise NotDone("The two passwords differ; nothing was done.")
    return password


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let Ctrl-C interrupt the prompt.  An event loop turns the first Ctrl-C into a cancellation,
    which a blocking read never sees.  Signals can only be handled in the main thread: elsewhere
    this does nothing."""
    if current_thread() is not main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _line() -> str:
    line = sys.stdin.readline(_MOST)
    if not line:
        raise NotDone("No password came in; write one line to stdin, or give --no-password.")
    return line.removesuffix("\n").removesuffix("\r")
