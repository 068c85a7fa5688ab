"""The log that a crash leaves beside a SQLite file, looked at before anybody opens the two.

Whoever opens them writes the log into the file.  Beside its own file that is the repair; beside
another, such as a backup that was put in its place, it undoes the restore, or spoils the file.
"""

import os
import sqlite3
import struct
import sys
from bisect import bisect_left
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from ..errors import ConfigurationError

_HEAD, _FRAME = 32, 24
_MAGIC = (0x377F0682, 0x377F0683)
_CHANGES, _SIZE, _SCHEMA, _VACUUM = 24, 28, 40, 52
"""Where the first page of a file keeps these numbers, each in four bytes."""
_SWITCH = 128
"""The byte of the -shm file that every process locks while it has the database open."""

_State = tuple[int, memoryview]
_Frames = dict[int, list[_State]]
_NEVER: Final[_State] = (sys.maxsize, memoryview(b""))


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a file and the log beside it, and what to do."""

    says: str
    do: str


@dataclass(frozen=True, slots=True)
class _Log:
    """What of a log would be written.

    `frames` are the states of each page, in order, each with its place in the log; `sizes` are the
    numbers of pages that the database had before the log first has its first page.
    """

    page_size: int
    frames: _Frames
    sizes: frozenset[int]


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
    if not _is_left(path) or sys.platform == "win32" or _is_open_elsewhere(path):
        return None
    log, file = _read(Path(f"{path}-wal").read_bytes()), _kept(*_identity(path))
    if log is None or os.pread(file, 16, 0) != b"SQLite format 3\0":
        return None
    if not _continues(log, _page(log, file, 1)):
        says = f"{path}-wal was begun for another state of {path}: a backup was put there"
        return Trouble(f"{says} beside the log of the file before", _remedy(path))
    if _is_newer(path) and not _was_copied(log, file):
        says = f"{path} is newer than {path}-wal, which did not write it: a backup was put there"
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
    layout = "qqihh" if sys.platform == "darwin" else "hhqqi4x"
    mac = sys.platform == "darwin"
    kind, asked = (fcntl.F_WRLCK, os.SEEK_SET), (_SWITCH, 1, 0)
    packed = struct.pack(layout, *((*asked, *kind) if mac else (*kind, *asked)))
    answer = struct.unpack(layout, fcntl.fcntl(_kept(*_identity(shared)), fcntl.F_GETLK, packed))
    return bool(answer[3 if mac else 0] != fcntl.F_UNLCK)


def _identity(path: Path) -> tuple[Path, int, int]:
    found = path.stat()
    return path, found.st_dev, found.st_ino


@cache
def _kept(path: Path, device: int, number: int) -> int:
    """This file, open for reading.  Never closed: to close it would drop the locks that a store of
    this process has on it (POSIX)."""
    return os.open(path, os.O_RDONLY)


def _page(log: _Log, file: int, number: int) -> bytes:
    return os.pread(file, log.page_size, (number - 1) * log.page_size)


def _read(log: bytes) -> _Log | None:
    """None where nothing would be written.  See "WAL File Format" in SQLite's documentation."""
    magic, _, page_size = struct.unpack_from(">III", log)
    if magic not in _MAGIC or not page_size:
        return None
    kept: _Frames = {}
    begun: list[tuple[int, int, memoryview]] = []
    sizes: set[int] = set()
    content = memoryview(log)
    for at in range(_HEAD, len(log) - _FRAME - page_size + 1, _FRAME + page_size):
        number, size, salt = struct.unpack_from(">II8s", log, at)
        if salt != log[16:24]:  # what is left of a longer log
            break
        begun.append((number, at, content[at + _FRAME : at + _FRAME + page_size]))
        if size:  # the last frame of a transaction
            for each, place, page in begun:
                kept.setdefault(each, []).append((place, page))
            begun = []
            sizes |= set() if 1 in kept else {size}
    return _Log(page_size, kept, frozenset(sizes)) if kept else None


def _number(head: bytes | memoryview, at: int) -> int:
    return int.from_bytes(head[at : at + 4])


def _continues(log: _Log, head: bytes) -> bool:
    """Whether this first page is one of the log, or may be the one that the log was begun for."""
    heads = [page for _, page in log.frames.get(1, ())]
    if head in heads:
        return True
    same_size = log.sizes <= {_number(head, _SIZE)}  # to change it, SQLite writes the first page
    return same_size and (not heads or _precedes(head, heads[0]))


def _precedes(head: bytes, following: memoryview) -> bool:
    """Whether SQLite may have written one first page after the other.  It counts the changes one
    up, unless the same connection wrote both.  Only VACUUM and a restore through SQLite make a
    database smaller, and both count its schema up by one; else only auto-vacuum does."""
    changes = _number(following, _CHANGES) - _number(head, _CHANGES)
    schema = _number(following, _SCHEMA) - _number(head, _SCHEMA)
    grew = _number(following, _SIZE) >= _number(head, _SIZE)
    return changes in (0, 1) and schema >= 0 and (grew or schema == 1 or _number(head, _VACUUM) > 0)


def _was_copied(log: _Log, file: int) -> bool:
    """Whether what was written last to a file may be its log: then it holds a page of the log, and
    what a checkpoint copies before that page."""
    there = {number: _page(log, file, number) for number in log.frames}
    return any(
        page == there[number] and _was_reached(log.frames, there, number, nth)
        for number, states in log.frames.items()
        for nth, (_, page) in enumerate(states)
    )


def _was_reached(frames: _Frames, there: dict[int, bytes], number: int, nth: int) -> bool:
    """Whether a checkpoint that copied this state of a page had copied all before it.

    It goes by the numbers of pages, and takes each as the log has it last at that time, but leaves
    out those that changed after what some reader still reads.  The latest such time is when the
    page changed again, and the first state that may be left out is later than the one copied.
    """
    place, until = frames[number][nth][0], [*frames[number], _NEVER][nth + 1][0]
    for before in (each for each in frames if each < number):
        last = frames[before][: bisect_left(frames[before], (until,))][-1:]
        if any(at < place and page != there[before] for at, page in last):
            return False
    return True


def _checked(path: Path) -> str:
    # a connection that only reads does not write the log into the file when it is closed
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            return str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.Error as error:
        return str(error)
