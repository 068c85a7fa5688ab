"""One application's way in: it opens once, when it is first needed, and closes with it."""

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from doorward import ConfigurationError, Settings
from doorward.web.asgi import Middleware
from doorward.web.lifecycle import Lifecycle
from tests.support.until import PATIENCE
from tests.web.driver import ask, bearer
from tests.web.test_asgi import raw

pytestmark = pytest.mark.anyio


def lifecycle(folder: Path, **more: Any) -> Lifecycle:
    return Lifecycle(
        f"sqlite:///{folder}/app.db", Settings(), root_key_file=folder / "root.key", **more
    )


@pytest.mark.engine
async def test_the_first_request_opens_and_many_at_once_open_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "doorward")
    found = lifecycle(tmp_path)
    app = Middleware(raw, found)
    assert found.gate is None
    answers = await asyncio.gather(*(ask(app, headers=[bearer("x")]) for _ in range(50)))
    assert {answer.status for answer in answers} == {401}
    assert [record.message for record in caplog.records] == [
        f"made a new root key at {tmp_path / 'root.key'}: keep a copy, apart from the database"
    ]
    await found.close()


@pytest.mark.engine
async def test_a_request_that_gives_up_does_not_stop_the_opening(tmp_path: Path) -> None:
    found = lifecycle(tmp_path)
    first, second = (asyncio.create_task(found.open()) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert await second is found.gate
    await found.close()


@pytest.mark.engine
async def test_a_door_that_was_closed_opens_again(tmp_path: Path) -> None:
    found = lifecycle(tmp_path)
    async with found.running() as auth:
        issued = await (await auth.attempt()).login("ann")
    assert found.gate is None
    answer = await ask(Middleware(raw, found), headers=[bearer(issued.credential)])
    assert answer.body == b"ann"
    await found.close()
    await found.close()


@pytest.mark.engine
async def test_what_cannot_be_opened_is_tried_anew_at_the_next_request(tmp_path: Path) -> None:
    found = lifecycle(tmp_path)
    (tmp_path / "app.db").mkdir()
    for _ in range(2):
        with pytest.raises(ConfigurationError):
            await found.open()
    os.rmdir(tmp_path / "app.db")
    assert await found.open() is found.gate
    await found.close()


@pytest.mark.engine
async def test_while_it_runs_dead_rows_are_purged(tmp_path: Path) -> None:
    now = [1_800_000_000]
    found = lifecycle(tmp_path, clock=lambda: now[0])
    auth = (await found.open()).auth
    issued = await (await auth.attempt()).login("ann")
    await found.close()
    now[0] += 100 * 86400
    async with found.running() as auth:
        async with asyncio.timeout(PATIENCE):
            while await auth.session(issued.session.sid) is not None:
                await auth.store.wait(0.01)


def test_proxies_that_are_no_networks_are_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        lifecycle(tmp_path, trusted_proxies=["10.0.0.1/8"])


@pytest.mark.parametrize("url", ["mysql://host/db", "sqlite://app.db", "app.db"])
def test_a_url_that_names_no_database_is_refused_at_once(url: str) -> None:
    with pytest.raises(ConfigurationError):
        Lifecycle(url, Settings())


@pytest.mark.parametrize(
    ("slip", "said"),
    [
        (None, "None"),
        (Path("app.db"), "a value of type .*Path"),
        (b"pg://ann:secret@h", "a value of type bytes"),
    ],
)
def test_a_database_that_is_named_by_no_string_is_refused_in_a_sentence(
    slip: Any, said: str
) -> None:
    with pytest.raises(ConfigurationError, match=f"by a string, .* not by {said}$"):
        Lifecycle(slip, Settings())


def test_naming_a_database_does_not_open_it(tmp_path: Path) -> None:
    lifecycle(tmp_path)
    assert os.listdir(tmp_path) == []
