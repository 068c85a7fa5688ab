"""The log that a crash leaves beside a SQLite file, looked at before anybody opens the two.

Whoever opens them writes the log into the file.  Beside its own file that is the repair; beside
another, such as a backup that was put in its place, it undoes the restore, or spoils the file.
"""

import os
import sqlite3
import struct
import sys
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ..errors import ConfigurationError

_HEAD, _FRAME = 32, 24
_MAGIC = (0x377F0682, 0x377F0683)
_KNOWN = ("linux", "darwin")
"""Systems whose `struct flock` is known here; elsewhere nobody can tell who has the file open."""

_SWITCH = 128
"""The byte of the -shm file that every process locks while it has the database open."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a file and the log beside it, and what to do."""

    says: str
    do: str


@dataclass(frozen=True, slots=True)
class _Log:
    """What of a log would be written: the last frame of each page, how many pages the database has
    at its end, and the change counters on its first page."""

    page_size: int
    pages: dict[int, bytes]
    size: int
    counters: tuple[int, ...]


def check_log(path: Path) -> None:
    """Raises `ConfigurationError` when the log beside this file is not its own."""
    trouble = _trouble(path)
    if trouble is not None:
        raise ConfigurationError(f"{trouble.says}; {trouble.do}")


def trouble_of(path: Path) -> Trouble | None:
    """What is wrong with a file and the log beside it, every page of it read; None when nothing
    is, or there is no log."""
    if not _is_left(path):
        return None
    trouble, log = _trouble(path), f"{path}-wal"
    if trouble is not None:
        return trouble
    found = _checked(path)
    if found == "ok":
        return None
    return Trouble(f"{path} is malformed together with {log}: {found}", _remedy(path))


def _remedy(path: Path) -> str:
    return (
        "while no server runs, put the backup in place once more, remove"
        f" {path}-wal and the -shm beside it, and start"
    )


def _trouble(path: Path) -> Trouble | None:
    if not _is_left(path) or sys.platform not in _KNOWN or _is_open_elsewhere(path):
        return None
    log, file = _read(Path(f"{path}-wal").read_bytes()), _kept(*_identity(path))
    head = os.pread(file, 100, 0)
    if log is None or not head.startswith(b"SQLite format 3\0"):
        return None
    if not _continues(log, head):
        says = f"{path}-wal was begun for another state of {path}: a backup was put there"
        return Trouble(f"{says} beside the log of the file before", _remedy(path))
    if _is_newer(path) and not _was_copied(log, file):
        says = f"{path} is newer than {path}-wal and holds nothing of it: a backup was put there"
        never = f"or, if no backup was put there, run: touch {path}-wal"
        return Trouble(f"{says} beside the log of the file before", f"{_remedy(path)}; {never}")
    return None


def _is_left(path: Path) -> bool:
    log = Path(f"{path}-wal")
    return path.exists() and log.exists() and log.stat().st_size > _HEAD


def _is_newer(path: Path) -> bool:
    return path.stat().st_mtime_ns > Path(f"{path}-wal").stat().st_mtime_ns


def _is_open_elsewhere(path: Path) -> bool:
    """Whether another process has the two open: then they are its affair, and may change."""
    import fcntl

    shared = Path(f"{path}-shm")
    if not shared.exists():
        return False
    kind, span = (fcntl.F_WRLCK, os.SEEK_SET), (_SWITCH, 1, 0)
    mac = sys.platform == "darwin"
    layout, fields = ("qqihh", span + kind) if mac else ("hhqqi4x", kind + span)
    asked = struct.pack(layout, *fields)
    answer = struct.unpack(layout, fcntl.fcntl(_kept(*_identity(shared)), fcntl.F_GETLK, asked))
    return bool(answer[3 if mac else 0] != fcntl.F_UNLCK)


def _identity(path: Path) -> tuple[Path, int, int]:
    found = path.stat()
    return path, found.st_dev, found.st_ino


@cache
def _kept(path: Path, device: int, number: int) -> int:
    """This file, open for reading.  Never closed: to close it would drop the locks that a store of
    this process has on it (POSIX)."""
    return os.open(path, os.O_RDONLY)


def _read(log: bytes) -> _Log | None:
    """None where nothing would be written.  See "WAL File Format" in SQLite's documentation."""
    magic, _, page_size = struct.unpack_from(">III", log)
    pages: dict[int, bytes] = {}
    counters: list[int] = []
    begun: list[tuple[int, bytes]] = []
    end = 0
    if magic not in _MAGIC or not page_size:
        return None
    for at in range(_HEAD, len(log) - _FRAME - page_size + 1, _FRAME + page_size):
        number, size, salt = struct.unpack_from(">II8s", log, at)
        if salt != log[16:24]:  # what is left of a longer log
            break
        begun.append((number, log[at + _FRAME : at + _FRAME + page_size]))
        if size:  # the last frame of a transaction
            counters += [_counter(page) for each, page in begun if each == 1]
            pages.update(begun)
            begun, end = [], size
    kept = {each: page for each, page in pages.items() if each <= end}
    return _Log(page_size, kept, end, tuple(counters)) if end else None


def _counter(head: bytes) -> int:
    return int.from_bytes(head[24:28])


def _continues(log: _Log, head: bytes) -> bool:
    """SQLite counts one up from the file's counter, whenever it writes the first page; and it
    writes that page whenever the number of pages changes."""
    if log.counters:
        return log.counters[0] - 1 <= _counter(head) <= log.counters[-1]
    return log.size == int.from_bytes(head[28:32])


def _was_copied(log: _Log, file: int) -> bool:
    """Whether what was written last to a file may be its log: then a page of it is there as the log
    has it last, also where the copying was broken off or a reader held a part of it back."""
    return any(
        os.pread(file, log.page_size, (number - 1) * log.page_size) == page
        for number, page in log.pages.items()
    )


def _checked(path: Path) -> str:
    # a connection that only reads does not write the log into the file when it is closed
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            return str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.Error as error:
        return str(error)
