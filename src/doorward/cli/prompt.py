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
        return _typed() if sys.stdin.isatty() else _line(", or give --no-password")


def known_password() -> str:
    """A password to look at: like `new_password`, but typed once."""
    with _interruptible():
        return _asked("Password: ") if sys.stdin.isatty() else _line()


def _typed() -> str:
    password, again = _asked("New password: "), _asked("The same again: ")
    if again != password:
        raise NotDone("The two passwords differ; nothing was done.")
    return password


def _asked(prompt: str) -> str:
    try:
        return getpass(prompt)
    except KeyboardInterrupt:
        print(file=sys.stderr)  # so that the next message begins on a new line
        raise


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


def _line(without: str = "") -> str:
    """`without` is what else could be done where nothing came in."""
    line = sys.stdin.readline(_MOST)
    if not line:
        raise NotDone(f"No password came in; write one line to stdin{without}.")
    return line.removesuffix("\n").removesuffix("\r")
