"""Which tests need a process beside their own: a program, an engine, a browser.

`./dev test fast` leaves those out, so each says so: by a fixture that starts something, or by the
mark `process`.  A test that says nothing and starts a process all the same fails, in every run.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

FIXTURES = {"serve", "postgres", "valkey_server", "chromium"}
"""Those that start something.  Who asks for them is marked."""

STARTS = {"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.system"}
"""What the interpreter raises as an audit event (PEP 578) before a process starts."""

_unmarked: list[str] = []
"""The test that runs now, if no mark says that it starts processes."""


def mark(item: pytest.Item) -> None:
    """Mark a test whose fixtures start something."""
    if FIXTURES & set(getattr(item, "fixturenames", ())):
        item.add_marker(pytest.mark.process)


@contextmanager
def guarded(item: pytest.Item) -> Iterator[None]:
    """While it runs, no process starts unless the test is marked."""
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
            f"{_unmarked[0]} starts a process ({event}: {args[:2]}): mark it with"
            " `@pytest.mark.process`, so that `./dev test fast` leaves it out"
        )


sys.addaudithook(refuse_if_unmarked)
