"""The processes of one application behind one address."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from .applications.spec import Spec
from .client import Unusable
from .node import listening

STOP_TIMEOUT = 20
"""Seconds after which a process that does not end is killed."""


@dataclass(slots=True)
class Cluster:
    """All processes share `spec.port`; each also has a port of its own in `ports`."""

    spec: Spec
    _running: list[tuple[subprocess.Popen[str], int]] = field(default_factory=list)

    @property
    def ports(self) -> list[int]:
        return [port for _, port in self._running]

    def grow(self, count: int) -> None:
        """Start processes until `count` serve.  Raises `Unusable` when one does not start."""
        self.start(count)
        self.wait()

    def start(self, count: int) -> None:
        """Start processes until there are `count`, without waiting for them."""
        command = [sys.executable, "-m", "doorward.compare.node", self.spec.text()]
        pipe = subprocess.PIPE
        for _ in range(count - len(self._running)):
            started = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
            self._running.append((started, 0))

    def wait(self) -> None:
        """Wait until every started process serves.  Raises `Unusable` when one does not start."""
        self._running = [(each, port or _port_of(each)) for each, port in self._running]

    def shrink(self, count: int) -> None:
        """End processes until `count` are left."""
        gone, self._running = self._running[count:], self._running[:count]
        for process, _ in gone:
            process.terminate()
        for process, _ in gone:
            try:
                process.communicate(timeout=STOP_TIMEOUT)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()


def _port_of(process: "subprocess.Popen[str]") -> int:
    assert process.stdout is not None  # noqa: S101 - it is a pipe
    said = process.stdout.readline()
    if said:
        return int(said)
    _, complaint = process.communicate()
    last = complaint.strip().splitlines()[-1:] or ["it printed no reason"]
    raise Unusable(f"a process did not start: {last[0]}")


@contextmanager
def cluster(spec: Spec) -> Iterator[Cluster]:
    """An application on a free port, without processes yet.  Its processes end with the context."""
    with listening(0, backlog=None) as kept:
        found = Cluster(replace(spec, port=kept.getsockname()[1]))
        try:
            yield found
        finally:
            found.shrink(0)
