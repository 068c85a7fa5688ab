"""A backup that was put over a database beside the log of the one before."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from doorward.cli.left_log import check_log
from doorward.errors import ConfigurationError

from .desk import Desk

HOUR = 3600
PAGE = 4096


@pytest.fixture
def crashed(desk: Desk) -> Path:
    """A database as `kill -9` leaves it, with its log beside it; and a backup from before."""
    desk.create("ann@example.test")
    assert desk.run("users", "reset-link", "ann@example.test").status == 0  # makes the rest
    path = desk.folder / "doorward.db"
    shutil.copy(path, desk.folder / "backup.db")
    with closing(sqlite3.connect(path, isolation_level=None)) as open_still:
        open_still.execute("UPDATE doorward_users SET created_at = created_at + 1")
        open_still.execute("UPDATE doorward_tickets SET expires_at = expires_at + 1")
        for end in ("", "-wal", "-shm"):
            shutil.copy(f"{path}{end}", f"{desk.folder}/kept{end}")
    for end in ("", "-wal", "-shm"):
        shutil.copy(f"{desk.folder}/kept{end}", f"{path}{end}")
    return path


def usable(desk: Desk) -> dict[str, str]:
    done = desk.run("doctor", "--json")
    (found,) = [each for each in json_of(done.out) if each["check"] == "database"]
    return found


def json_of(text: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(text)["findings"]
    return found


def test_what_a_crash_left_is_in_order(desk: Desk, crashed: Path) -> None:
    assert usable(desk)["severity"] == "ok"


def put_back(path: Path, backup: Path, age: float) -> None:
    """Restore as `cp` does, some seconds after the last entry of the log."""
    shutil.copy(backup, path)
    later = Path(f"{path}-wal").stat().st_mtime + age
    os.utime(path, (later, later))


@pytest.mark.parametrize("age", [0.01, 30, HOUR])
def test_a_backup_beside_the_log_of_another_file_is_unsafe_and_left_as_it_is(
    desk: Desk, crashed: Path, age: float
) -> None:
    log = Path(f"{crashed}-wal")
    before = log.read_bytes()
    put_back(crashed, desk.folder / "backup.db", age)
    found = usable(desk)
    assert found["severity"] == "unsafe"
    assert f"{crashed}-wal" in found["says"] + found["do"]
    assert log.read_bytes() == before  # to open and close the file would write the log into it


WORDS = (
    ("serve", "--port", "0"),
    ("migrate",),
    ("users", "list"),
    ("users", "create", "bob@example.test", "--no-password"),
    ("sessions", "list"),
    ("keys", "list"),
    ("audit", "verify"),
    ("move", "--from", "sqlite:///doorward.db", "--to", "sqlite:///there.db"),
    ("move", "--from", "sqlite:///there.db", "--to", "sqlite:///doorward.db"),
)


@pytest.mark.parametrize("words", WORDS, ids=" ".join)
def test_no_command_opens_a_backup_beside_the_log_of_another_file(
    desk: Desk, crashed: Path, words: tuple[str, ...]
) -> None:
    shutil.copy(desk.folder / "backup.db", desk.folder / "there.db")
    put_back(crashed, desk.folder / "backup.db", 1)
    kept = {end: Path(f"{crashed}{end}").read_bytes() for end in ("", "-wal")}
    said = desk.refusal(*words)
    assert f"remove {crashed}-wal" in said
    assert kept == {end: Path(f"{crashed}{end}").read_bytes() for end in ("", "-wal")}


def test_a_log_that_was_touched_is_taken_for_the_file_s_own(desk: Desk, crashed: Path) -> None:
    put_back(crashed, desk.folder / "backup.db", 1)
    assert f"touch {crashed}-wal" in desk.refusal("users", "list")
    os.utime(f"{crashed}-wal", (crashed.stat().st_mtime + 1,) * 2)
    assert "ann@example.test" in desk.run("users", "list").out


@pytest.mark.parametrize("pages", [1, 10_000])
def test_what_a_checkpoint_wrote_last_belongs_to_its_log(
    desk: Desk, crashed: Path, pages: int
) -> None:
    """A process may be killed after it copied all of the log into the file, or the first pages."""
    file, log = bytearray(crashed.read_bytes()), Path(f"{crashed}-wal").read_bytes()
    frames = {}
    for at in range(32, len(log), 24 + PAGE):
        frames[int.from_bytes(log[at : at + 4])] = log[at + 24 : at + 24 + PAGE]
    for number in sorted(frames)[:pages]:
        file[(number - 1) * PAGE : number * PAGE] = frames[number]
    crashed.write_bytes(file)
    assert len(frames) > 1
    assert usable(desk)["severity"] == "ok"
    assert "ann@example.test" in desk.run("users", "list").out


def test_a_backup_with_its_old_times_is_told_by_its_change_counter(desk: Desk) -> None:
    desk.create("ann@example.test")
    assert desk.run("users", "reset-link", "ann@example.test").status == 0
    path, backup = desk.folder / "doorward.db", desk.folder / "backup.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as live:
        live.execute("CREATE TABLE one (x)")
        live.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with closing(sqlite3.connect(backup)) as copy:
            live.backup(copy)
        live.execute("CREATE TABLE two (x)")
        log = Path(f"{path}-wal").read_bytes()
    shutil.copy(backup, path)
    Path(f"{path}-wal").write_bytes(log)
    os.utime(path, (1, 1))
    said = desk.refusal("users", "list")
    assert f"remove {path}-wal" in said
    assert "touch" not in said


def left_by_a_start(desk: Desk, folder: Path) -> Path:
    """What a crash leaves of a database that the server opened, and that others hold open."""
    path = desk.folder / "doorward.db"
    folder.mkdir()
    with closing(sqlite3.connect(path, isolation_level=None)) as open_still:
        assert open_still.execute("SELECT count(*) FROM doorward_users").fetchone()
        desk.create("bob@example.test")
        for end in ("", "-wal"):
            shutil.copy2(f"{path}{end}", f"{folder}/doorward.db{end}")
    return folder / "doorward.db"


@pytest.mark.parametrize("old_times", [False, True])
def test_a_file_copied_before_earlier_starts_is_refused_and_before_the_last_one_if_newer(
    desk: Desk, tmp_path: Path, *, old_times: bool
) -> None:
    """`cp` while no server runs: nothing was copied from the log, and all fits its counters."""
    desk.create("ann@example.test")
    assert desk.run("migrate").status == 0  # makes the rest
    backup = shutil.copy2(desk.folder / "doorward.db", tmp_path / "backup.db")
    if old_times:
        assert desk.run("migrate").status == 0
    left = left_by_a_start(desk, tmp_path / "left")
    check_log(left)
    (shutil.copy2 if old_times else shutil.copy)(backup, left)
    with pytest.raises(ConfigurationError, match="a backup was put there"):
        check_log(left)


def copied(source: sqlite3.Connection, there: Path) -> None:
    with closing(sqlite3.connect(there)) as target:
        source.backup(target)


def vacuumed(source: sqlite3.Connection, there: Path) -> None:
    source.execute(f"VACUUM INTO '{there}'")


@pytest.mark.parametrize("copy", [copied, vacuumed])
@pytest.mark.parametrize("first_log", [False, True])
def test_a_copy_that_sqlite_made_of_a_young_database_is_refused_whatever_its_times(
    desk: Desk,
    tmp_path: Path,
    copy: Callable[[sqlite3.Connection, Path], None],
    *,
    first_log: bool,
) -> None:
    """Its change counter is that of a new file.  Where the log goes back to one too, the copy is
    larger than the database was after its first transaction."""
    path, left = desk.folder / "doorward.db", tmp_path / "left.db"
    if not first_log:
        assert desk.run("migrate").status == 0
    with closing(sqlite3.connect(path, isolation_level=None)) as live:
        live.execute("PRAGMA journal_mode=WAL")
        live.execute("SELECT count(*) FROM sqlite_master").fetchone()  # keeps the log
        assert desk.run("migrate").status == 0
        copy(live, tmp_path / "backup.db")
        desk.create("bob@example.test")
        shutil.copy2(f"{path}-wal", f"{left}-wal")
    shutil.copy(tmp_path / "backup.db", left)
    os.utime(left, (1, 1))
    with pytest.raises(ConfigurationError, match="begun for another state"):
        check_log(left)


@pytest.mark.process
def test_a_server_that_runs_is_not_judged(desk: Desk, crashed: Path) -> None:
    """Another process has both open: it may be copying the log into the file just now."""
    put_back(crashed, desk.folder / "backup.db", 1)
    holds = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]);"
        "c.execute('SELECT count(*) FROM doorward_users').fetchone();"
        "print(flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holds, str(crashed)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        assert "ann@example.test" in desk.run("users", "list").out
        other.communicate()


def test_a_file_that_is_malformed_with_its_log_is_unsafe(desk: Desk, crashed: Path) -> None:
    with crashed.open("r+b") as file:
        file.seek(4096 * 5)
        file.write(b"\xff" * 4096 * 3)
    Path(f"{crashed}-shm").unlink()
    found = usable(desk)
    assert found["severity"] == "unsafe"
    assert "malformed" in found["says"]


@pytest.mark.parametrize("nth", range(1, 8))
def test_a_database_that_vanishes_meanwhile_is_as_if_it_had_never_been(
    desk: Desk, crashed: Path, monkeypatch: pytest.MonkeyPatch, nth: int
) -> None:
    stat, asked = Path.stat, []

    def vanishing(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        asked.extend([path] if path == crashed else [])
        if path == crashed and len(asked) == nth:
            path.unlink()
        return stat(path, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(Path, "stat", vanishing)
    assert usable(desk)["says"].startswith("There is no database yet")
    assert len(asked) >= nth


def test_once_the_log_is_removed_the_backup_can_be_used(desk: Desk, crashed: Path) -> None:
    for end in ("", "-wal", "-shm"):
        Path(f"{crashed}{end}").unlink()
    shutil.copy(desk.folder / "backup.db", crashed)
    crashed.chmod(0o600)
    assert usable(desk)["severity"] == "ok"
    assert "ann@example.test" in desk.run("users", "list").out
