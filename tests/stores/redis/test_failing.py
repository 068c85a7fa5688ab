"""What a store says when its server does not answer, and that it comes back by itself."""

import time
from asyncio import gather, timeout
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from doorward.errors import StoreUnavailable
from doorward.stores import Backend, Decision
from doorward.stores.redis import RedisStore
from doorward.stores.redis.pool import ANSWER_WITHIN
from doorward.testing.contract.rows import ANY_MARK, NOW, a_session, add, row
from tests.support.proxy import Proxy
from tests.support.until import eventually
from tests.support.valkey import Valkey, running_valkey, start_valkey

from .answering import FIT, answering

pytestmark = [pytest.mark.anyio, pytest.mark.process]

REVOKE = Decision(revoke=True)
SLACK = 0.5
"""Seconds a busy machine may add."""

CALLS: dict[str, Callable[[Backend], object]] = {
    "mark": lambda store: store.mark(),
    "insert": lambda store: store.insert(a_session("new"), ANY_MARK, NOW),
    "get": lambda store: store.get("a"),
    "replace": lambda store: store.replace(a_session("a"), a_session("a")),
    "change": lambda store: store.change(sid="a", decision=REVOKE, at=NOW),
    "sessions": lambda store: store.sessions(None, NOW),
    "changes": lambda store: store.changes(None),
    "purge": lambda store: store.purge(NOW),
    "keys": lambda store: store.keys(),
    "put": lambda store: store.put("code", b"x", "payload", NOW),
    "take": lambda store: store.take("code", b"x", NOW),
    "hit": lambda store: store.hit("k", 60, 1, NOW),
    "forgive": lambda store: store.forgive("k", 60, NOW),
}


async def all_unavailable(store: Backend) -> None:
    """Every method says that the store is gone, all of them at once and in time."""
    began = time.monotonic()
    answers = await gather(*(call(store) for call in CALLS.values()), return_exceptions=True)  # type: ignore[call-overload]
    assert [type(answer) for answer in answers] == [StoreUnavailable] * len(CALLS)
    assert time.monotonic() - began < ANSWER_WITHIN + SLACK


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[RedisStore]:
    store = RedisStore(url)
    yield store
    await store.close()


async def test_a_killed_server_is_unavailable_until_it_is_back() -> None:
    with running_valkey() as server:
        async with opened(server.url) as store:
            await add(store, a_session("a"), a_session("b"))
            await gather(*(store.keys() for _ in range(5)))
            await store.change(sid="b", decision=REVOKE, at=NOW)
            server.process.kill()
            server.process.wait()
            await all_unavailable(store)
            again = start_valkey(server.folder, port=server.port)
            assert await store.get("a") == a_session("a")
            assert (await row(store, "b")).revoked_at == NOW
            assert await store.take("code", b"x", NOW) is None
            again.process.kill()
            again.process.wait()


async def test_a_restart_that_nobody_noticed_costs_nobody_an_answer() -> None:
    with running_valkey() as server:
        async with opened(server.url) as store:
            await add(store, a_session("a"))
            await gather(*(store.keys() for _ in range(5)))
            server.process.kill()
            server.process.wait()
            again = start_valkey(server.folder, port=server.port)
            await store.wait(0.01)
            assert await store.get("a") == a_session("a")
            assert list(await store.keys()) == []
            again.process.kill()
            again.process.wait()


@pytest.mark.parametrize("connected", [True, False])
async def test_a_server_that_swallows_everything_is_unavailable_in_time(
    behind: RedisStore, proxy: Proxy, connected: bool
) -> None:
    if connected:
        await gather(behind.mark(), *(behind.keys() for _ in range(5)))
    proxy.black_hole()
    await all_unavailable(behind)
    await proxy.restore()
    async with timeout(5):
        assert await behind.get("nobody") is None
        assert list(await behind.keys()) == []


async def test_a_connection_that_is_cut_is_unavailable_once(
    behind: RedisStore, proxy: Proxy
) -> None:
    await gather(behind.mark(), *(behind.keys() for _ in range(5)))
    proxy.black_hole()
    calls = gather(behind.mark(), behind.keys(), return_exceptions=True)
    await eventually(lambda: proxy.pieces_held == 2)
    proxy.reset()
    assert [type(answer) for answer in await calls] == [StoreUnavailable] * 2
    await proxy.restore()
    assert await behind.mark() == 0
    assert list(await behind.keys()) == []


async def test_a_server_that_became_a_replica_is_not_believed() -> None:
    with running_valkey() as server, running_valkey() as other:
        async with opened(server.url) as store:
            await add(store, a_session("a"))
            server.ask("REPLICAOF", "127.0.0.1", str(other.port))
            await all_unavailable(store)
            server.ask("REPLICAOF", "NO", "ONE")
            assert await store.mark() == 0


async def test_a_full_server_lets_no_more_in_but_ends_sessions() -> None:
    with running_valkey() as server:
        async with opened(server.url) as store:
            await add(store, a_session("a"))
            server.ask("CONFIG", "SET", "maxmemory", "1mb")
            for refused in ("insert", "put", "hit"):
                with pytest.raises(StoreUnavailable, match="maxmemory"):
                    await CALLS[refused](store)  # type: ignore[misc]
            old = await row(store, "a")
            assert await store.replace(old, old)
            assert list(await store.change(sid="a", decision=REVOKE, at=NOW)) == ["a"]
            assert (await row(store, "a")).revoked_at == NOW
            assert await store.purge(NOW + 1) == 1
            server.ask("CONFIG", "SET", "maxmemory", "0")
            await add(store, a_session("b"))


async def test_what_goes_wrong_on_one_line_ends_those_that_lie_idle(
    server: Valkey, behind: RedisStore, proxy: Proxy
) -> None:
    await gather(*(behind.keys() for _ in range(5)))
    assert proxy.connected == 5
    server.ask("CONFIG", "SET", "maxmemory", "1mb")
    with pytest.raises(StoreUnavailable):
        await behind.put("code", b"x", "payload", NOW)
    server.ask("CONFIG", "SET", "maxmemory", "0")
    await eventually(lambda: proxy.connected == 0)


@pytest.mark.parametrize(
    "said", ["LOADING the dataset is in memory", "MISCONF errors writing to the AOF", "BUSY script"]
)
async def test_a_server_that_says_not_now_is_unavailable(said: str) -> None:
    error = f"-{said}\r\n".encode()
    async with (
        answering(FIT | {"EVALSHA": error, "EVAL": error}) as url,
        opened(url) as store,
    ):
        await all_unavailable(store)
    async with answering({"INFO": error}) as url, opened(url) as store:
        await all_unavailable(store)


async def test_a_password_taken_back_later_is_the_servers_trouble(server: Valkey) -> None:
    server.ask("ACL", "SETUSER", "pia", "on", ">s3cret", "~*", "&*", "+@all")
    async with opened(f"redis://pia:s3cret@127.0.0.1:{server.port}") as store:
        await store.mark()
        server.ask("ACL", "DELUSER", "pia")
        await all_unavailable(store)


async def test_a_closed_store_is_unavailable(store: RedisStore) -> None:
    await gather(store.mark(), store.keys(), store.wait(0.001))
    await store.close()
    await all_unavailable(store)


async def test_connections_are_few_and_none_is_left_behind(
    behind: RedisStore, proxy: Proxy
) -> None:
    for round_ in range(3):
        await gather(*(behind.put("code", bytes([n]), "x", NOW) for n in range(100)))
        assert proxy.connected <= 16 + 1 + 1  # to write, to read, to listen
        proxy.reset()
        await behind.wait(0.001)
        assert await behind.mark() == 0, round_
    calls = gather(*(behind.put("code", bytes([n]), "x", NOW) for n in range(100)))
    await behind.close()
    await gather(calls, return_exceptions=True)
    await eventually(lambda: not proxy.connected)
