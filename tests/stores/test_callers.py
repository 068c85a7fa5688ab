"""Who may call a store: one event loop after another, and synchronous code in many threads."""

import asyncio
import gc
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from doorward.errors import ConfigurationError, Rejected
from doorward.stores import Backend, Decision, Most, open_store
from doorward.stores.memory import MemoryStore
from doorward.testing.contract.rows import ANY_MARK, NOW, a_session, add, live, row
from tests.support.until import PATIENCE

from .callers import finish
from .gate import Gate

REVOKE = Decision(revoke=True)


@pytest.fixture(
    params=["memory:", pytest.param("sqlite:///{}/doorward.db", marks=pytest.mark.engine)]
)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Backend]:
    store = open_store(request.param.format(tmp_path))
    yield store
    finish(store.close())


async def revoke(store: Backend, sid: str) -> None:
    await store.change(sid=sid, decision=REVOKE, at=NOW)


def test_one_loop_after_another_may_use_it(store: Backend) -> None:
    asyncio.run(add(store, a_session("a")))
    asyncio.run(store.wait(0.001))
    asyncio.run(revoke(store, "a"))
    assert asyncio.run(row(store, "a")).revoked_at == NOW


def test_synchronous_code_may_use_it_without_a_loop(store: Backend) -> None:
    finish(add(store, a_session("a"), a_session("b")))
    with pytest.raises(ValueError, match=r".+"):
        finish(add(store, a_session("a")))
    old = finish(row(store, "a"))
    assert finish(store.replace(old, replace(old, generation=1)))
    assert finish(store.change(sid="b", decision=REVOKE, at=NOW)) == ["b"]
    assert finish(live(store)) == {"a"}
    assert finish(store.purge(NOW + 1)) == 1


@pytest.fixture
def restless() -> Iterator[None]:
    """Threads take turns fifty times as often as usual."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)  # shorter ones starve a busy machine
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("restless")
def test_many_threads_may_use_it(store: Backend) -> None:
    rounds = 200 if isinstance(store, MemoryStore) else 20
    for number in range(rounds):
        finish(add(store, a_session(f"shared {number}")))
    cursor = finish(store.changes(None)).cursor

    def work(thread: int) -> int:
        won = 0
        for number in range(rounds):
            sid, old = f"{thread}.{number}", a_session(f"shared {number}")
            with suppress(Rejected):
                finish(store.insert(a_session(sid, "limited"), 0, NOW, Most(5, end_oldest=False)))
            won += finish(store.replace(old, replace(old, generation=thread)))
            finish(store.insert(a_session(sid + "!", f"of {thread}"), ANY_MARK, NOW))
            finish(store.change(subject=f"of {thread}", decision=REVOKE, at=NOW))
            assert finish(row(store, sid + "!")).revoked_at == NOW
            finish(store.changes(cursor))
        return won

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(work, range(8))) == rounds
    assert len(finish(live(store, "limited"))) == 5
    entries = finish(store.changes(cursor)).entries
    assert len(entries) == len({change.id for change in entries}) == 8 * rounds


def test_no_decision_comes_into_the_middle_of_a_login(store: Backend) -> None:
    gate = Gate()
    session = a_session("a", attributes=gate)
    with ThreadPoolExecutor(2) as threads:
        login = threads.submit(finish, store.insert(session, finish(store.mark()), NOW))
        assert gate.reached.wait(PATIENCE)
        decision = threads.submit(finish, store.change(subject="alice", decision=REVOKE, at=NOW))
        assert not wait([decision], timeout=0.1).done
        gate.open.set()
        login.result()
        assert decision.result() == ["a"]
    assert finish(live(store)) == set()


def test_a_change_made_in_another_loop_wakes_who_waits(store: Backend) -> None:
    finish(add(store, a_session("a")))

    async def sleeper() -> None:
        asleep = asyncio.create_task(store.wait(10 * PATIENCE))
        await asyncio.sleep(0)
        await asyncio.to_thread(asyncio.run, revoke(store, "a"))
        await asyncio.wait_for(asleep, PATIENCE)

    asyncio.run(sleeper())


def test_a_waiter_whose_loop_was_closed_is_in_nobodys_way() -> None:
    store = MemoryStore()
    loop = asyncio.new_event_loop()
    reports: list[object] = []
    loop.set_exception_handler(lambda _, report: reports.append(report["message"]))
    asleep = loop.create_task(store.wait(10 * PATIENCE))
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    finish(add(store, a_session("a")))
    finish(revoke(store, "a"))
    assert finish(live(store)) == set()
    del asleep
    gc.collect()
    assert reports == ["Task was destroyed but it is pending!"]


@pytest.mark.parametrize("url", ["", "mysql://ann:secret@host/db"])
def test_a_url_that_names_no_store_is_refused_and_what_it_holds_is_not_shown(url: str) -> None:
    with pytest.raises(ConfigurationError, match="use memory:, sqlite:///PATH") as refused:
        open_store(url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("url", [None, 3, Path("app.db")])
def test_what_is_no_string_is_refused_as_that(url: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"named by a string, .+, not by (None|a value)"):
        open_store(url)


@pytest.mark.parametrize("url", ["sqlite:", "sqlite:///", "sqlite://x", "sqlite:x.db"])
def test_a_url_with_too_few_slashes_is_refused_with_how_to_write_it(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"sqlite:///relative\.db"):
        open_store(url)


@pytest.mark.parametrize("url", ["postgresql:", "postgres:ann:secret@host/db"])
def test_a_postgresql_url_needs_its_slashes(url: str) -> None:
    with pytest.raises(ConfigurationError, match="postgresql://USER@HOST/DATABASE") as refused:
        open_store(url)
    assert "secret" not in str(refused.value)


@pytest.mark.engine
def test_a_url_names_a_file_here_or_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for url, file in (
        ("sqlite:///here.db", tmp_path / "here.db"),
        (f"sqlite:///{tmp_path}/there.db", tmp_path / "there.db"),
    ):
        finish(open_store(url).close())
        assert file.exists()
