"""Being woken by what another process decided, whatever happens to the connection that listens."""

from asyncio import create_task, gather, timeout, wait_for

import pytest

from doorward.stores import Decision
from doorward.stores.redis import RedisStore
from doorward.testing.contract.rows import NOW, a_session, add
from tests.support.proxy import Proxy
from tests.support.until import PATIENCE, eventually
from tests.support.valkey import Valkey

pytestmark = [pytest.mark.anyio, pytest.mark.process]

ROLES = Decision(roles=frozenset({"new"}))


def listeners(server: Valkey) -> int:
    return int(server.ask("INFO", "clients").partition("pubsub_clients:")[2].split()[0])


async def listening(store: RedisStore, server: Valkey) -> None:
    """Until the store listens, and what that alone wakes was woken."""
    async with timeout(PATIENCE):
        while not listeners(server):
            await store.wait(0.01)
        await store.wait(0.05)


async def test_a_change_elsewhere_wakes_all_who_wait(
    server: Valkey, store: RedisStore, behind: RedisStore
) -> None:
    await add(store, a_session("a"))
    await listening(behind, server)
    waiting = gather(*(behind.wait(10 * PATIENCE) for _ in range(3)))
    await behind.mark()
    await store.change(sid="a", decision=ROLES, at=NOW)
    await wait_for(waiting, PATIENCE)


async def test_a_login_wakes_nobody(server: Valkey, store: RedisStore, behind: RedisStore) -> None:
    await listening(behind, server)
    waiting = create_task(behind.wait(0.2))
    await add(store, a_session("a"))
    assert not waiting.done()
    await waiting


async def test_who_waits_is_woken_when_it_listens_again(server: Valkey, behind: RedisStore) -> None:
    await listening(behind, server)
    waiting = create_task(behind.wait(10 * PATIENCE))
    await behind.mark()
    assert server.ask("CLIENT", "KILL", "TYPE", "pubsub") == ":1"
    await wait_for(waiting, PATIENCE)
    assert listeners(server) == 1


async def test_while_nothing_is_heard_a_wait_is_a_sleep(
    server: Valkey, behind: RedisStore, proxy: Proxy
) -> None:
    await proxy.refuse()
    await wait_for(behind.wait(0.01), PATIENCE)
    await proxy.restore()
    await wait_for(behind.wait(10 * PATIENCE), PATIENCE)


async def test_a_line_that_went_dead_is_found_out(
    server: Valkey, behind: RedisStore, proxy: Proxy
) -> None:
    await listening(behind, server)
    proxy.black_hole()
    waiting = create_task(behind.wait(10 * PATIENCE))
    await eventually(lambda: proxy.accepted == 2)
    await proxy.restore()
    await wait_for(waiting, PATIENCE)


async def test_a_quiet_line_is_kept(server: Valkey, behind: RedisStore, proxy: Proxy) -> None:
    await listening(behind, server)
    await behind.wait(2.5)
    assert proxy.accepted == 1
