"""Being woken."""

import asyncio
from asyncio import create_task, gather, wait_for
from time import monotonic
from typing import Any

import pytest

from doorward.stores import Decision
from doorward.stores.postgres import PostgresStore, listener
from doorward.testing.contract.rows import NOW, a_session, add
from tests.support.proxy import Proxy
from tests.support.until import PATIENCE

from .recovery import comes_about

pytestmark = pytest.mark.anyio

REVOKE = Decision(revoke=True)


async def listening(store: PostgresStore) -> None:
    """Until the listener's connection is there and has rung for itself."""
    await wait_for(store.wait(10 * PATIENCE), PATIENCE)


async def test_a_change_wakes_everybody_who_waits_on_every_node(
    store: PostgresStore, url: str
) -> None:
    another = PostgresStore(url)
    await add(store, a_session("a"))
    await gather(listening(store), listening(another))
    asleep = [create_task(each.wait(10 * PATIENCE)) for each in (store, store, another, another)]
    await asyncio.sleep(0)
    await store.change(sid="a", decision=REVOKE, at=NOW)
    await wait_for(gather(*asleep), PATIENCE)
    await another.close()


async def test_logins_touches_and_decisions_that_meet_nobody_wake_nobody(
    store: PostgresStore, other: Any
) -> None:
    rung: list[str] = []
    await store.migrate()
    await other.add_listener("doorward", lambda *said: rung.append(said[2]))
    await add(store, a_session("a"))
    await store.change(subject="nobody", decision=REVOKE, at=NOW)
    await store.change(sid="nothing", decision=REVOKE, at=NOW)
    await other.execute("SELECT 1")
    assert rung == []
    await store.change(sid="a", decision=REVOKE, at=NOW)
    await other.execute("SELECT 1")
    assert rung == ["doorward"]
    await other.reset()


async def test_a_lost_connection_is_replaced_and_rings(
    behind: PostgresStore, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "REDIAL", 0.05)
    await listening(behind)
    asleep = create_task(behind.wait(10 * PATIENCE))
    await asyncio.sleep(0)
    proxy.reset()
    await wait_for(asleep, PATIENCE)


async def test_without_a_connection_waiting_is_sleep(
    behind: PostgresStore, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "REDIAL", 0.05)
    await proxy.refuse()
    start = monotonic()
    await behind.wait(0.2)
    assert 0.15 < monotonic() - start < 2
    await proxy.restore()
    await listening(behind)


async def test_a_connection_that_fell_silent_is_noticed_and_replaced(
    behind: PostgresStore, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "LOOK_AGAIN", 0.05)
    monkeypatch.setattr(listener, "REDIAL", 0.05)
    await listening(behind)
    accepted = proxy.accepted
    asleep = create_task(behind.wait(10 * PATIENCE))
    await asyncio.sleep(0)
    proxy.black_hole()

    async def redialled() -> bool:
        return proxy.accepted > accepted

    await comes_about(redialled)
    await proxy.restore()
    await wait_for(asleep, PATIENCE)
