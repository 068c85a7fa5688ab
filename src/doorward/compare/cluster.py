"""The processes of one application, behind one address."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from .applications.spec import Spec
from .caller import Unusable
from .node import listening

PATIENCE = 20
"""Seconds that an end may take."""


@dataclass(slots=True)
class Cluster:
    """`spec.port` reaches any of its processes, `ports` each of them."""

    spec: Spec
    _running: list[tuple[subprocess.Popen[str], int]] = field(default_factory=list)

    @property
    def ports(self) -> list[int]:
        return [port for _, port in self._running]

    def grow(self, count: int) -> None:
        """Start processes until so many serve.  Raises `Unusable` when one does not start."""
        self.start(count)
        self.wait()

    def start(self, count: int) -> None:
        """Start processes until there are so many, without waiting for them."""
        command = [sys.executable, "-m", "doorward.compare.node", self.spec.text()]
        pipe = subprocess.PIPE
        for _ in range(count - len(self._running)):
            started = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
            self._running.append((started, 0))

    def wait(self) -> None:
        """Until all that were started serve.  Raises `Unusable` when one does not."""
        self._running = [(each, port or _port_of(each)) for each, port in self._running]

    def shrink(self, count: int) -> None:
        """End processes until there are so many."""
        gone, self._running = self._running[count:], self._running[:count]
        for process, _ in gone:
            process.terminate()
        for process, _ in gone:
            try:
                process.communicate(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()


def _port_of(process: "subprocess.Popen[str]") -> int:
    assert process.stdout is not None  # noqa: S101 - it is a pipe
    said = process.stdout.readline()
    if said:
        return int(said)
    _, complaint = process.communicate()
    last = complaint.strip().splitlines()[-1:] or ["it says nothing"]
    raise Unusable(f"a process did not start: {last[0]}")


@contextmanager
def cluster(spec: Spec) -> Iterator[Cluster]:
    """An application without processes yet, on a free port; at the end it has none."""
    with listening(0, backlog=None) as kept:
        found = Cluster(replace(spec, port=kept.getsockname()[1]))
        try:
            yield found
        finally:
            found.shrink(0)
