"""Lists of stolen passwords, read as a stream: words, or the digests with counts of HIBP."""

import gzip
import os
import re
import shutil
import stat
import sys
import zlib
from binascii import unhexlify
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

from ..server.accounts.breached import digest_of
from .output import NotDone

BLOCK = 1 << 20
"""Bytes read at once, and the longest line."""

STDIN = "-"
"""The name of a list that comes in on stdin."""

_DIGITS = 40
_WITH_COUNT = re.compile(rb"([0-9A-Fa-f]{32,}):[0-9]+")
_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"

Seen = Callable[[int, int], None]
"""Told how many bytes of how many were read."""


class PasswordList:
    """An open list, which can be read several times.  `least` is the smallest count of an entry
    that is taken, None for no such choice; `name` is how sentences call it.

    Raises `NotDone` for what is no such list.  No sentence repeats a line, which may be somebody's
    password; they give its number.
    """

    def __init__(self, file: BinaryIO, name: str, least: int | None) -> None:
        self._file, self._name, self._least = file, name, least
        self._packed = self._begins(2) == _GZIP
        first = next(self._lines(), b"")
        found = _WITH_COUNT.fullmatch(first)
        if found and len(found[1]) != _DIGITS:
            raise NotDone(
                f"{name} holds digests of {len(found[1])} digits; Doorward needs the list of SHA-1,"
                f" whose digests have {_DIGITS}."
            )
        self.has_counts = found is not None
        if least is not None and not self.has_counts:
            raise NotDone(f"{name} has no counts (HEX40:COUNT), so --min-count cannot choose.")

    def digests(self, seen: Seen = lambda done, total: None) -> Iterator[bytes]:
        """The SHA-1 of each entry, in the order of the list."""
        if self.has_counts:
            return self._of_counts(self._lines(seen))
        return map(digest_of, filter(None, self._lines(seen)))

    def _of_counts(self, lines: Iterator[bytes]) -> Iterator[bytes]:
        least = self._least or 0
        for number, line in enumerate(lines, 1):
            try:
                if int(line[_DIGITS + 1 :]) < least:
                    continue
                digest = unhexlify(line[:_DIGITS])
            except ValueError:
                if not line:
                    continue
                raise self._odd(number) from None
            if len(digest) * 2 != _DIGITS or line[_DIGITS : _DIGITS + 1] != b":":
                raise self._odd(number)
            yield digest

    def _odd(self, number: int) -> NotDone:
        return NotDone(f"Line {number} of {self._name} is not of the form HEX40:COUNT.")

    def _lines(self, seen: Seen = lambda done, total: None) -> Iterator[bytes]:
        """Every line without its end.  Memory is bounded by the longest."""
        rest, total = b"", os.fstat(self._file.fileno()).st_size
        for block in self._blocks():
            seen(self._file.tell(), total)
            *lines, rest = (rest + block).split(b"\n")
            for line in lines:
                yield line.removesuffix(b"\r")
            if len(rest) > BLOCK:
                raise NotDone(f"{self._name} is no list: it has a line of more than {BLOCK} bytes.")
        if rest:
            yield rest.removesuffix(b"\r")

    def _blocks(self) -> Iterator[bytes]:
        self._file.seek(0)
        file = gzip.GzipFile(fileobj=self._file) if self._packed else self._file
        try:
            first = file.read(BLOCK).removeprefix(_BOM)
            if b"\0" in first:
                raise NotDone(f"{self._name} is no list of passwords: it holds NUL bytes.")
            yield first
            yield from iter(partial(file.read, BLOCK), b"")
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise NotDone(f"{self._name} is a damaged gzip file, or only a part of one.") from None
        except OSError as error:
            raise _unreadable(self._name, error) from error

    def _begins(self, size: int) -> bytes:
        try:
            return self._file.read(size)
        except OSError as error:
            raise _unreadable(self._name, error) from error


@contextmanager
def opened_list(name: str, least: int | None, spool: Path) -> Iterator[PasswordList]:
    """The list in a file, or, for `-`, on stdin.  What cannot be read twice is first copied into
    the folder `spool`, as it is, and deleted afterwards.  Raises `NotDone`."""
    shown = "stdin" if name == STDIN else name
    try:
        file = sys.stdin.buffer if name == STDIN else Path(name).open("rb")
    except OSError as error:
        raise _unreadable(shown, error) from error
    with file:
        if stat.S_ISREG(_mode(file)):
            yield PasswordList(file, shown, least)
            return
        with _copy(file, shown, spool) as copy:
            yield PasswordList(copy, shown, least)


def _mode(file: BinaryIO) -> int:
    try:
        return os.fstat(file.fileno()).st_mode
    except OSError:  # a stream that is no file of the system
        return 0


@contextmanager
def _copy(file: BinaryIO, name: str, spool: Path) -> Iterator[BinaryIO]:
    try:
        with TemporaryFile(dir=spool) as copy:
            shutil.copyfileobj(file, copy, BLOCK)
            copy.seek(0)
            yield copy
    except OSError as error:
        raise NotDone(f"{name} cannot be copied to {spool}: {error.strerror}.") from error


def _unreadable(name: str, error: OSError) -> NotDone:
    return NotDone(f"{name} cannot be read: {error.strerror or 'it is damaged'}.")
