"""What a broken network, a killed server and an impatient caller do."""

import asyncio
import signal
from asyncio import create_task, gather
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Any

import pytest

from doorward.errors import StoreUnavailable
from doorward.stores import Backend, Decision
from doorward.stores.postgres import PostgresStore
from doorward.testing.contract.rows import ANY_MARK, NOW, a_session, add, row
from tests.support.postgres import Postgres, running_postgres, start_postgres
from tests.support.processes import children, is_alive
from tests.support.proxy import Proxy
from tests.support.until import eventually

from .conftest import GIVES_UP
from .recovery import comes_about, recovers

pytestmark = pytest.mark.anyio

REVOKE = Decision(revoke=True)

CALLS: dict[str, Callable[[Backend], Awaitable[object]]] = {
    "get": lambda store: store.get("a"),
    "changes": lambda store: store.changes(None),
    "mark": lambda store: store.mark(),
    "change": lambda store: store.change(sid="x", decision=REVOKE, at=NOW),
}


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls of some kinds, made at once; by its name, what became of each."""

    names: Sequence[str]

    async def answers(self, store: Backend, times: int = 1) -> dict[str, set[type]]:
        made = [name for name in self.names for _ in range(times)]
        found = await gather(*(CALLS[name](store) for name in made), return_exceptions=True)
        types: dict[str, set[type]] = {name: set() for name in self.names}
        for name, answer in zip(made, found, strict=True):
            types[name].add(type(answer))
        return types

    async def are_unavailable(self, store: Backend, times: int = 1) -> None:
        unavailable: dict[str, set[type]] = {name: {StoreUnavailable} for name in self.names}
        assert await self.answers(store, times) == unavailable

    async def succeed(self, store: Backend) -> None:
        for name in self.names:
            await CALLS[name](store)


@pytest.fixture(
    params=[
        pytest.param([*CALLS], id="all kinds"),
        *(pytest.param([name], id=name, marks=pytest.mark.soak) for name in CALLS),
    ]
)
def calls(request: pytest.FixtureRequest) -> Calls:
    """Of all kinds at once; in the soak of each kind alone, too."""
    return Calls(request.param)


async def test_a_black_hole_is_unavailable_within_the_stated_time_and_heals(
    behind: PostgresStore, proxy: Proxy, calls: Calls
) -> None:
    await add(behind, a_session("a"))
    await behind.get("a")
    proxy.black_hole()
    start = monotonic()
    await calls.are_unavailable(behind, times=20)
    assert monotonic() - start < 2 * GIVES_UP
    await calls.are_unavailable(behind)  # these have to connect
    assert monotonic() - start < 4 * GIVES_UP
    await proxy.restore()
    assert await recovers(behind) < 5
    assert (await row(behind, "a")).revoked_at is None


async def test_a_server_that_takes_no_connection_is_unavailable_and_heals(
    behind: PostgresStore, proxy: Proxy, calls: Calls
) -> None:
    await proxy.refuse()
    await calls.are_unavailable(behind)
    await proxy.restore()
    assert await recovers(behind) < 5


async def test_a_new_connection_that_is_never_answered_is_unavailable(
    behind: PostgresStore, proxy: Proxy, calls: Calls
) -> None:
    proxy.black_hole()
    start = monotonic()
    await calls.are_unavailable(behind, times=20)
    assert monotonic() - start < 2 * GIVES_UP
    await proxy.restore()
    assert await recovers(behind) < 5


async def test_a_connection_that_was_cut_is_replaced(
    behind: PostgresStore, proxy: Proxy, calls: Calls
) -> None:
    await add(behind, a_session("a"))
    await calls.succeed(behind)
    proxy.reset()
    assert await recovers(behind) < 5
    await calls.succeed(behind)


async def test_a_slow_network_is_slow_and_nothing_else(behind: PostgresStore, proxy: Proxy) -> None:
    await add(behind, a_session("a"))
    await behind.get("a")
    proxy.delay = 0.05
    assert await behind.get("a")


async def test_failures_leave_no_connection_behind(
    behind: PostgresStore, proxy: Proxy, url: str, postgres: Postgres
) -> None:
    for _ in range(5):
        with suppress(StoreUnavailable):
            await gather(*(behind.mark() for _ in range(20)), behind.get("a"))
        proxy.reset()
    await recovers(behind)
    await gather(*(behind.mark() for _ in range(50)), behind.get("a"))
    assert proxy.connected <= 9
    await behind.close()
    count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'doorward'"
    database = url.rpartition("/")[2]

    async def all_gone() -> bool:
        return postgres.execute(f"{count} AND datname = '{database}'") == "0"

    await comes_about(all_gone)


async def test_a_cancelled_caller_takes_nothing_from_the_others(
    behind: PostgresStore, proxy: Proxy
) -> None:
    await add(behind, a_session("a"))
    await behind.get("a")
    proxy.delay = 0.05
    tasks = [create_task(behind.get("a")) for _ in range(8)]
    tasks += [create_task(behind.get("nobody"))]
    await asyncio.sleep(0)
    tasks[0].cancel()

    async def under_way() -> bool:
        return proxy.pieces_held > 0

    await comes_about(under_way)
    tasks[1].cancel()
    answers = await gather(*tasks, return_exceptions=True)
    assert [type(answer).__name__ for answer in answers] == [
        *["CancelledError"] * 2,
        *["Session"] * 6,
        "NoneType",
    ]


async def test_a_cancelled_write_is_done_or_not_and_costs_no_connection(
    behind: PostgresStore, proxy: Proxy
) -> None:
    await add(behind, a_session("a"))
    before = proxy.connected
    task = create_task(behind.change(sid="a", decision=REVOKE, at=NOW))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    async def revoked() -> bool:
        return (await row(behind, "a")).revoked_at == NOW

    await comes_about(revoked)
    await behind.mark()
    assert proxy.connected == before + 1  # the one that read the row


async def test_a_write_that_waits_too_long_for_a_lock_is_unavailable(
    behind: PostgresStore, other: Any
) -> None:
    await add(behind, a_session("a"))
    async with other.transaction():
        await other.execute("SELECT FROM doorward_sessions FOR UPDATE")
        answers = await gather(
            *(behind.change(sid="a", decision=REVOKE, at=NOW) for _ in range(12)),
            return_exceptions=True,
        )
    assert {type(answer) for answer in answers} == {StoreUnavailable}
    await behind.change(sid="a", decision=REVOKE, at=NOW)
    # by this one, or by one of those after all
    assert (await row(behind, "a")).revoked_at == NOW


async def test_a_value_that_cannot_be_stored_is_its_callers_error_alone(
    store: PostgresStore,
) -> None:
    await add(store, a_session("a"))
    unheard_of = store.change(sid="\ud800", decision=REVOKE, at=NOW)
    answers = await gather(store.get("a"), unheard_of, return_exceptions=True)
    assert isinstance(answers[1], ValueError)
    assert not isinstance(answers[0], BaseException)
    with pytest.raises(ValueError, match="int64"):
        await store.sessions(None, 2**80)
    with pytest.raises(ValueError, match="cannot store"):
        await store.changes(((await store.changes(None)).cursor[0], "1:0:"))
    assert await store.get("a")


@pytest.mark.process
async def test_an_acknowledged_revocation_outlives_a_killed_server_and_the_store_its_restart() -> (
    None
):
    with running_postgres() as server:
        store = PostgresStore(server.url)
        await add(store, a_session("a"), a_session("b"))
        cursor = (await store.changes(None)).cursor
        await store.change(sid="a", decision=REVOKE, at=NOW)
        assert await store.get("a")
        postmaster = server.data / "postmaster.pid"
        backends = children(server.process.pid)
        server.process.kill()
        server.process.wait()
        # one that has not heard of it yet still answers
        await eventually(lambda: not any(map(is_alive, backends)))
        with pytest.raises(StoreUnavailable):
            await store.get("a")
        with pytest.raises(StoreUnavailable):
            await store.insert(a_session("c"), ANY_MARK, NOW)
        postmaster.unlink(missing_ok=True)
        again = start_postgres(server.bin, server.data, server.port)
        try:
            assert await recovers(store) < 5
            assert (await row(store, "a")).revoked_at == NOW
            assert (await row(store, "b")).revoked_at is None
            news = await store.changes(cursor)
            assert ([change.id for change in news.entries], news.known) == (["a"], True)
            await store.close()
        finally:
            again.process.send_signal(signal.SIGINT)
            again.process.wait()


async def test_a_closed_store_is_unavailable_and_may_be_closed_again(store: PostgresStore) -> None:
    await store.put("code", b"x", "payload", NOW)
    await store.get("a")
    await store.close()
    await store.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        await store.get("a")
    with pytest.raises(StoreUnavailable, match="closed"):
        await store.put("code", b"x", "payload", NOW)
