"""The log that a crash leaves beside a SQLite file, looked at before anybody opens the two.

Whoever opens them writes the log into the file.  Beside its own file that is the repair; beside
another, such as a backup that was put in its place, it undoes the restore, or spoils the file.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

LATER = 60
"""Seconds by which a file may be written later than its log: a log is written into the file soon
after its last entry."""


def trouble_of(path: Path) -> str | None:
    """What is wrong with a file and the log beside it; None when nothing is, or there is none."""
    log = Path(f"{path}-wal")
    if not path.exists() or not log.exists() or log.stat().st_size == 0:
        return None
    if path.stat().st_mtime > log.stat().st_mtime + LATER:
        return (
            f"{log} is older than {path}: a backup was put there beside the log of the file before,"
            " and opening the two undoes the restore"
        )
    found = _checked(path)
    return None if found == "ok" else f"{path} is malformed together with {log}: {found}"


def _checked(path: Path) -> str:
    # a connection that only reads does not write the log into the file when it is closed
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            return str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.Error as error:
        return str(error)
