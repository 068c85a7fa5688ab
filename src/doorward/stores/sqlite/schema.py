"""The tables, and how a file comes to have them.

Every name begins with `doorward_`, and the version stands in a table of ours, because the file may
be an application's own, whose migrations use `PRAGMA user_version`.
"""

import os
import sqlite3
from pathlib import Path
from time import monotonic, sleep

from ...errors import ConfigurationError
from ...folders import make_folder

SCHEMA = 1
"""The version of these tables; a file made by a later Doorward is refused."""

OLDEST = (3, 37)
"""The SQLite that first knew STRICT tables."""

TABLES = (
    """
    CREATE TABLE doorward_meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL)
    STRICT, WITHOUT ROWID
    """,
    # schema; openings; the position of the last decision; the highest position purged
    """
    INSERT INTO doorward_meta (name, value)
    VALUES ('schema', 1), ('openings', 0), ('position', 0), ('forgotten', 0)
    """,
    """
    CREATE TABLE doorward_sessions (
        sid TEXT PRIMARY KEY NOT NULL,
        subject TEXT NOT NULL,
        mode TEXT NOT NULL,
        secret_hash BLOB NOT NULL,
        created_at INTEGER NOT NULL,
        authenticated_at INTEGER NOT NULL,
        seen_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL,
        ends_at INTEGER NOT NULL,
        rotated_at INTEGER NOT NULL,
        version INTEGER NOT NULL,
        ver INTEGER NOT NULL,
        previous_secret_hash BLOB,
        previous_until INTEGER NOT NULL,
        previous_authenticated_at INTEGER NOT NULL,
        generation INTEGER NOT NULL,
        branch INTEGER NOT NULL,
        parent_branch INTEGER NOT NULL,
        revoked_at INTEGER,
        roles TEXT NOT NULL,
        scopes TEXT NOT NULL,
        amr TEXT NOT NULL,
        previous_amr TEXT NOT NULL,
        client_id TEXT NOT NULL,
        parent_sid TEXT,
        address TEXT NOT NULL,
        user_agent TEXT NOT NULL,
        label TEXT NOT NULL,
        attributes TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE INDEX doorward_sessions_activity
    ON doorward_sessions (seen_at, sid) WHERE revoked_at IS NULL
    """,
    """
    CREATE INDEX doorward_sessions_subject
    ON doorward_sessions (subject, seen_at, sid) WHERE revoked_at IS NULL
    """,
    """
    CREATE INDEX doorward_sessions_parent
    ON doorward_sessions (parent_sid) WHERE parent_sid IS NOT NULL
    """,
    "CREATE INDEX doorward_sessions_death ON doorward_sessions (ifnull(revoked_at, ends_at))",
    """
    CREATE TABLE doorward_changes (
        position INTEGER NOT NULL,
        kind TEXT NOT NULL,
        id TEXT NOT NULL,
        ver INTEGER NOT NULL,
        revoked INTEGER NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (position, kind, id)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX doorward_changes_age ON doorward_changes (at)",
    """
    CREATE TABLE doorward_marks (
        subject TEXT PRIMARY KEY, position INTEGER NOT NULL, at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX doorward_marks_age ON doorward_marks (at)",
    """
    CREATE TABLE doorward_keys (
        kid TEXT PRIMARY KEY NOT NULL,
        algorithm TEXT NOT NULL,
        public_jwk TEXT NOT NULL,
        sealed_private BLOB,
        created_at INTEGER NOT NULL,
        signs_from INTEGER,
        withdrawn_at INTEGER
    ) STRICT
    """,
    """
    CREATE TABLE doorward_tickets (
        kind TEXT NOT NULL,
        digest BLOB NOT NULL,
        payload TEXT NOT NULL,
        expires_at INTEGER NOT NULL,
        used_at INTEGER,
        PRIMARY KEY (kind, digest)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX doorward_tickets_age ON doorward_tickets (expires_at)",
    """
    CREATE TABLE doorward_limits (
        key TEXT PRIMARY KEY, ends_at INTEGER NOT NULL, hits INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX doorward_limits_age ON doorward_limits (ends_at)",
)

LATER = """
    CREATE INDEX IF NOT EXISTS doorward_sessions_rest
    ON doorward_sessions (ends_at - seen_at) WHERE revoked_at IS NULL
"""
"""An addition that older files of this schema may lack."""

COLUMNS = "SELECT name FROM pragma_table_info('doorward_sessions')"

AUDIENCE = "ALTER TABLE doorward_sessions ADD COLUMN audience TEXT NOT NULL DEFAULT ''"
"""Another.  An earlier version of Doorward can go on using the file beside this one: what it
inserts is a login."""

CAUSES = {
    sqlite3.SQLITE_BUSY: "is locked by another program",
    sqlite3.SQLITE_READONLY: "is read-only",
    sqlite3.SQLITE_FULL: "cannot be written: the disk is full",
    sqlite3.SQLITE_IOERR: "cannot be read or written: the disk is failing or full",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened or its folder cannot be written",
    sqlite3.SQLITE_CORRUPT: "is damaged",
    sqlite3.SQLITE_NOTADB: "is not an SQLite database",
}


def open_file(path: Path, busy_timeout: float) -> sqlite3.Connection:
    """A connection to a file that has the tables and can be written.

    Makes the file, for its owner alone, and its folders.  Raises `ConfigurationError`.
    """
    if sqlite3.sqlite_version_info < OLDEST:
        raise ConfigurationError(
            f"this Python's SQLite is {sqlite3.sqlite_version}; Doorward needs 3.37 or later"
        )
    _make_file(path)
    connection = connect(path, 0)
    try:
        _use_wal(connection, busy_timeout)
        _prepare(connection)
    except (sqlite3.Error, ConfigurationError) as error:
        connection.close()
        raise _refusal(path, error) from error
    return connection


def connect(path: Path, busy_timeout: float) -> sqlite3.Connection:
    """A connection in autocommit, which any one thread at a time may use.  Raises
    `ConfigurationError`."""
    try:
        return sqlite3.connect(
            path, timeout=busy_timeout, isolation_level=None, check_same_thread=False
        )
    except sqlite3.Error as error:
        raise _refusal(path, error) from error


def _make_file(path: Path) -> None:
    """SQLite gives the files beside it (-wal, -shm) the mode of the database."""
    try:
        make_folder(path.parent)
        # never opens a file that exists: to close it would drop every lock that this process holds
        # on it, through whatever connection (POSIX), and then another could corrupt it
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return
    except OSError as error:
        raise ConfigurationError(
            f"the database {path} cannot be opened: {error.strerror}"
        ) from error


def _refusal(path: Path, error: Exception) -> ConfigurationError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return ConfigurationError(f"the database {path} {CAUSES.get(code, error)}")


def _use_wal(connection: sqlite3.Connection, busy_timeout: float) -> None:
    """The waiting is our own here: SQLite does not wait when several open a new file at once and
    each wants to be the one that changes it."""
    until = monotonic() + busy_timeout
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL").fetchall()
            break
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or monotonic() > until:
                raise
        sleep(0.01)
    connection.execute(f"PRAGMA busy_timeout = {int(busy_timeout * 1000)}")


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("BEGIN IMMEDIATE")
    if not connection.execute(
        "SELECT 1 FROM sqlite_schema WHERE name = 'doorward_meta'"
    ).fetchall():
        for statement in TABLES:
            connection.execute(statement)
    (found,) = connection.execute(
        "SELECT value FROM doorward_meta WHERE name = 'schema'"
    ).fetchone()
    if found > SCHEMA:
        raise ConfigurationError(
            f"was made by a later Doorward: its schema is {found}, this one knows {SCHEMA}"
        )
    connection.execute(LATER)
    if ("audience",) not in connection.execute(COLUMNS).fetchall():
        connection.execute(AUDIENCE)
    # a real write: BEGIN alone would not notice a full disk
    connection.execute("UPDATE doorward_meta SET value = value + 1 WHERE name = 'openings'")
    connection.execute("COMMIT")
