"""Ask an operator for a new password, which never stands on a command line: others see those."""

import sys
from getpass import getpass

from ..passwords import LONGEST
from .output import NotDone

_MOST = 8 * LONGEST
"""Characters read of a line: more than any password has, and not a whole file."""


def new_password() -> str:
    """From a terminal, typed twice and not shown; else one line of stdin.  Raises `NotDone`."""
    if not sys.stdin.isatty():
        return _line()
    password = getpass("New password: ")
    if getpass("The same again: ") != password:
        raise NotDone("The two passwords differ; nothing was done.")
    return password


def _line() -> str:
    line = sys.stdin.readline(_MOST)
    if not line:
        raise NotDone("No password came in; write one line to stdin, or give --no-password.")
    return line.removesuffix("\n")
