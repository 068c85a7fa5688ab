"""`doorward serve` run in this process, to the end that SIGTERM brings.

The command has the main thread, where alone signals are handled; a visitor comes from another.
"""

import os
import re
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from tests.support.server import clean_environment
from tests.support.until import until

from .inside import Done, Kept, alone, run_inside, run_into

GREETING = "Doorward serves "

GRACE = 40
"""Seconds that a test lets requests finish which must not hold up the end: it then tells what was
held up from what is slow on a busy machine."""


@dataclass(frozen=True, slots=True)
class Open:
    """A server that serves, on a port that it found free itself."""

    _said: Kept = field(default_factory=Kept)
    _told: Event = field(default_factory=Event)
    _over: Event = field(default_factory=Event)

    @property
    def output(self) -> str:
        """Everything written so far, to stdout and stderr."""
        return self._said.text

    @property
    def port(self) -> int:
        found = re.search(r"^Doorward serves .* port (\d+)\)$", self.output, re.MULTILINE)
        assert found is not None, f"it did not serve: {self.output}"
        return int(found[1])

    @property
    def url(self) -> str:
        """Without a slash at its end."""
        return f"http://localhost:{self.port}"

    def stop(self) -> None:
        """Tell it to stop, as an operator does: once."""
        if not self._told.is_set():
            self._told.set()
            os.kill(os.getpid(), signal.SIGTERM)

    def run(self, words: list[str]) -> int:
        try:
            return run_into(self._said, self._said, words)
        finally:
            self._over.set()

    def receive(self, visit: "Visit") -> None:
        until(lambda: self._over.is_set() or GREETING in self.output)
        try:
            if not self._over.is_set():
                visit(self)
        finally:
            self.stop()


Visit = Callable[[Open], None]


def run(*words: str, folder: Path, **environment: str) -> Done:
    """A command without options of its own from the environment; its files land in `folder`."""
    named = {"HOME": str(folder), **environment}
    return run_inside(words, "", clean_environment() | named, folder)


def serve(
    *args: str,
    folder: Path,
    visit: Visit = lambda server: None,
    env: dict[str, str] | None = None,
) -> Open:
    """Serve from a database and a root key in `folder` while somebody visits, and stop.  Raises
    what the visit raised; it ended well.  Options in `args` come last and win.

    `env` replaces the environment.  A visit runs no command: one runs at a time.
    """
    server = Open()
    place = ["--database", f"sqlite:///{folder}/doorward.db"]
    options = ["--port", "0", *place, "--root-key-file", f"{folder}/root.key", *args]
    with (
        alone(clean_environment() if env is None else env, folder),
        _told_too_late(),
        ThreadPoolExecutor(1) as another,
    ):
        visited = another.submit(server.receive, visit)
        status = server.run(["serve", *options])
        visited.result()
    assert status == 0, server.output
    assert "Traceback" not in server.output, server.output
    return server


@contextmanager
def _told_too_late() -> Iterator[None]:
    """To tell a server to stop that has ended by itself does nothing to the tests."""
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
