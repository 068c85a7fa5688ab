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
from .write_ahead import HEAD, CutOffError, continues, read_log, was_copied

_KNOWN = ("linux", "darwin")
"""Systems whose `struct flock` is known here; elsewhere nobody can tell who has the file open."""

_SWITCH = 128
"""The byte of the -shm file that every process locks while it has the database open."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a file and the log beside it, and what to do."""

    says: str
    do: str


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
    if found == "ok" or not _is_left(path):
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
    try:
        with Path(f"{path}-wal").open("rb") as log:
            return _between(path, _kept(*_identity(path)), log.fileno())
    except (FileNotFoundError, CutOffError):  # since the look: nobody can write that log any more
        return None


def _between(path: Path, file: int, opened: int) -> Trouble | None:
    log = read_log(opened)
    if log is None or os.pread(file, 16, 0) != b"SQLite format 3\0":
        return None
    if not continues(log, file):
        says = f"{path}-wal was begun for another state of {path}: a backup was put there"
        return Trouble(f"{says} beside the log of the file before", _remedy(path))
    if _is_newer(path) and not was_copied(log, file):
        says = f"{path} is newer than {path}-wal, which did not write it: a backup was put there"
        never = f"or, if no backup was put there, run: touch {path}-wal"
        return Trouble(f"{says} beside the log of the file before", f"{_remedy(path)}; {never}")
    return None


def _is_left(path: Path) -> bool:
    try:
        return path.exists() and Path(f"{path}-wal").stat().st_size > HEAD
    except FileNotFoundError:
        return False


def _is_newer(path: Path) -> bool:
    return path.stat().st_mtime_ns > Path(f"{path}-wal").stat().st_mtime_ns


def _is_open_elsewhere(path: Path) -> bool:
    """Whether another process has the two open: then they are its affair, and may change."""
    import fcntl

    try:
        shared = _kept(*_identity(Path(f"{path}-shm")))
    except FileNotFoundError:
        return False
    kind, span = (fcntl.F_WRLCK, os.SEEK_SET), (_SWITCH, 1, 0)
    mac = sys.platform == "darwin"
    layout, fields = ("qqihh", span + kind) if mac else ("hhqqi4x", kind + span)
    asked = struct.pack(layout, *fields)
    answer = struct.unpack(layout, fcntl.fcntl(shared, fcntl.F_GETLK, asked))
    return bool(answer[3 if mac else 0] != fcntl.F_UNLCK)


def _identity(path: Path) -> tuple[Path, int, int]:
    found = path.stat()
    return path, found.st_dev, found.st_ino


@cache
def _kept(path: Path, device: int, number: int) -> int:
    """This file, open for reading.  Never closed: to close it would drop the locks that a store of
    this process has on it (POSIX)."""
    return os.open(path, os.O_RDONLY)


def _checked(path: Path) -> str:
    # a connection that only reads does not write the log into the file when it is closed
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            return str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.Error as error:
        return str(error)
