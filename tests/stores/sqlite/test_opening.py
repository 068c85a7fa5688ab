"""Which files a store opens, and the one sentence it says about the others."""

import os
import re
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from doorward.errors import ConfigurationError
from doorward.stores.sqlite import SQLiteStore
from doorward.testing.contract.rows import NOW, a_session, add

from ..callers import finish
from .processes import child

pytestmark = pytest.mark.anyio


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder anybody may look into, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


@contextmanager
def not_root() -> Iterator[None]:
    """Root may write everywhere: what a mode forbids, it forbids to others."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def refused(path: Path, why: str) -> None:
    """Opening it is refused with one sentence."""
    with pytest.raises(ConfigurationError, match=f"^the database {re.escape(str(path))} {why}$"):
        SQLiteStore(path, busy_timeout=0.05)


@pytest.mark.engine
async def test_the_file_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "not" / "yet" / "there.db"
    store = SQLiteStore(path)
    await add(store, a_session("a"))
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    await store.close()
    assert modes == {"there.db": 0o600, "there.db-wal": 0o600, "there.db-shm": 0o600}


@pytest.mark.engine
def test_a_file_keeps_its_mode_and_its_rows(path: Path) -> None:
    first = SQLiteStore(path)
    finish(add(first, a_session("a")))
    finish(first.close())
    path.chmod(0o640)
    second = SQLiteStore(path)
    assert finish(second.get("a")) == a_session("a")
    finish(second.close())
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.engine
async def test_an_applications_own_file_keeps_what_it_has(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("CREATE TABLE sessions (id); PRAGMA user_version = 41;")
        store = SQLiteStore(path)
        await add(store, a_session("a"))
        await store.close()
        tables = {name for (name,) in connection.execute("SELECT tbl_name FROM sqlite_schema")}
        (version,) = connection.execute("PRAGMA user_version").fetchone()
    assert "sessions" in tables
    assert {name for name in tables if not name.startswith("doorward_")} == {"sessions"}
    assert version == 41


@pytest.mark.engine
def test_a_path_is_a_path_whatever_it_looks_like(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = SQLiteStore(":memory:")
    finish(store.close())
    assert [file.name for file in tmp_path.iterdir()] == [":memory:"]


@pytest.mark.process
async def test_opening_again_drops_no_lock_of_this_process(store: SQLiteStore, path: Path) -> None:
    await add(store, a_session("a"))
    wal = path.with_name("doorward.db-wal")
    before = wal.stat().st_ino
    again = SQLiteStore(path)
    await again.close()
    with child("open", path, "b") as other:
        other.tell("go")
        assert other.hear() == "done"
    # the last to close a file removes its log: the child must not have thought that it was
    assert wal.stat().st_ino == before
    assert await store.get("b") == a_session("b")


@pytest.mark.engine
def test_a_later_schema_is_refused(path: Path) -> None:
    finish(SQLiteStore(path).close())
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE doorward_meta SET value = 2 WHERE name = 'schema'")
    refused(path, "was made by a later Doorward: its schema is 2, this one knows 1")


@pytest.mark.engine
def test_what_is_not_a_database_is_refused(path: Path) -> None:
    path.write_bytes(b"These are not the rows you are looking for. " * 200)
    before = path.read_bytes()
    refused(path, "is not an SQLite database")
    assert path.read_bytes() == before


@pytest.mark.engine
def test_a_damaged_file_is_refused(path: Path) -> None:
    finish(SQLiteStore(path).close())
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    refused(path, "is damaged")


@pytest.mark.engine
def test_a_folder_is_refused(tmp_path: Path) -> None:
    refused(tmp_path, "cannot be opened.*")


@pytest.mark.engine
def test_a_file_in_the_way_of_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    refused(tmp_path / "file" / "doorward.db", "cannot be opened.*")


@pytest.mark.engine
def test_a_file_that_cannot_be_written_is_refused(folder: Path) -> None:
    path = folder / "doorward.db"
    finish(SQLiteStore(path).close())
    path.chmod(0o444)
    folder.chmod(0o555)
    with not_root():
        refused(path, "is read-only")


@pytest.mark.engine
def test_a_file_that_cannot_be_read_is_refused(folder: Path) -> None:
    path = folder / "doorward.db"
    finish(SQLiteStore(path).close())
    path.chmod(0)
    with not_root():
        refused(path, "cannot be opened or its folder cannot be written")


def test_a_folder_that_cannot_be_written_is_refused(folder: Path) -> None:
    folder.chmod(0o555)
    with not_root():
        refused(folder / "doorward.db", "cannot be opened: Permission denied")


@pytest.mark.process
def test_a_file_that_another_process_locks_is_refused(path: Path) -> None:
    finish(SQLiteStore(path).close())
    with child("hold", path):
        refused(path, "is locked by another program")
    finish(SQLiteStore(path).close())


@pytest.mark.engine
def test_a_new_file_that_another_program_reads_is_refused(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("CREATE TABLE theirs (id)")
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM theirs").fetchall()
        refused(path, "is locked by another program")
    finish(SQLiteStore(path).close())


@pytest.mark.process
def test_a_full_disk_is_refused(path: Path) -> None:
    with child("cramped", path) as other:
        assert other.hear() == (
            f"the database {path} cannot be read or written: the disk is failing or full"
        )


def test_an_sqlite_too_old_for_the_tables_is_refused(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 36, 9))
    with pytest.raises(ConfigurationError, match=r"needs 3\.37 or later"):
        SQLiteStore(path)
    assert not path.exists()


OLDER_LOGIN = """
    INSERT INTO doorward_sessions (
        sid, subject, mode, secret_hash, created_at, authenticated_at, seen_at, expires_at,
        ends_at, rotated_at, version, ver, previous_secret_hash, previous_until,
        previous_authenticated_at, generation, branch, parent_branch, revoked_at, roles, scopes,
        amr, previous_amr, client_id, parent_sid, address, user_agent, label, attributes
    ) SELECT 'older', subject, mode, secret_hash, created_at, authenticated_at, seen_at, expires_at,
        ends_at, rotated_at, version, ver, previous_secret_hash, previous_until,
        previous_authenticated_at, generation, branch, parent_branch, revoked_at, roles, scopes,
        amr, previous_amr, client_id, parent_sid, address, user_agent, label, attributes
    FROM doorward_sessions
"""
"""As an earlier version inserts a row, which knows of no audience."""


@pytest.mark.engine
async def test_a_file_of_an_earlier_doorward_learns_of_audiences_while_that_goes_on_using_it(
    path: Path,
) -> None:
    store = SQLiteStore(path)
    await add(store, a_session("a"))
    await store.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as earlier:
        earlier.execute("ALTER TABLE doorward_sessions DROP COLUMN audience")
        store = SQLiteStore(path)
        earlier.execute(OLDER_LOGIN)
        assert await store.get("older") == a_session("older")
        grant = a_session("grant", audience="https://api.example")
        await add(store, grant)
        assert await store.sessions("alice", NOW, grants=True) == [grant]
        assert {row.sid for row in await store.sessions("alice", NOW, grants=False)} == {
            "a",
            "older",
        }
        await store.close()
