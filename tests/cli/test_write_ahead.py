"""Logs made frame by frame, beside files that fit them in all but one thing."""

import os
import sys
import tracemalloc
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from doorward.cli.left_log import check_log
from doorward.errors import ConfigurationError

PAGE = 4096
SALT = b"8 random"
MEGABYTE = 1_000_000


def first(changes: int, pages: int, schema: int = 7, vacuum: int = 0) -> bytes:
    """The first page of a database."""
    head = bytearray(PAGE)
    head[:16] = b"SQLite format 3\0"
    for at, number in ((24, changes), (28, pages), (40, schema), (52, vacuum)):
        head[at : at + 4] = number.to_bytes(4)
    return bytes(head)


def page(text: str) -> bytes:
    return text.encode().ljust(PAGE, b".")


@dataclass(frozen=True, slots=True)
class Frame:
    """`size` is 0 but in the last frame of a transaction."""

    number: int
    content: bytes
    size: int = 0
    salt: bytes = SALT

    def __bytes__(self) -> bytes:
        head = self.number.to_bytes(4) + self.size.to_bytes(4) + self.salt + bytes(8)
        return head + self.content


HEAD = bytes.fromhex("377f0682002de218") + PAGE.to_bytes(4) + bytes(4) + SALT + bytes(8)


def pair(folder: Path, file: bytes, frames: Iterable[Frame], *, newer: bool = False) -> Path:
    path = folder / "x.db"
    path.write_bytes(file)
    with Path(f"{path}-wal").open("wb") as log:
        log.write(HEAD)
        log.writelines(map(bytes, frames))
    os.utime(path, (2, 2))
    os.utime(f"{path}-wal", (1, 1) if newer else (3, 3))
    return path


def is_refused(path: Path) -> bool:
    try:
        check_log(path)
    except ConfigurationError:
        return True
    return False


FILE = first(5, 3) + page("b") + page("c")

CONTINUED = {
    "the page is counted up": [Frame(1, first(6, 3), 3)],
    "the same connection wrote it before": [Frame(1, first(5, 3, schema=8), 3)],
    "it has tables more": [Frame(1, first(6, 3, schema=9), 3)],
    "it grew": [Frame(1, first(6, 4)), Frame(4, page("d"), 4)],
    "VACUUM made it smaller": [Frame(1, first(6, 2, schema=8), 2)],
    "it holds the last of several": [Frame(1, first(n, 3), 3) for n in (3, 4, 5)],
    "the first page is not there": [Frame(2, page("B"), 3)],
    "and is not until it grows": [Frame(2, page("B"), 3), Frame(1, first(6, 4), 4)],
    "what does not fit is left of a longer log": [
        Frame(2, page("B"), 3),
        Frame(1, first(99, 3), 3, b"other..."),
    ],
    "what does not fit was not committed": [Frame(2, page("B"), 3), Frame(1, first(99, 3))],
}

NOT_CONTINUED = {
    "two changes later": [Frame(1, first(7, 3), 3)],
    "changes earlier": [Frame(1, first(4, 3), 3)],
    "fewer tables were ever made": [Frame(1, first(6, 3, schema=6), 3)],
    "it got smaller by itself": [Frame(1, first(6, 2), 2)],
    "smaller, with more tables": [Frame(1, first(6, 2, schema=9), 2)],
    "it had another size": [Frame(2, page("B"), 4)],
    "it had another size, before the first page was written": [
        Frame(2, page("B"), 4),
        Frame(1, first(6, 4), 4),
    ],
}


@pytest.mark.parametrize("frames", CONTINUED.values(), ids=CONTINUED)
def test_a_log_that_may_continue_the_file_is_in_order(tmp_path: Path, frames: list[Frame]) -> None:
    assert not is_refused(pair(tmp_path, FILE, frames))


@pytest.mark.parametrize("frames", NOT_CONTINUED.values(), ids=NOT_CONTINUED)
def test_a_log_that_cannot_continue_the_file_is_refused(
    tmp_path: Path, frames: list[Frame]
) -> None:
    assert is_refused(pair(tmp_path, FILE, frames))


def test_auto_vacuum_makes_a_database_smaller(tmp_path: Path) -> None:
    file = first(5, 3, vacuum=3) + page("b") + page("c")
    assert not is_refused(pair(tmp_path, file, [Frame(1, first(6, 2, vacuum=2), 2)]))


def written(*words: str) -> bytes:
    """A file of these pages behind its first."""
    return first(5, 1 + len(words)) + b"".join(map(page, words))


def states(*words: str) -> list[Frame]:
    """A log of transactions of one page each: b1, c1, b2 are two states of page 2, one of 3."""
    return [Frame("abcd".index(word[0]) + 1, page(word), 4) for word in words]


COPIED = {
    "all of it": (written("b1", "c1", "d1"), states("c1", "b1", "d1")),
    "until it was broken off": (written("b1", "c0", "d0"), states("d1", "c1", "b1")),
    "what a reader let it": (written("b0", "c1", "d0"), states("c1", "b1", "d1")),
    "but for a page that changed again": (written("b0", "c1", "d0"), states("b1", "c1", "b2")),
    "before another wrote more": (written("b1", "c1", "d0"), states("b1", "c1", "b2", "c2")),
}

NOT_COPIED = {
    "nothing of it is there": (written("b0", "c0", "d0"), states("b1", "c1", "d1")),
    "the page before is lacking": (written("b0", "c1", "d0"), states("b1", "c1", "d1")),
    "it is lacking all the time": (written("b0", "c1", "d0"), states("b1", "c1", "c2", "b2")),
    "one of two is lacking": (written("b1", "c0", "d1"), states("c1", "d1", "b2", "b3")),
    "of both a state is lacking": (written("b0", "c0", "d1"), states("b1", "c1", "b2", "d1")),
    "one is lacking for longer": (written("b0", "c0", "d1"), states("c1", "b1", "d1", "b2")),
    "the first is lacking for longer": (written("b0", "c0", "d1"), states("b1", "c1", "d1", "c2")),
    "one is lacking across a change of another": (
        written("b0", "c0", "d1"),
        states("c1", "b1", "d1", "c2", "d2", "b2"),
    ),
}


@pytest.mark.parametrize(("file", "frames"), COPIED.values(), ids=COPIED)
def test_a_newer_file_that_a_checkpoint_may_have_written_is_in_order(
    tmp_path: Path, file: bytes, frames: list[Frame]
) -> None:
    assert not is_refused(pair(tmp_path, file, frames, newer=True))


@pytest.mark.parametrize(("file", "frames"), NOT_COPIED.values(), ids=NOT_COPIED)
def test_a_newer_file_that_no_checkpoint_wrote_is_refused(
    tmp_path: Path, file: bytes, frames: list[Frame]
) -> None:
    assert is_refused(pair(tmp_path, file, frames, newer=True))
    assert not is_refused(pair(tmp_path, file, frames))


OTHER = [Frame(1, first(7, 3), 3)]
"""What is refused beside `FILE`."""


@pytest.mark.parametrize(
    "head",
    [b"\0\0\0\1" + HEAD[4:], HEAD[:8] + bytes(4) + HEAD[12:]],
    ids=["no log", "pages of no size"],
)
def test_what_sqlite_would_not_write_is_not_judged(tmp_path: Path, head: bytes) -> None:
    path = pair(tmp_path, FILE, OTHER)
    assert is_refused(path)
    with Path(f"{path}-wal").open("r+b") as log:
        log.write(head)
    assert not is_refused(path)


def test_what_is_no_database_is_not_judged(tmp_path: Path) -> None:
    assert not is_refused(pair(tmp_path, page("a letter"), OTHER))


def test_where_nobody_can_tell_who_has_a_file_open_nothing_is_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pair(tmp_path, FILE, OTHER)
    monkeypatch.setattr(sys, "platform", "freebsd14")
    assert not is_refused(path)


@pytest.mark.parametrize(
    "size", [8 * MEGABYTE, pytest.param(1000 * MEGABYTE, marks=pytest.mark.soak)]
)
def test_a_log_is_not_held_in_memory(tmp_path: Path, size: int) -> None:
    """Each page of a file that holds none of it, all of which is read."""
    pages = size // PAGE
    log = (Frame(number, page("log"), pages) for number in range(2, pages + 1))
    path = pair(tmp_path, first(5, pages), log, newer=True)
    os.truncate(path, pages * PAGE)
    os.utime(path, (2, 2))
    tracemalloc.start()
    try:
        assert is_refused(path)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    print(f"{most / MEGABYTE:.0f} MB for a log of {size / MEGABYTE:.0f} MB")
    assert most < size / 10
