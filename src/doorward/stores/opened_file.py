"""Whether the path of a SQLite database still names the file that was opened there."""

from pathlib import Path

GONE = "the database file was removed or replaced; put it back, or restart"
"""The error for a file that is not at its path any more."""


class OpenedFile:
    """The file at `path` when this is made.  A connection to it must be open by then and stay so:
    the number of a file that nobody holds may be given to another file."""

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()
        self._identity = self._look()

    @property
    def in_place(self) -> bool:
        """Whether the path still leads to this file.  If not, the decisions of others and our own
        would be in two files."""
        return self._identity is not None and self._look() == self._identity

    def _look(self) -> tuple[int, int] | None:
        # never opens it: to close it again would drop the locks of this process (POSIX)
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino
