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
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from ..server.accounts.breached import digest_of
from .output import NotDone

BLOCK = 1 << 20
"""Bytes read at once, and the longest line."""

STDIN = "-"
"""The name of a list that comes in on stdin."""

_DIGITS = 40
_FIRST = 100  # lines that tell what a list is
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

    def __init__(self, file: IO[bytes], name: str, least: int | None) -> None:
        self._file, self._name, self._least = file, name, least
        self._packed = self._begins(2) == _GZIP
        self.has_counts = self._judged()
        if least is not None and not self.has_counts:
            raise NotDone(f"{name} has no counts (HEX40:COUNT), so --min-count cannot choose.")

    def digests(self, seen: Seen = lambda done, total: None) -> Iterator[bytes]:
        """The SHA-1 of each entry, in the order of the list."""
        if self.has_counts:
            return self._of_counts(self._lines(seen))
        return map(digest_of, filter(None, self._lines(seen)))

    def _judged(self) -> bool:
        """Whether the lines are digests with counts, by the first ones.  Nobody's words are such
        lines, and words between them are a slip that would make the filter useless."""
        first = [line for line in islice(self._lines(), _FIRST) if line]
        found = [_WITH_COUNT.fullmatch(line) for line in first]
        sizes = {len(each[1]) for each in found if each}
        if sizes - {_DIGITS}:
            raise NotDone(
                f"{self._name} holds digests of {min(sizes - {_DIGITS})} digits; Doorward needs the"
                f" list of SHA-1, whose digests have {_DIGITS}."
            )
        if any(found) and not all(found):
            raise NotDone(f"{self._name} mixes lines of the form HEX40:COUNT with others.")
        return any(found)

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
            if line[_DIGITS : _DIGITS + 1] != b":":
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
    with ExitStack() as stack:
        try:
            file = _stdin() if name == STDIN else stack.enter_context(Path(name).open("rb"))
        except OSError as error:
            raise _unreadable(shown, error) from error
        if not _is_regular(file):
            file = _copied(file, shown, stack.enter_context(_spool(spool)))
        yield PasswordList(file, shown, least)


def _stdin() -> IO[bytes]:
    if sys.stdin is None:  # the shell closed it
        raise NotDone("There is no stdin to read a list from.")
    return sys.stdin.buffer


def _is_regular(file: IO[bytes]) -> bool:
    try:
        return stat.S_ISREG(os.fstat(file.fileno()).st_mode)
    except OSError:  # a stream that is no file of the system
        return False


def _spool(folder: Path) -> IO[bytes]:
    try:
        return TemporaryFile(dir=folder)
    except OSError as error:
        raise NotDone(f"Nothing can be written to {folder}: {error.strerror}.") from error


def _copied(file: IO[bytes], name: str, spool: IO[bytes]) -> IO[bytes]:
    try:
        shutil.copyfileobj(file, spool, BLOCK)
        spool.seek(0)
    except OSError as error:
        raise NotDone(
            f"{name} cannot be copied to a file to be read twice: {error.strerror}."
        ) from error
    return spool


def _unreadable(name: str, error: OSError) -> NotDone:
    return NotDone(f"{name} cannot be read: {error.strerror or 'it is damaged'}.")
