"""Run what takes longer than `./dev test` may, one after the other: `./dev soak [NAME ...]`.

What each prints is kept in `bench/results`, with the date and the machine, until the next time.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench/results"

UNHURRIED = ("-o", "timeout=1800", "-o", "faulthandler_timeout=3600")
"""Seconds after which a test of the soak has hung."""

SOAK = {
    "tests": ["-m", "pytest", "-m", "soak", "-v", "--durations=20", *UNHURRIED],
    "floors": ["-m", "tools.floors"],
    "clients": ["-m", "tools.clients.run"],
    "scale": ["bench/scale.py", "--rows", "1000", "100000", "1000000"],
    "lag": ["bench/lag.py", "--plot", "docs/img/lag.svg"],
}
"""The arguments of Python for each."""


def main(wanted: list[str]) -> int:
    """The exit status: 0 where all of them went well.  Raises `SystemExit` for an unknown name."""
    unknown = sorted(set(wanted) - set(SOAK))
    if unknown:
        sys.exit(f"dev: soak knows {', '.join(SOAK)}, not {', '.join(unknown)}")
    names, failed = wanted or list(SOAK), False
    for place, name in enumerate(names, 1):
        began = time.monotonic()
        say(f"{name}, {place} of {len(names)}")
        bad = soaked(name)
        minutes = (time.monotonic() - began) / 60
        say(f"{name}: {'FAILED' if bad else 'ok'} ({minutes:.0f} min)")
        failed = failed or bool(bad)
    return int(failed)


def say(sentence: str) -> None:
    print(f"dev: soak: {sentence}", file=sys.stderr, flush=True)


def soaked(name: str) -> int:
    """Runs one of them, shows what it prints, and keeps that once it ended.  Its exit status."""
    command = ["python", *SOAK[name]]
    lines = [f"{time.strftime('%Y-%m-%d %H:%M %z')}, {' '.join(command)}\n", f"{machine()}\n\n"]
    with subprocess.Popen(
        [sys.executable, "-u", *SOAK[name]], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            lines.append(line)
    lines.append(f"\nexit status {process.returncode}\n")
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.txt").write_text("".join(lines))
    return process.returncode


def machine() -> str:
    """What the numbers were measured on."""
    system, load = os.uname(), ", ".join(f"{each:.1f}" for each in os.getloadavg())
    python = "Python {}.{}.{}".format(*sys.version_info[:3])
    return f"{system.sysname} {system.machine}, {os.cpu_count()} cores, {python}, load {load}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
