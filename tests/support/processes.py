"""Processes of a test: how they end, and whose child is who, as the system tells it."""

import signal
import subprocess
from pathlib import Path
from types import FrameType

from tests.support.until import PATIENCE

MAY_BE_IGNORED = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)
"""What nohup, or a shell that starts a program in the background, lets the program ignore."""


def let_children_hear() -> None:
    """Let the programs that are started from now on hear signals that ours was started to ignore.

    A program inherits what is ignored, and some never end then.  What is handled it does not
    inherit (POSIX, exec), so ours handles those, by doing nothing, as before.
    """
    for number in MAY_BE_IGNORED:
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, _do_nothing)


def _do_nothing(number: int, frame: FrameType | None) -> None: ...


def end(
    process: subprocess.Popen[bytes], number: int = signal.SIGTERM, seconds: float = PATIENCE
) -> None:
    """Tell a process to end, and wait for it.  One that does not is killed, and the test fails."""
    process.send_signal(number)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(seconds)
        name = signal.Signals(number).name
        raise AssertionError(
            f"killed, since {name} did not end it in {seconds} s: {process.args!r}"
        ) from None


def children(parent: int) -> set[int]:
    """The living children of a process."""
    return {pid for pid, (state, above) in _processes().items() if above == parent and state != "Z"}


def is_alive(pid: int) -> bool:
    """Whether it runs; one that only waits to be buried does not."""
    return _processes().get(pid, ("Z", 0))[0] != "Z"


def _processes() -> dict[int, tuple[str, int]]:
    """State and parent of each."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
        except OSError:  # it is gone already
            continue
        found[int(stat.parent.name)] = state, int(parent)
    return found
