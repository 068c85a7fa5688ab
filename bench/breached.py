"""What the filter of stolen passwords costs: to make one, to start with one, and at each password.

    python bench/breached.py            # about a minute, 60 MB on the disk
    python bench/breached.py --full     # also adds to a filter for 1,000,000,000 entries: 2.4 GB

Printed: for each number of entries the size at 1 in 10,000, the seconds of `doorward passwords
import` of digests with counts and its peak of memory, the milliseconds to read and prove the
filter, and the microseconds of `check_password` with a filter and without one.  With `--full`, the
microseconds to add one entry where memory, and no cache of the processor, holds the filter.
"""

import argparse
import hashlib
import json
import os
import resource
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory

from doorward.password_policy import check_password
from doorward.passwords import UnacceptablePassword
from doorward.server.accounts.bloom import DIGEST_SIZE, shape_for
from doorward.server.accounts.breached import BreachedPasswords, open_breached

RATE = 1e-4
SIZES = (100_000, 1_000_000)
FULL = 1_000_000_000
ADDED = 1_000_000


def listed(path: Path, entries: int) -> None:
    """A list as HIBP has it."""
    dice = Random(1)
    with path.open("w", newline="") as file:
        for _ in range(entries):
            file.write(f"{dice.randbytes(DIGEST_SIZE).hex().upper()}:{dice.randrange(1, 99)}\r\n")


def imported(folder: Path, entries: int) -> dict[str, float]:
    """One import in a process of its own, and the start with its filter."""
    listed(folder / "list", entries)
    out = folder / "filter"
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    words = ("-m", "doorward", "passwords", "import", folder / "list", "--out", out)
    subprocess.run([sys.executable, *words], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    wall = time.perf_counter() - began
    began = time.perf_counter()
    breached = open_breached(str(out))
    opened = time.perf_counter() - began
    return {
        "file_mb": round(out.stat().st_size / 1e6, 2),
        "import_s": round(wall, 1),
        "import_cpu_s": round(after.ru_utime - before, 1),
        "peak_mib": round(after.ru_maxrss / 1024, 1),
        "open_ms": round(opened * 1000, 1),
        "check_us": checked(breached),
        "check_without_us": checked(None),
    }


def checked(breached: BreachedPasswords | None) -> float:
    """Microseconds of one judgement of a good password with a capital: two look-ups."""
    rounds = []
    for number in range(9):
        began = time.perf_counter()
        for each in range(2000):
            with suppress(UnacceptablePassword):  # 1 in 5,000, by mistake
                check_password(f"Harbour {number} {each}", email="", minimum=8, breached=breached)
        rounds.append((time.perf_counter() - began) / 2000)
    return round(median(rounds) * 1e6, 1)


def added_to_the_largest() -> dict[str, float]:
    """Microseconds of an entry, added to a filter of which every page is in memory."""
    shape = shape_for(FULL, RATE)
    body = bytearray(shape.size)
    body[:: os.sysconf("SC_PAGE_SIZE")] = b"\1" * -(-shape.size // os.sysconf("SC_PAGE_SIZE"))
    digests = [hashlib.sha256(b"%d" % each).digest()[:DIGEST_SIZE] for each in range(ADDED)]
    began = time.perf_counter()
    for digest in digests:
        shape.add(body, digest)
    return {
        "file_gb": round(shape.size / 1e9, 2),
        "add_us": round((time.perf_counter() - began) / ADDED * 1e6, 2),
    }


def main() -> None:
    """Measure each in turn and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true")
    report: dict[str, object] = {}
    with TemporaryDirectory() as folder:
        for entries in SIZES:
            report[f"{entries:,}"] = imported(Path(folder), entries)
    if parser.parse_args().full:
        report[f"{FULL:,}"] = added_to_the_largest()
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
