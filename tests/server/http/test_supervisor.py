"""The parent of the workers: what it does about those that do not live."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import pytest

from tests.support.processes import children, is_alive
from tests.support.until import PATIENCE, until

pytestmark = pytest.mark.process

PROGRAM = """
import logging, os, signal, sys
from doorward.server.http.serving import UP
from doorward.server.http.supervisor import Supervisor
logging.basicConfig(format="%(message)s")

def work(tie):
    {work}

sys.exit(Supervisor(2, work, patience={patience}).run())
"""


@contextmanager
def supervising(
    folder: Path, work: str, patience: float = 60
) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """A parent of two who do this work, and where they write."""
    output = folder / "output"
    with (
        output.open("w") as out,
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM.format(work=work, patience=patience)],
            stdout=out,
            stderr=out,
            text=True,
        ) as parent,
    ):
        try:
            yield parent, output
        finally:
            parent.kill()


def test_when_no_worker_ever_comes_up_it_gives_up(tmp_path: Path) -> None:
    with supervising(tmp_path, "return 7") as (parent, output):
        assert parent.wait(PATIENCE) == 1
    said = output.read_text()
    assert said.count("ended with status 7.") == 2
    assert said.count("No worker came up") == 1


def test_what_a_worker_stumbles_over_is_told_and_ends_it_alone(tmp_path: Path) -> None:
    with supervising(tmp_path, "raise ValueError('oops')") as (parent, output):
        assert parent.wait(PATIENCE) == 1
    said = output.read_text()
    assert said.count("ValueError: oops") == 2
    assert said.count("No worker came up") == 1


def test_the_pause_before_the_next_grows_while_they_die_young(tmp_path: Path) -> None:
    began = monotonic()
    with supervising(tmp_path, "os.write(tie.news, UP); return 7") as (parent, output):
        until(lambda: output.read_text().count("ended") >= 8)
        assert monotonic() - began >= 0.1 + 0.2 + 0.4
        parent.terminate()
        assert parent.wait(PATIENCE) == 0


STUBBORN = """signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    os.write(tie.news, UP)
    print("ready", flush=True)
    signal.pause()"""


def stubborn_workers(parent: subprocess.Popen[str], output: Path) -> set[int]:
    until(lambda: output.read_text().count("ready") == 2)
    return children(parent.pid)


def is_told(pid: int) -> bool:
    """Whether SIGTERM waits for a process that blocks it (proc_pid_status(5))."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (mask,) = [line.split()[1] for line in lines if line.startswith("ShdPnd:")]
    return bool(int(mask, 16) >> (signal.SIGTERM - 1) & 1)


def test_who_does_not_end_in_time_is_killed(tmp_path: Path) -> None:
    with supervising(tmp_path, STUBBORN, patience=0.2) as (parent, output):
        workers = stubborn_workers(parent, output)
        parent.terminate()
        assert parent.wait(PATIENCE) == 0
        assert not any(map(is_alive, workers))


SWALLOWING = """class Callback:
        def __del__(self):
            print("within", flush=True)
            signal.pause()
    Callback()
    signal.pause()"""


def test_who_is_told_to_stop_within_a_callback_that_swallows_what_is_raised_ends_all_the_same(
    tmp_path: Path,
) -> None:
    with supervising(tmp_path, SWALLOWING, patience=600) as (parent, output):
        until(lambda: output.read_text().count("within") == 2)
        workers = children(parent.pid)
        parent.terminate()
        assert parent.wait(PATIENCE) == 0
        assert not any(map(is_alive, workers))


def test_a_second_ctrl_c_waits_for_nobody(tmp_path: Path) -> None:
    with supervising(tmp_path, STUBBORN, patience=600) as (parent, output):
        workers = stubborn_workers(parent, output)
        parent.send_signal(signal.SIGTERM)
        # of two signals that come at once, the second may be heard first
        until(lambda: all(map(is_told, workers)))
        parent.send_signal(signal.SIGINT)
        assert parent.wait(PATIENCE) == 0
        assert not any(map(is_alive, workers))
