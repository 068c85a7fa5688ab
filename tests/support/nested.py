"""A run of pytest inside a test, in this process, over files in a folder.

It loads every installed plugin, as in any project, except those that order, time or watch tests:
the outer run does that.  When it ends, the modules of the folder are forgotten, and the path, the
environment and the working directory are as before.
"""

import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from types import ModuleType

import pytest

OUTER = (
    *("randomly", "xdist", "timeout", "cacheprovider", "faulthandler"),
    # an exception that nobody catches inside fails the outer test
    *("unraisableexception", "threadexception"),
)
"""Plugins that only the outer run has."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run of pytest said.  `outcomes` counts passed, failed and skipped tests, and errors
    around them."""

    outcomes: dict[str, int]
    output: str


def run_nested(folder: Path, *args: str) -> Ran:
    """Run the tests in `folder`, or those that `args` name."""
    counted = _Counted()
    said = StringIO()
    without = [word for name in OUTER for word in ("-p", f"no:{name}")]
    with as_if_fresh(folder), redirect_stdout(said), redirect_stderr(said):
        os.environ.pop("PYTEST_ADDOPTS", None)
        status = pytest.main([*without, *args], plugins=[counted])
    outcomes = dict(counted.outcomes)
    if status > pytest.ExitCode.TESTS_FAILED:
        outcomes["status"] = int(status)
    return Ran(outcomes, said.getvalue())


@contextmanager
def as_if_fresh(folder: Path) -> Iterator[None]:
    """In `folder`, with none of its modules imported yet.  Restores the modules, the path, the
    environment and the working directory."""
    path, environment, modules = sys.path[:], dict(os.environ), _taken_out(folder)
    try:
        with chdir(folder):
            yield
    finally:
        _taken_out(folder)
        sys.modules.update(modules)
        sys.path[:] = path
        os.environ.clear()
        os.environ.update(environment)


def _taken_out(folder: Path) -> dict[str, ModuleType]:
    """Remove the modules that were imported from a folder.  Returns them."""
    found = {name: each for name, each in sys.modules.items() if _is_from(each, folder)}
    for name in found:
        del sys.modules[name]
    return found


def _is_from(module: ModuleType, folder: Path) -> bool:
    file = getattr(module, "__file__", None)
    return file is not None and Path(file).is_relative_to(folder)


class _Counted:
    """A plugin that counts how tests end."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.skipped:
            self.outcomes[report.outcome] += 1
        elif report.failed:
            self.outcomes["errors"] += 1
