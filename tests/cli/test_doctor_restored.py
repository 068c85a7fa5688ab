"""A backup that was put over a database beside the log of the one before."""

import json
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from .desk import Desk

HOUR = 3600


@pytest.fixture
def crashed(desk: Desk) -> Path:
    """A database as `kill -9` leaves it, with its log beside it; and a backup from before."""
    desk.create("ann@example.test")
    assert desk.run("users", "reset-link", "ann@example.test").status == 0  # makes the rest
    path = desk.folder / "doorward.db"
    shutil.copy(path, desk.folder / "backup.db")
    with closing(sqlite3.connect(path, isolation_level=None)) as open_still:
        open_still.execute("UPDATE doorward_users SET created_at = created_at + 1")
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


def test_a_backup_beside_the_log_of_another_file_is_unsafe_and_left_as_it_is(
    desk: Desk, crashed: Path
) -> None:
    log = Path(f"{crashed}-wal")
    before = log.read_bytes()
    shutil.copy(desk.folder / "backup.db", crashed)
    now = crashed.stat().st_mtime
    os.utime(log, (now - HOUR, now - HOUR))
    found = usable(desk)
    assert found["severity"] == "unsafe"
    assert f"{crashed}-wal" in found["says"] + found["do"]
    assert log.read_bytes() == before  # to open and close the file would write the log into it


def test_a_file_that_is_malformed_with_its_log_is_unsafe(desk: Desk, crashed: Path) -> None:
    with crashed.open("r+b") as file:
        file.seek(4096 * 5)
        file.write(b"\xff" * 4096 * 3)
    Path(f"{crashed}-shm").unlink()
    found = usable(desk)
    assert found["severity"] == "unsafe"
    assert "malformed" in found["says"]


def test_once_the_log_is_removed_the_backup_can_be_used(desk: Desk, crashed: Path) -> None:
    for end in ("", "-wal", "-shm"):
        Path(f"{crashed}{end}").unlink()
    shutil.copy(desk.folder / "backup.db", crashed)
    crashed.chmod(0o600)
    assert usable(desk)["severity"] == "ok"
    assert "ann@example.test" in desk.run("users", "list").out
