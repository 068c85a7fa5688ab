"""A command run in this process, as if it were alone in one of its own.

What a process has for itself and a command reads or changes is set for the call and restored after
it: the standard streams, the environment, the working directory, the handlers of the root logger
and the levels that `doorward serve` sets.  There is one of each, so one command runs at a time,
whatever thread it is called from.
"""

import logging
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from pathlib import Path
from threading import Lock
from typing import TextIO

# here, for under `serve --workers` this would make prometheus_client count in files for good
import doorward.server.app  # noqa: F401
from doorward.cli import main

LOST = 120
"""The interpreter's exit status when it cannot write what still waited for stdout."""

LEVELLED = ("doorward.events", "doorward.sweeper", "uvicorn")
"""The loggers, apart from the root, whose level `doorward serve` changes."""

_ALONE = Lock()


@dataclass(frozen=True, slots=True)
class Done:
    """What a command left behind."""

    status: int
    out: str
    err: str


class Kept(TextIOWrapper):
    """A standard stream that keeps what is written to it."""

    def __init__(self, encoding: str = "utf-8", errors: str = "strict") -> None:
        self._bytes = BytesIO()
        super().__init__(self._bytes, encoding, errors, newline="\n")

    @property
    def text(self) -> str:
        """Everything that was flushed so far; from any thread."""
        return self._bytes.getvalue().decode(self.encoding)


def run_inside(
    words: Sequence[str], given: str, environment: Mapping[str, str], folder: Path
) -> Done:
    """The status is what `python -m doorward` would end with.  Raises what nobody caught."""
    encoding = environment.get("PYTHONIOENCODING", "utf-8")
    out, err = Kept(encoding), Kept(encoding, errors="backslashreplace")
    with (
        alone(environment, folder),
        _stdin(TextIOWrapper(BytesIO(given.encode()), encoding, newline="\n")),
    ):
        status = run_into(out, err, words)
    done = Done(status, out.text, err.text)
    assert "Traceback" not in done.err, done.err
    return done


def run_into(out: TextIO, err: TextIO, words: Sequence[str]) -> int:
    """Run a command that writes there.  Returns the status; within `alone`."""
    with redirect_stdout(out), redirect_stderr(err):
        status = _status(words)
        try:
            out.flush()
        except OSError as error:
            print(f"Exception ignored in: {out!r}\n{error!r}", file=err)
            status = LOST
        err.flush()
    return status


@contextmanager
def alone(environment: Mapping[str, str], folder: Path) -> Iterator[None]:
    """With this environment, in this folder, and with no logger told anything yet."""
    with _ALONE, ExitStack() as around:
        around.enter_context(_environment(environment))
        around.enter_context(chdir(folder))
        around.enter_context(_no_loggers())
        yield


def _status(words: Sequence[str]) -> int:
    try:
        return main(words)
    except SystemExit as end:
        if isinstance(end.code, str):  # as the interpreter does
            print(end.code, file=sys.stderr)
            return 1
        return end.code or 0


@contextmanager
def _stdin(stream: TextIO) -> Iterator[None]:
    before, sys.stdin = sys.stdin, stream
    try:
        yield
    finally:
        sys.stdin = before


@contextmanager
def _environment(environment: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    _set(environment)
    try:
        yield
    finally:
        _set(before)


def _set(wanted: Mapping[str, str]) -> None:
    """Without a moment in which another thread would find nothing there."""
    for name in os.environ.keys() - wanted.keys():
        del os.environ[name]
    for name, value in wanted.items():
        if os.environ.get(name) != value:
            os.environ[name] = value


@contextmanager
def _no_loggers() -> Iterator[None]:
    """As a process begins: what is logged goes to nobody, or as a warning to stderr."""
    root, handlers = logging.getLogger(), logging.getLogger().handlers[:]
    levels = [(logger, logger.level) for logger in (root, *map(logging.getLogger, LEVELLED))]
    root.handlers.clear()
    root.setLevel(logging.WARNING)
    try:
        yield
    finally:
        root.handlers[:] = handlers
        for logger, level in levels:
            logger.setLevel(level)
