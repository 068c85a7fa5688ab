"""Which tests need more than their own process: a program, an engine, a browser, or a server in a
thread, which takes real time.

`./dev test fast` leaves those out, so each says so: by a fixture that starts something, or by the
mark `process`.  A test that says nothing and starts one all the same fails, but where coverage is
measured.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

FIXTURES = {
    *("serve", "servers", "open_place", "clusters"),
    *("postgres", "valkey_server", "chromium"),
}
"""Those that start something.  Who asks for them is marked."""

SERVER = "tests.server"
STARTS = {"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.system", SERVER}
"""The audit events (PEP 578) that the interpreter raises before a process starts, and ours before a
server does."""

_unmarked: list[str] = []
"""The test that runs now, if no mark says that it starts processes."""


def mark(item: pytest.Item) -> None:
    """Mark a test whose fixtures start something."""
    if FIXTURES & set(getattr(item, "fixturenames", ())):
        item.add_marker(pytest.mark.process)


@contextmanager
def guarded(item: pytest.Item) -> Iterator[None]:
    """While it runs, neither a process nor a server starts unless the test is marked."""
    if not item.get_closest_marker("process"):
        _unmarked.append(item.nodeid)
    try:
        yield
    finally:
        _unmarked.clear()


def refuse_if_unmarked(event: str, args: tuple[Any, ...]) -> None:
    """The audit hook."""
    if _unmarked and event in STARTS:
        raise RuntimeError(
            f"{_unmarked[0]} starts a process or a server ({event}: {args[:2]}): mark it with"
            " `@pytest.mark.process`, so that `./dev test fast` leaves it out"
        )


# Coverage sets a trace function in every new thread, which is an audit event too: while one thread
# is in a hook of Python's, CPython refuses to set that of another.
if sys.gettrace() is None:
    sys.addaudithook(refuse_if_unmarked)
