"""Children of a test, and what they say."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tests.support.until import PATIENCE

ROOT = Path(__file__).parents[3]


class Child:
    """A process that opened the store's file; see `child.py`."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.process = process
        self.stdin: IO[str] = process.stdin
        self.stdout: IO[str] = process.stdout

    def tell(self, line: str) -> None:
        self.stdin.write(line + "\n")
        self.stdin.flush()

    def hear(self) -> str:
        return self.stdout.readline().strip()


@contextmanager
def child(verb: str, path: Path, *arguments: str) -> Iterator[Child]:
    """A child that is ready; it has ended well, or was killed, when this is over."""
    command = [sys.executable, "-m", "tests.stores.sqlite.child", verb, str(path), *arguments]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        started = Child(process)
        try:
            assert started.hear() == "ready"
            yield started
            started.stdin.close()
            assert process.wait(PATIENCE) in {0, -signal.SIGKILL}
        finally:
            process.kill()
