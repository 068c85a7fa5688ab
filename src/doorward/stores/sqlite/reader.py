"""The one connection that reads, on the thread of whoever asks."""

import sqlite3
from threading import Lock
from typing import Any, NoReturn

from ...errors import StoreUnavailable
from ...types import Change
from .. import Changes, Cursor
from ..opened_file import GONE

Row = tuple[Any, ...]

POSITION = "SELECT value FROM doorward_meta WHERE name = 'position'"
FORGOTTEN = "SELECT value FROM doorward_meta WHERE name = 'forgotten'"
ENTRIES = """
    SELECT kind, id, ver, revoked FROM doorward_changes WHERE position > ? ORDER BY position
"""


class Reader:
    """Point reads cost less here than handing them to a thread would.

    `PRAGMA data_version` tells of other connections' commits, our own writer's among them, and
    stands still while a cursor of this connection is open.  So it autocommits, every cursor is read
    to its end, and one lock keeps the threads of synchronous callers apart.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._statements: tuple[Any, Any] = (
            connection.execute,
            connection.cursor().execute,  # asked on every check: not a new cursor each time
        )
        self._execute, self._ask = self._statements
        self._lock = Lock()
        self._version = -1
        self._unchanged = Changes((), (-1,))

    def row(self, sql: str, *parameters: str | int | bytes) -> Row | None:
        """The one row there is, or None.  Raises `StoreUnavailable`, as do all of these."""
        try:
            with self._lock:
                found: Row | None = self._execute(sql, parameters).fetchone()
                return found
        except sqlite3.Error as error:
            raise StoreUnavailable(str(error)) from error

    def rows(self, sql: str, *parameters: str | int | None) -> list[Row]:
        """Every row."""
        try:
            with self._lock:
                return self._execute(sql, parameters).fetchall()
        except sqlite3.Error as error:
            raise StoreUnavailable(str(error)) from error

    def position(self) -> int:
        """The present position in the order of changes."""
        return int(self.changes(self._unchanged.cursor).cursor[0])

    def unchanged(self, cursor: Cursor | None) -> bool:
        """Whether nothing was committed after `cursor`; False also where that cannot be read."""
        try:
            with self._lock:
                (version,) = self._ask("PRAGMA data_version").fetchone()
                return version == self._version and cursor is self._unchanged.cursor
        except sqlite3.Error:
            return False

    def changes(self, cursor: Cursor | None) -> Changes:
        """What was committed after `cursor`.  When nothing was, always the same object."""
        try:
            with self._lock:
                (version,) = self._ask("PRAGMA data_version").fetchone()
                if version != self._version:
                    self._move_to(*self._execute(POSITION).fetchone())
                    self._version = version
                if cursor == self._unchanged.cursor:
                    return self._unchanged
                return self._since(cursor)
        except sqlite3.Error as error:
            raise StoreUnavailable(str(error)) from error

    def heed(self, in_place: bool) -> None:
        """Refuse everything while the file is not in place.  Swapping the method costs a check
        nothing, unlike a flag that each check would have to read."""
        self._execute, self._ask = self._statements if in_place else (_refuse, _refuse)

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def _move_to(self, position: int) -> None:
        if self._unchanged.cursor != (position,):
            self._unchanged = Changes((), (position,))

    def _since(self, cursor: Cursor | None) -> Changes:
        since = -1 if cursor is None else int(cursor[0])
        execute = self._execute  # may be swapped before this statement has ended
        # one snapshot for all three: a purge may run in another process
        execute("BEGIN")
        try:
            (position,) = execute(POSITION).fetchone()
            (forgotten,) = execute(FORGOTTEN).fetchone()
            known = forgotten <= since <= position
            entries = execute(ENTRIES, (since if known else -1,)).fetchall()
        finally:
            execute("ROLLBACK")
        self._move_to(position)
        return Changes(
            [Change(kind, name, ver, bool(revoked)) for kind, name, ver, revoked in entries],
            self._unchanged.cursor,
            known or cursor is None,
        )


def _refuse(*_: object) -> NoReturn:
    raise sqlite3.OperationalError(GONE)
