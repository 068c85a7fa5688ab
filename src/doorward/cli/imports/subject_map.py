"""A file that says which subject an account has now, so that an application's tables can follow."""

import csv
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from ...server.accounts.user import User
from ..output import NotDone

HEAD = ("id", "subject", "state")
IMPORTED, EXISTED = "imported", "existed"


class SubjectMap:
    """Rows of CSV: the old id, the subject, and whether the account was imported or was there."""

    def __init__(self, file: IO[str] | None) -> None:
        self._file = file
        self.write([HEAD])

    def note(self, batch: Sequence[tuple[str, User]], taken: Mapping[str, str]) -> None:
        """Add the accounts of a batch that is committed.  Raises `NotDone`."""
        self.write(
            [
                (old, taken.get(user.email, user.subject), _state(user.email in taken))
                for old, user in batch
            ]
        )

    def write(self, rows: Sequence[Sequence[str]]) -> None:
        """Raises `NotDone` where the disk is full."""
        if self._file is None:
            return
        try:
            csv.writer(self._file, lineterminator="\n").writerows(rows)
            self._file.flush()
        except OSError as error:
            raise NotDone(
                f"{self._file.name} cannot be written: {error.strerror}; the accounts of this batch"
                " are imported, and a new map will name them as existed."
            ) from error


@contextmanager
def subject_map(path: Path | None) -> Iterator[SubjectMap]:
    """A new file that its owner alone may read; without a path, nothing is written.  Raises
    `NotDone` where there is such a file."""
    if path is None:
        yield SubjectMap(None)
        return
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise NotDone(f"{path} cannot be made: {error.strerror}.") from None
    with open(descriptor, "w", encoding="utf-8", newline="") as file:
        yield SubjectMap(file)


def _state(existed: bool) -> str:
    return EXISTED if existed else IMPORTED
