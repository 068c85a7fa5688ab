"""What a fresh interpreter costs: for claims about time, which what else runs must not decide."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path


def untraced(compiled: Path) -> dict[str, str]:
    """Our environment, but that modules are compiled once (into this folder), as where a package is
    installed, and nothing measures the coverage, and so the cost, of the children."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("COVERAGE")}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return {**kept, "PYTHONPYCACHEPREFIX": str(compiled)}


def seconds_of(*words: str, environment: Mapping[str, str]) -> float:
    """The processor time of Python with these words: what waits for other processes does not
    count."""
    child = subprocess.Popen([sys.executable, *words], env=environment)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0
    return used.ru_utime + used.ru_stime
