"""Break the code in small ways, one at a time, and see whether the nearest tests notice.

    .venv/bin/python -m tools.mutants --seed 9 --sample 150 new.json [CHECKOUT]
    .venv/bin/python -m tools.mutants --these new.json --status lived old.json OTHER_CHECKOUT

The first command draws a sample over `ROOMS`, as many mutants of each file, and tests them.  The
second tests those that lived with the tests of another checkout: a mutant that dies there was
noticed by the earlier tests.  The last commit of the checkout (of this one, if none is named) is
copied into memory and mutated there; the tests run in its own .venv if it has one, the nearest
first, until one fails.  A test that hangs has failed.  Results are kept one by one in the file that
is named first: the same command again goes on where it was stopped.  The same seed and sources give
the same sample.
"""

import argparse
import json
import subprocess
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from hashlib import sha256
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from typing import Any

from tools.mutations import Mutant
from tools.trials import ROOMS, Copy, Outcome

Row = dict[str, Any]
NAMES = {Path(path).stem: path for path in ROOMS}


class Results:
    """The file of results: what the tests of one commit noticed, whatever is committed since."""

    def __init__(self, file: Path, checkout: Path) -> None:
        if not file.exists():
            command = ["git", "-C", str(checkout), "rev-parse", "HEAD"]
            commit = subprocess.check_output(command, text=True).strip()
            file.write_text(json.dumps({"commit": commit}))
        kept: Row = json.loads(file.read_text())
        self._file, self._kept = file, kept
        self.commit: str = kept["commit"]
        self.healthy: dict[str, float] = kept.setdefault("healthy", {})
        """The seconds of the run, without any mutant, that the tests of a file were part of."""
        self.rows: list[Row] = kept.setdefault("mutants", [])

    def add(self, mutant: Mutant, outcome: Outcome) -> None:
        """Keep the outcome of a mutant."""
        self.rows.append(row_of(mutant) | outcome._asdict())
        self.keep()

    def keep(self) -> None:
        """Write the file."""
        self._file.write_text(json.dumps(self._kept, indent=1) + "\n")


def row_of(mutant: Mutant) -> Row:
    """A mutant in a file of results."""
    return {name: value for name, value in mutant._asdict().items() if name != "source"}


def key(row: Row) -> tuple[object, ...]:
    """The identity of a mutant, the same in two checkouts."""
    return row["path"], row["text"], row["change"], row["nth"]


def line_of(row: Row) -> str:
    """The line that is printed for a mutant."""
    what = f"{row['path']}:{row['line']}  {row['change']}  in  {row['text']}"
    return f"{row['status']:7} {row['seconds']:6.1f} s  {what}  {row['test']}"


def drawn(mutants: list[Mutant], seed: int, size: int) -> list[Mutant]:
    """A sample that stays the same where other lines change."""
    return sorted(mutants, key=lambda each: sha256(f"{seed} {each[:4]}".encode()).digest())[:size]


def chosen(copy: Copy, paths: list[str], args: argparse.Namespace) -> list[Mutant]:
    """The mutants that the command line asks for.  Raises `SystemExit` if one is not there."""
    mutants = {path: copy.mutants(path) for path in paths if copy.holds(path)}
    if args.these is None:
        size = -(-args.sample // len(ROOMS))
        return [each for path in paths for each in drawn(mutants[path], args.seed, size)]
    rows = [row for row in json.loads(args.these.read_text())["mutants"] if row["path"] in mutants]
    wanted = {key(row) for row in rows if row["status"] == args.status}
    found = [each for every in mutants.values() for each in every if key(row_of(each)) in wanted]
    if missing := wanted - {key(row_of(each)) for each in found}:
        raise SystemExit(f"not in this checkout: {missing}")
    return found


def check_healthy(copy: Copy, paths: list[str], results: Results) -> None:
    """Raises `SystemExit` if a test fails without any mutant."""
    new = [path for path in paths if path not in results.healthy]
    if new:
        tests = dict.fromkeys(test for path in new for test in copy.tests(path))
        outcome = copy.run(list(tests))
        if outcome.status != "lived":
            raise SystemExit(f"Without any mutant:\n{copy.log.read_text('utf-8', 'replace')}")
        results.healthy.update(dict.fromkeys(new, outcome.seconds))
        results.keep()


def try_all(mutants: list[Mutant], copies: list[Copy], results: Results) -> None:
    """Test as many at once as there are copies."""
    free = SimpleQueue[Copy]()
    for copy in copies:
        free.put(copy)

    def try_out(mutant: Mutant) -> Outcome:
        copy = free.get()
        try:
            return copy.try_out(mutant, 4 * results.healthy[mutant.path] + 60)
        finally:
            free.put(copy)

    with ThreadPoolExecutor(len(copies)) as pool:
        running = {pool.submit(try_out, mutant): mutant for mutant in mutants}
        try:
            for each in as_completed(running):
                results.add(running[each], each.result())
                print(line_of(results.rows[-1]), flush=True)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser("tools.mutants", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("results", type=Path, help="where the results are kept (JSON)")
    parser.add_argument("checkout", type=Path, nargs="?", default=Path(__file__).parents[1])
    parser.add_argument("--seed", type=int, default=9)
    parser.add_argument("--sample", type=int, default=150, help="over all files together")
    parser.add_argument("--only", choices=NAMES, action="append", help="this file; again for more")
    parser.add_argument("--jobs", type=int, default=2, help="mutants tested at once")
    parser.add_argument("--these", type=Path, help="take the mutants of these results")
    parser.add_argument("--status", choices=["lived", "killed", "timeout"], default="lived")
    return parser.parse_args()


def main() -> int:
    """1 if any of `--these` lives that had died, or died that had lived; else 0."""
    args = arguments()
    results = Results(args.results, args.checkout)
    paths = [NAMES[name] for name in args.only or NAMES]
    memory = Path("/dev/shm")  # noqa: S108 - in a folder of its own
    with TemporaryDirectory(prefix="mutants-", dir=memory if memory.is_dir() else None) as folder:
        copies = [
            Copy(args.checkout, results.commit, Path(folder, str(each), "copy"))
            for each in range(args.jobs)
        ]
        mutants = chosen(copies[0], paths, args)
        asked, done = {key(row_of(each)) for each in mutants}, {key(row) for row in results.rows}
        known = f"{len(asked)} mutants, {len(asked & done)} known"
        print(f"{results.commit:.7}, seed {args.seed}: {known}", flush=True)
        check_healthy(copies[0], paths, results)
        try_all([each for each in mutants if key(row_of(each)) not in done], copies, results)
    rows = [row for row in results.rows if key(row) in asked]
    for path in dict.fromkeys(row["path"] for row in rows):
        print(path, dict(Counter(row["status"] for row in rows if row["path"] == path)))
    expected = args.status == "lived" if args.these else False
    odd = [row for row in rows if (row["status"] == "lived") != expected]
    print(len(odd), "died" if expected else "lived")
    for row in odd:
        print(line_of(row))
    return 1 if args.these and odd else 0


if __name__ == "__main__":
    raise SystemExit(main())
