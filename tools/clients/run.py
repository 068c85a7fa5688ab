"""Log in with Doorward by other people's programs: `python -m tools.clients.run [NAME ...]`.

Prints a line for each program and step.  The programs and their settings are in this folder, what
they need is installed below `build/clients`.
"""

import sys
import tempfile
from pathlib import Path

from .cases import CASES
from .driver import drive
from .environments import Missing
from .provider import provider


def main(wanted: list[str]) -> int:
    """The exit status: 0 where each program that can run here did all its steps."""
    names = [case.name for case in CASES]
    if unknown := sorted(set(wanted) - set(names)):
        sys.exit(f"clients: known are {', '.join(names)}, not {', '.join(unknown)}")
    failed: list[str] = []
    with tempfile.TemporaryDirectory() as folder, provider(Path(folder)) as house:
        for case in CASES:
            if wanted and case.name not in wanted:
                continue
            try:
                if not drive(house, case, say):
                    failed.append(case.name)
            except Missing as missing:
                say(f"{case.name}: not here: {missing}")
        leaks = house.leaks()
        say(f"log: {f'FAILED: {leaks[0]}' if leaks else 'no code, token or secret in it: ok'}")
        failed += ["log"] if leaks else []
    say(f"failed: {', '.join(failed)}" if failed else "all ok")
    return int(bool(failed))


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
