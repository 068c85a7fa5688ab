"""Accounts in a file: CSV with a head, or JSON Lines."""

import csv
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from ..output import NotDone
from .account import NAMES, BadRow, Fields

Numbered = tuple[int, Fields | BadRow]
"""The number of a row's line, and the row, or why it is none."""

_LONGEST = 65_536  # Characters of a line.


def csv_rows(path: Path) -> Iterator[Numbered]:
    """The rows of a CSV file in UTF-8, whose first line names the fields.  Raises `NotDone`."""
    with _opened(path) as file:
        reader = csv.DictReader(file, strict=True)
        try:
            _check_head(reader.fieldnames or ())
            for row in reader:
                # a line with more cells has the rest under None, one with fewer has None in them
                odd = None in row or None in row.values()
                why = BadRow("The row has more or fewer cells than the first line.")
                yield reader.line_num, why if odd else row
        except csv.Error as error:
            raise NotDone(f"Line {reader.line_num} of {path} is no CSV: {error}.") from None


def json_rows(path: Path) -> Iterator[Numbered]:
    """The rows of a file that holds one JSON object a line.  Raises `NotDone`."""
    with _opened(path) as file:
        number = 0
        while line := file.readline(_LONGEST):
            number += 1
            if len(line) == _LONGEST:
                raise NotDone(f"Line {number} of {path} is longer than {_LONGEST} characters.")
            if line.strip():
                yield number, _object(line)


def _object(line: str) -> Fields | BadRow:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return BadRow("The line is no JSON.")
    return found if isinstance(found, Mapping) else BadRow("The line is no JSON object.")


def _check_head(names: object) -> None:
    """A column that nobody reads may be the password's under another name."""
    given = list(names) if isinstance(names, list) else []
    wrong = [str(name) for name in given if name not in NAMES]
    if wrong or "email" not in given or len(set(given)) < len(given):
        why = f"There is no column {wrong[0]!r}" if wrong else "It must name email, and none twice"
        raise NotDone(f"{why}: the first line of the file names columns of {', '.join(NAMES)}.")


@contextmanager
def _opened(path: Path) -> Iterator[IO[str]]:
    """What is not UTF-8 makes its row a bad one, not the file."""
    try:
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            yield file
    except OSError as error:
        raise NotDone(f"{path} cannot be read: {error.strerror}.") from None
