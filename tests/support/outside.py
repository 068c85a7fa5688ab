"""Which tests need more than this process and its memory: a program, an engine, a browser, or a
server in a thread, which takes real time.  SQLite is an engine too, also in memory: to open a
database and to write into it takes longer than most tests.

`./dev test fast` leaves those out, so each says so: by a fixture that starts or opens something, or
by the mark `process` or `engine`.  A test that says nothing and does it all the same fails, but
where coverage is measured.
"""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

FIXTURES = {
    "process": {
        *("serve", "servers", "open_place", "clusters"),
        *("postgres", "valkey_server", "chromium"),
    },
    "engine": {"opened", "shared"},
}
"""Those that start or open something, by mark.  Who asks for them is marked."""

SERVER = "tests.server"
STARTS = {"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.system", SERVER}
EVENTS = {**dict.fromkeys(STARTS, "process"), "sqlite3.connect": "engine"}
"""The audit events (PEP 578) that the interpreter raises before a process starts and before SQLite
opens a database, and ours before a server starts.  With the mark that each needs."""

SUFFICES = {"process": {"process"}, "engine": {"engine", "process", "soak"}}
"""The marks of which a test must have one, by what it needs."""

lacking: dict[str, str] = {}
"""What the test that runs now must not need, with the test's name."""


def mark(item: pytest.Item) -> None:
    """Mark a test whose fixtures start or open something."""
    asked = set(getattr(item, "fixturenames", ()))
    for name, fixtures in FIXTURES.items():
        if fixtures & asked:
            item.add_marker(name)


@contextmanager
def guarded(item: pytest.Item) -> Iterator[None]:
    """While it runs, nothing starts and no database is opened unless the test is marked."""
    marks = {mark.name for mark in item.iter_markers()}
    for need, sufficient in SUFFICES.items():
        if not marks & sufficient:
            lacking[need] = item.nodeid
    try:
        yield
    finally:
        lacking.clear()


def refuse_if_unmarked(event: str, args: tuple[Any, ...]) -> None:
    """The audit hook."""
    if not lacking or event not in EVENTS or (need := EVENTS[event]) not in lacking:
        return
    if event in STARTS or not _a_server_runs():
        raise RuntimeError(
            f"{lacking[need]} needs more than its process ({event}: {args[:2]}): mark it with"
            f" `@pytest.mark.{need}`, so that `./dev test fast` leaves it out"
        )


def _a_server_runs() -> bool:
    """Another test of the module may have started it.  It opens databases when it likes."""
    return any(thread.name == SERVER for thread in threading.enumerate())


# Coverage sets a trace function in every new thread, which is an audit event too: while one thread
# is in a hook of Python's, CPython refuses to set that of another.
if sys.gettrace() is None:
    sys.addaudithook(refuse_if_unmarked)
