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
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from pathlib import Path
from threading import Lock
from typing import TextIO

from doorward.cli import main

LEVELLED = ("doorward.events", "doorward.sweeper", "uvicorn")
"""The loggers whose level `doorward serve` sets, beside the root's."""

_ALONE = Lock()


@dataclass(frozen=True, slots=True)
class Done:
    """What a command left behind."""

    status: int
    out: str
    err: str


def run_inside(
    words: Sequence[str], given: str, environment: Mapping[str, str], folder: Path
) -> Done:
    """The exit status is what `python -m doorward` would end with.  Raises what nobody caught."""
    encoding = environment.get("PYTHONIOENCODING", "utf-8")
    out, err = _stream(encoding), _stream(encoding, errors="backslashreplace")
    with _ALONE, ExitStack() as around:
        around.enter_context(_environment(environment))
        around.enter_context(_working_in(folder))
        around.enter_context(_no_loggers())
        around.enter_context(_stdin(TextIOWrapper(BytesIO(given.encode()), encoding)))
        around.enter_context(redirect_stdout(out))
        around.enter_context(redirect_stderr(err))
        status = _status(words)
    done = Done(status, _written(out), _written(err))
    assert "Traceback" not in done.err, done.err
    return done


def _status(words: Sequence[str]) -> int:
    try:
        return main(words)
    except SystemExit as end:
        if isinstance(end.code, str):  # as the interpreter does
            print(end.code, file=sys.stderr)
            return 1
        return end.code or 0


def _stream(encoding: str, errors: str = "strict") -> TextIOWrapper:
    return TextIOWrapper(BytesIO(), encoding, errors, newline="\n")


def _written(stream: TextIOWrapper) -> str:
    stream.flush()
    stream.seek(0)
    return stream.read()


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
def _working_in(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


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
