"""What else runs on the machine, and the versions of what is measured."""

import importlib.metadata
import json
import subprocess
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from .catalogue import Peer
from .environment import PYTHON, SHARED

ASK = (
    "import importlib.metadata as m, json, sys;"
    "print(json.dumps({name: m.version(name) for name in sys.argv[1:]}))"
)


def wait_for_quiet(seconds: float) -> bool:
    """Until other work takes less than a fifth of the machine, for so long at most; whether it did.

    The servers that wait for their turn take a few hundredths.
    """
    end = time.monotonic() + seconds
    while True:
        idle, total = _idle()
        time.sleep(0.2)
        later_idle, later_total = _idle()
        if later_idle - idle >= 0.8 * (later_total - total):
            return True
        if time.monotonic() > end:
            return False


def _idle() -> tuple[int, int]:
    """Ticks in which the machine was idle, and all; proc_stat(5)."""
    ticks = [int(word) for word in Path("/proc/stat").read_text().split()[1:9]]
    return ticks[3] + ticks[4], sum(ticks)


def versions(peers: Sequence[Peer]) -> dict[str, str]:
    """Of every package that a peer is named for and of the servers.  Raises `SystemExit` where the
    two environments differ in what both use: their bare routes would not be the same."""
    packages = {peer.package for peer in peers if not peer.ours}
    theirs = installed(sorted({*packages, *SHARED, "gunicorn"}))
    ours = {name: importlib.metadata.version(name) for name in (*SHARED, "doorward")}
    apart = [name for name in SHARED if theirs[name] != ours[name]]
    if apart:
        raise SystemExit(
            f"other versions than Doorward runs on: {', '.join(apart)}. Renew the lock with"
            " python bench/peers/environment.py lock, then install it."
        )
    return dict(sorted({**theirs, **ours}.items()))


def installed(names: Iterable[str]) -> dict[str, str]:
    """The versions in the environment of the peers."""
    answer = subprocess.run([PYTHON, "-c", ASK, *names], capture_output=True, text=True, check=True)
    found: dict[str, str] = json.loads(answer.stdout)
    return found
