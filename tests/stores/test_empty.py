"""Whether a store may be filled with throw-away data."""

import asyncio
from pathlib import Path

import pytest

from doorward import ConfigurationError, Settings
from doorward.cli import attack
from doorward.open import open_auth
from doorward.stores.empty import check_empty
from tests.support.migrated import new_file

pytestmark = pytest.mark.anyio


async def test_a_store_that_somebody_uses_is_refused(url: str, tmp_path: Path) -> None:
    await check_empty(url)
    auth = await open_auth(url, Settings(), root_key_file=tmp_path / "root.key")
    await (await auth.attempt()).login("somebody")
    await auth.store.close()
    with pytest.raises(ConfigurationError, match="must be empty"):
        await check_empty(url)


async def test_a_store_that_does_not_answer_is_refused() -> None:
    with pytest.raises(ConfigurationError):
        await check_empty("redis://127.0.0.1:1")


@pytest.mark.engine
def test_the_lab_does_not_begin_on_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{tmp_path}/used.db"

    async def use() -> None:
        auth = await open_auth(url, Settings(mode="token"), root_key_file=tmp_path / "root.key")
        await (await auth.attempt()).login("somebody")
        await auth.store.close()

    asyncio.run(use())
    assert attack.main(["--store", url, "--only", "csrf"]) == 2
    assert "the store must be empty" in capsys.readouterr().err


@pytest.mark.engine
def test_nor_on_the_database_of_a_server_in_which_nobody_is_logged_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The lab makes accounts, and one of them an administrator."""
    url = new_file(tmp_path / "server.db")
    assert attack.main(["--store", url, "--only", "csrf"]) == 2
    assert "the database of a server" in capsys.readouterr().err
