"""One application in a process of its own on the server's core: where it listens, the CPU time it
has used, and its memory.  Linux only: that is read from the kernel's clocks and from /proc."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .catalogue import Peer
from .environment import PYTHON
from .spec import Spec

SERVE = Path(__file__).with_name("serve.py")
CPUCLOCK_SCHED = 2
"""The clock of a process' threads together, as clock_getcpuclockid(3) names it on Linux."""


class Server:
    def __init__(self, peer: Peer, folder: Path, redis: str, postgres: str, core: int) -> None:
        self.peer = peer
        self.spec = Spec(_free_port(), folder, redis, postgres)
        arguments = [peer.name, str(self.spec.port), str(folder), redis, postgres]
        with running_on(core):
            self.process = subprocess.Popen(
                [sys.executable if peer.ours else str(PYTHON), str(SERVE), *arguments],
                env=_environment(peer),
                cwd=folder,
            )

    def wait(self, seconds: float = 60) -> None:
        """Until it answers.  Raises `SystemExit` when it ended, or stayed silent for too long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise SystemExit(f"{self.peer.name}: the server did not start; see above")
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.spec.port, timeout=10)
                connection.request("GET", "/me")
                connection.getresponse().read()
                connection.close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise SystemExit(f"{self.peer.name}: no answer within {seconds:.0f} seconds")

    def cpu(self) -> float:
        """Seconds of CPU time so far, of every thread of its processes."""
        return sum(time.clock_gettime(~pid << 3 | CPUCLOCK_SCHED) for pid in self._pids())

    def memory(self) -> int:
        """Bytes resident in the process that answers requests."""
        pages = int(Path(f"/proc/{self._pids()[-1]}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _pids(self) -> list[int]:
        """The process that was started, and the worker if it has one."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [pid, *map(int, children)]


@contextmanager
def running_on(core: int) -> Iterator[None]:
    """What is started meanwhile runs on this core alone."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _environment(peer: Peer) -> dict[str, str]:
    """Doorward is found where the runner finds it.  What the runner finds is not for the peers."""
    kept = os.environ.items()
    return {name: value for name, value in kept if peer.ours or name != "PYTHONPATH"}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
