"""Opening by a few words: the store, the root key, and the verbs."""

import asyncio
import os
import sqlite3
import stat
from base64 import urlsafe_b64encode
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from doorward import Auth, ConfigurationError, Settings
from doorward.open import open_auth
from doorward.types import Mode

pytestmark = [pytest.mark.anyio, pytest.mark.engine]

KEY = urlsafe_b64encode(sha256(b"of the tests").digest()).rstrip(b"=").decode()


async def opened(folder: Path, mode: Mode = "token", *, key: str = "", name: str = "key") -> Auth:
    environ = {"DOORWARD_ROOT_KEY": key} if key else {}
    database = f"sqlite:///{folder}/app.db"
    return await open_auth(
        database, Settings(mode=mode), root_key_file=folder / name, environ=environ
    )


async def test_a_missing_root_key_is_made_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    auth = await opened(tmp_path, name="deep/er/root.key")
    await auth.store.close()
    assert stat.S_IMODE(os.stat(tmp_path / "deep/er/root.key").st_mode) == 0o600


async def test_a_new_root_key_is_told_of_aloud_and_a_known_one_quietly(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "doorward")
    told = []
    for _ in range(2):
        await (await opened(tmp_path)).store.close()
        told.append([(each.levelname, each.getMessage()) for each in caplog.records])
        caplog.clear()
    key = tmp_path / "key"
    made = f"made a new root key at {key}: keep a copy, apart from the database"
    assert told == [[("WARNING", made)], [("INFO", f"root key from {key}")]]


async def test_what_one_opening_issued_the_next_accepts(tmp_path: Path) -> None:
    modes: tuple[Mode, ...] = ("session", "token")
    for mode in modes:
        auth = await opened(tmp_path, mode)
        issued = await (await auth.attempt()).login("ann")
        await auth.store.close()
        again = await opened(tmp_path, mode)
        assert (await again.authenticate(issued.credential)).subject == "ann"
        await again.store.close()


async def test_the_environment_goes_before_the_file_and_the_log_says_which(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "doorward")
    await (await opened(tmp_path, key=KEY)).store.close()
    assert not (tmp_path / "key").exists()
    assert "root key from DOORWARD_ROOT_KEY" in caplog.text
    assert KEY not in caplog.text


async def test_a_lost_root_key_is_refused_while_keys_are_sealed_under_it(tmp_path: Path) -> None:
    await (await opened(tmp_path)).store.close()
    (tmp_path / "key").unlink()
    with pytest.raises(ConfigurationError):
        await opened(tmp_path)
    assert not (tmp_path / "key").exists()


async def test_another_root_key_than_the_one_that_sealed_is_refused_at_the_start(
    tmp_path: Path,
) -> None:
    await (await opened(tmp_path)).store.close()
    with pytest.raises(ConfigurationError):
        await opened(tmp_path, key=KEY)


async def test_in_session_mode_nothing_is_sealed_so_a_lost_key_is_made_anew(
    tmp_path: Path,
) -> None:
    first = await opened(tmp_path, "session")
    issued = await (await first.attempt()).login("ann")
    await first.store.close()
    (tmp_path / "key").unlink()
    again = await opened(tmp_path, "session")
    assert (await again.authenticate(issued.credential)).subject == "ann"
    await again.store.close()


async def test_beside_grants_there_are_keys_from_the_start_in_session_mode_too(
    tmp_path: Path,
) -> None:
    for grants, made in (((), 0), ((Settings(mode="token"),), 2)):
        auth = await open_auth(
            "memory:", Settings(), root_key_file=tmp_path / "key", environ={}, grants=grants
        )
        assert (auth.signs, len(await auth.store.keys())) == (bool(grants), made)
        await auth.store.close()


async def test_a_database_that_cannot_be_opened_makes_no_key(tmp_path: Path) -> None:
    (tmp_path / "app.db").mkdir()
    with pytest.raises(ConfigurationError):
        await opened(tmp_path)
    assert not (tmp_path / "key").exists()


async def test_a_refused_start_lets_go_of_the_file(tmp_path: Path) -> None:
    await (await opened(tmp_path)).store.close()
    with pytest.raises(ConfigurationError):
        await opened(tmp_path, key=KEY)
    # who holds the file open leaves its write-ahead log behind
    assert sorted(os.listdir(tmp_path)) == ["app.db", "key"]


async def test_a_file_is_waited_for_while_the_loop_goes_on_that_holds_it(tmp_path: Path) -> None:
    await (await opened(tmp_path)).store.close()
    with closing(sqlite3.connect(tmp_path / "app.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        asyncio.get_running_loop().call_later(0.05, other.execute, "COMMIT")
        await (await opened(tmp_path)).store.close()


async def test_a_cancelled_opening_leaves_no_file_open(tmp_path: Path) -> None:
    await (await opened(tmp_path)).store.close()
    with closing(sqlite3.connect(tmp_path / "app.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        opening = asyncio.create_task(opened(tmp_path))
        loop = asyncio.get_running_loop()
        loop.call_later(0.05, opening.cancel)
        loop.call_later(0.1, other.execute, "COMMIT")
        with pytest.raises(asyncio.CancelledError):
            await opening
    assert not (tmp_path / "app.db-wal").exists()
