"""A write-ahead log of SQLite, and whether it belongs to the file that it lies beside.

The decision is docs/decisions/0039; the format is in "WAL File Format" of SQLite's documentation.
"""

import os
import struct
import sys
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

HEAD: Final = 32
"""The bytes before the first frame: a log that has no more holds nothing."""

_FRAME = 24
_MAGIC = (0x377F0682, 0x377F0683)
_CHANGES, _SIZE, _SCHEMA, _VACUUM = 24, 28, 40, 52
"""Where the first page of a file keeps these numbers, each in four bytes."""

_Places = dict[int, "array[int]"]


class CutOffError(Exception):
    """The log became shorter since its frames were read."""


@dataclass(frozen=True, slots=True)
class Log:
    """What of an open log would be written.

    `places` are where the log has each page, in order. The pages themselves stay in the file, for
    it may be larger than the memory. `sizes` are the numbers of pages that the database had before
    the log first has its first page.
    """

    file: int
    page_size: int
    places: _Places
    sizes: frozenset[int]

    def page(self, place: int) -> bytes:
        """Raises `CutOffError`."""
        found = os.pread(self.file, self.page_size, place + _FRAME)
        if len(found) < self.page_size:
            raise CutOffError
        return found

    def page_of(self, file: int, number: int) -> bytes:
        """The page of this number in a database."""
        return os.pread(file, self.page_size, (number - 1) * self.page_size)


def read_log(file: int) -> Log | None:
    """None where nothing would be written, also because the log was cut off meanwhile."""
    head = os.pread(file, HEAD, 0)
    if len(head) < HEAD:
        return None
    magic, _, page_size = struct.unpack_from(">III", head)
    if magic not in _MAGIC:
        return None
    places: _Places = {}
    begun: list[tuple[int, int]] = []
    sizes: set[int] = set()
    for place, number, size in _frames(file, page_size, head[16:24]):
        begun.append((number, place))
        if size:  # the last frame of a transaction
            for each, at in begun:
                places.setdefault(each, array("q")).append(at)
            begun.clear()
            sizes |= set() if 1 in places else {size}
    return Log(file, page_size, places, frozenset(sizes)) if places else None


def _frames(file: int, page_size: int, salt: bytes) -> Iterator[tuple[int, int, int]]:
    """The place of each frame, the number of its page, and the number of pages of the database
    where a transaction ends."""
    end = os.fstat(file).st_size - _FRAME - page_size
    for place in range(HEAD, end + 1, _FRAME + page_size):
        head = os.pread(file, _FRAME, place)
        if head[8:16] != salt:  # what is left of a longer log, or cut off meanwhile
            return
        number, size = struct.unpack_from(">II", head)
        yield place, number, size


def continues(log: Log, file: int) -> bool:
    """Whether the first page of a file is one of the log, or may be the one that the log was begun
    for."""
    head, heads = log.page_of(file, 1), log.places.get(1, ())
    if any(log.page(place) == head for place in heads):
        return True
    same_size = log.sizes <= {_number(head, _SIZE)}  # to change it, SQLite writes the first page
    return same_size and (not heads or _precedes(head, log.page(heads[0])))


def _precedes(head: bytes, following: bytes) -> bool:
    """Whether SQLite may have written one first page after the other.  It counts the changes one
    up, unless the same connection wrote both.  Only VACUUM and a restore through SQLite make a
    database smaller, and both count its schema up by one; else only auto-vacuum does."""
    changes = _number(following, _CHANGES) - _number(head, _CHANGES)
    schema = _number(following, _SCHEMA) - _number(head, _SCHEMA)
    grew = _number(following, _SIZE) >= _number(head, _SIZE)
    return changes in (0, 1) and schema >= 0 and (grew or schema == 1 or _number(head, _VACUUM) > 0)


def _number(head: bytes, at: int) -> int:
    return int.from_bytes(head[at : at + 4])


def was_copied(log: Log, file: int) -> bool:
    """Whether what was written last to a file may be its log: then it holds a page of the log, and
    what a checkpoint copies before that page.

    It goes by the numbers of pages, and takes each as the log has it at some moment, but leaves out
    those that changed after what some reader still reads.  So the moment is one when the page stood
    in the log as it was copied; and it leaves out no page of a lower number that stood there from
    before until after.
    """
    lacking = _Spans()
    for number in sorted(log.places):
        there = log.page_of(file, number)
        for place, until in pairwise((*log.places[number], sys.maxsize)):
            if log.page(place) != there:
                lacking.add(place, until)
            elif not lacking.cover(place, until):
                return True
    return False


@dataclass(frozen=True, slots=True)
class _Spans:
    """Spans of a log.  None of those kept is within another, so the starts and the ends are both in
    order, and one search finds whether any covers a span, however long the log is."""

    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    def cover(self, start: int, end: int) -> bool:
        """Whether one span covers all of this one."""
        before = bisect_right(self.starts, start)
        return before > 0 and self.ends[before - 1] >= end

    def add(self, start: int, end: int) -> None:
        if not self.cover(start, end):
            within = slice(bisect_left(self.starts, start), bisect_right(self.ends, end))
            self.starts[within], self.ends[within] = [start], [end]
