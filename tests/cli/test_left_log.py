"""Writers killed at random, and backups put back beside the log that they left."""

import fcntl
import os
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from itertools import product
from pathlib import Path
from random import Random
from threading import Event
from typing import Any

import pytest

from doorward.cli.left_log import check_log, trouble_of
from doorward.errors import ConfigurationError

WRITER = """
import random, sqlite3, sys
draw = random.Random(sys.argv[2])
writes, reads = (sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60) for _ in "12")
writes.execute("PRAGMA journal_mode=WAL")
writes.execute(f"PRAGMA wal_autocheckpoint={draw.choice([1, 1, 5, 20, 1000])}")
writes.executescript(f"CREATE TABLE began{sys.argv[2]} (x); DROP TABLE began{sys.argv[2]}")
writes.execute("CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, word, filler)")
writes.execute("CREATE INDEX IF NOT EXISTS words ON rows (word)")
print(flush=True)
for _ in range(20_000):  # it ends by itself if nobody kills it
    if draw.random() < 0.1:  # a reader that holds back checkpoints
        if reads.in_transaction:
            reads.execute("COMMIT")
        else:
            reads.execute("BEGIN")
            reads.execute("SELECT count(*) FROM rows").fetchone()
    writes.execute("BEGIN IMMEDIATE")
    for _ in range(draw.choice([1, 1, 1, 10])):
        at = draw.randrange(400)
        if draw.random() < 0.6:
            row = (at, draw.randrange(9999), "f" * draw.randrange(2000))
            writes.execute("INSERT OR REPLACE INTO rows VALUES (?, ?, ?)", row)
        else:
            writes.execute("DELETE FROM rows WHERE id = ?", (at,))
    writes.execute("COMMIT")
"""
KINDS = ("cp while stopped", "cp while running", ".backup", "VACUUM INTO")


@contextmanager
def writing(path: Path, seed: int) -> Iterator[None]:
    """A process that writes there until the end, when it is killed."""
    command = [sys.executable, "-I", "-c", WRITER, str(path), str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
        try:
            assert writer.stdout is not None
            assert writer.stdout.readline()
            yield
        finally:
            writer.kill()


def is_refused(path: Path) -> bool:
    try:
        check_log(path)
    except ConfigurationError:
        return True
    return False


def copies(path: Path, folder: Path) -> Iterator[tuple[str, Path]]:
    """Of a database that others write to just now."""
    shutil.copy2(path, folder / KINDS[1])
    with closing(sqlite3.connect(path, timeout=60)) as source:
        with closing(sqlite3.connect(folder / KINDS[2])) as there:
            source.backup(there)
        source.execute(f"VACUUM INTO '{folder / KINDS[3]}'")
    yield from ((kind, folder / kind) for kind in KINDS[1:])


def restored(path: Path, backup: Path, folder: Path, *, times: bool) -> Path:
    """The log as a crash left it, beside a backup that was put over the file."""
    folder.mkdir(exist_ok=True)
    there = folder / path.name
    shutil.copy2(f"{path}-wal", f"{there}-wal")
    (shutil.copy2 if times else shutil.copy)(backup, there)
    return there


def rows(path: Path) -> list[tuple[object, ...]] | None:
    """None where the file and its log are malformed together."""
    try:
        with closing(sqlite3.connect(path)) as opened:
            return opened.execute("SELECT * FROM rows").fetchall()
    except sqlite3.DatabaseError:
        return None


def is_undone(put: Path, backup: Path) -> bool:
    """Whether to open these would undo the restore: some logs hold nothing to be written."""
    tried = put.with_name("tried.db")
    for end in ("", "-wal"):
        shutil.copy(f"{put}{end}", f"{tried}{end}")
    found = rows(tried)
    Path(f"{tried}-shm").unlink(missing_ok=True)
    return found is None or found != rows(backup)


def run(path: Path, seed: int, nth: int) -> list[tuple[str, Path]]:
    """Write to a database until all that write are killed; the copies that were made meanwhile."""
    with ExitStack() as writers:
        for each in range(1 + nth % 2):
            writers.enter_context(writing(path, 100 * seed + 10 * nth + each))
        made = list(copies(path, path.parent)) if nth == 2 else []
        Event().wait(Random(seed + nth).uniform(0, 0.15))
    return made


def stop(path: Path) -> tuple[str, Path]:
    """The last that closes a database copies its log; then it is copied with `cp`."""
    with closing(sqlite3.connect(path)) as last:
        last.execute("SELECT count(*) FROM rows").fetchone()
    there = path.with_name(KINDS[0])
    shutil.copy2(path, there)
    return KINDS[0], there


def count(path: Path, seed: int, kills: int, seen: Counter[str]) -> None:
    """What is refused of a database whose writers are killed so often, and of its backups."""
    backups: list[tuple[str, Path]] = []
    for nth in range(kills):
        backups += run(path, seed, nth)
        log = Path(f"{path}-wal")
        newer = log.exists() and path.stat().st_mtime_ns > log.stat().st_mtime_ns
        name = "crashes, the file newer" if newer else "crashes, the log newer"
        seen[name] += 1
        seen[f"{name} refused"] += is_refused(path)
        backups += [stop(path)] if nth == 1 else []
        for (kind, backup), times in product(backups if nth > 1 else [], (False, True)):
            name = f"{kind}, old times" if times else kind
            put = restored(path, backup, path.parent / "put", times=times)
            if is_undone(put, backup):
                seen[name] += 1
                seen[f"{name} refused"] += is_refused(put)


@pytest.mark.process
@pytest.mark.parametrize(
    ("databases", "kills"), [(1, 1), pytest.param(25, 4, marks=pytest.mark.soak)]
)
def test_no_crash_is_taken_for_a_restore(tmp_path: Path, databases: int, kills: int) -> None:
    seen = Counter[str]()
    first = int.from_bytes(os.urandom(3))
    for seed in range(first, first + databases):
        (tmp_path / str(seed)).mkdir()
        count(tmp_path / str(seed) / "x.db", seed, kills, seen)
    for name in [each for each in seen if not each.endswith("refused")]:
        print(f"{name}: {seen[f'{name} refused']} of {seen[name]} refused")
    crashes = [each for each in seen if each.startswith("crashes")]
    assert sum(seen[each] for each in crashes if not each.endswith("refused")) == kills * databases
    assert sum(seen[each] for each in crashes if each.endswith("refused")) == 0, first


def write(draw: Random, writes: sqlite3.Connection, reads: sqlite3.Connection) -> None:
    for _ in range(draw.choice([3, 30])):
        row = draw.randrange(200), "f" * draw.randrange(2000)
        writes.execute("INSERT OR REPLACE INTO rows VALUES (?, ?)", row)
        if draw.random() < 0.1 and not reads.in_transaction:
            reads.execute("BEGIN")
            reads.execute("SELECT count(*) FROM rows").fetchone()


def checkpoints(path: Path, draw: Random, times: int) -> Iterator[tuple[bytes, bytes, bytes]]:
    """The file before, the log, and the file after each."""
    with (
        closing(sqlite3.connect(path, isolation_level=None)) as writes,
        closing(sqlite3.connect(path, isolation_level=None)) as reads,
    ):
        writes.execute("PRAGMA journal_mode=WAL")
        writes.execute("PRAGMA wal_autocheckpoint=0")
        writes.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, filler)")
        for _ in range(times):
            write(draw, writes, reads)
            before, log = path.read_bytes(), Path(f"{path}-wal").read_bytes()
            writes.execute("PRAGMA wal_checkpoint(PASSIVE)")
            if reads.in_transaction and draw.random() < 0.5:
                reads.execute("COMMIT")
            yield before, log, path.read_bytes()


@pytest.mark.parametrize(
    ("times", "drawn"), [(10, False), pytest.param(600, True, marks=pytest.mark.soak)]
)
def test_a_checkpoint_broken_off_after_any_page_is_in_order(
    tmp_path: Path, times: int, *, drawn: bool
) -> None:
    """Also where a reader holds back a part of the log, and where the file has some of it."""
    left, judged = tmp_path / "left.db", 0
    seed = int.from_bytes(os.urandom(3)) if drawn else 1  # of ten, a reader may hold back all
    for before, log, after in checkpoints(tmp_path / "x.db", Random(seed), times):
        Path(f"{left}-wal").write_bytes(log)
        os.utime(f"{left}-wal", (1, 1))
        for file in broken_off(before, after):
            left.write_bytes(file)
            assert not is_refused(left), seed
            judged += 1
    print(f"broken off: 0 of {judged} refused")
    assert judged


def broken_off(before: bytes, after: bytes) -> Iterator[bytes]:
    """The file after each page that a checkpoint wrote.  What it left out behind the old end of the
    file is a hole, which nobody wrote."""
    size = 4096
    for end in range(size, len(after) + 1, size):
        page = after[end - size : end]
        if page != before[end - size : end] and any(page):
            yield after[:end] + before[end:]


def write_and_keep(folder: Path) -> Path:
    """A database with its log and its -shm, which nobody has open."""
    folder.mkdir()
    path, left = folder / "x.db", folder / "left.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as live:
        live.execute("PRAGMA journal_mode=WAL")
        live.execute("CREATE TABLE rows (id)")
        for end in ("", "-wal", "-shm"):
            shutil.copy(f"{path}{end}", f"{left}{end}")
    return left


def judged(gone: Path, cut: int | None, place: object, name: str, nth: int) -> bool:
    """Whether a file vanished, or was cut off, right before the nth time that this was asked of
    the system."""
    put, asked = getattr(place, name), []

    def vanishing(*words: Any, **more: Any) -> Any:
        asked.append(words)
        if len(asked) == nth:
            gone.unlink() if cut is None else os.truncate(gone, cut)
        return put(*words, **more)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(place, name, vanishing)
        assert trouble_of(gone.with_name("left.db")) is None
    return len(asked) >= nth


@pytest.mark.parametrize(
    ("gone", "cut"),
    [("", None), ("-wal", None), ("-shm", None), ("-wal", 0), ("-wal", 20), ("-wal", 40)],
)
@pytest.mark.parametrize(("place", "name"), [(Path, "stat"), (fcntl, "fcntl"), (os, "pread")])
def test_a_file_or_a_log_that_vanishes_meanwhile_is_as_if_it_had_never_been(
    tmp_path: Path, gone: str, cut: int | None, place: object, name: str
) -> None:
    nth = 1
    while judged(Path(f"{write_and_keep(tmp_path / str(nth))}{gone}"), cut, place, name, nth):
        nth += 1
    assert nth > 1
