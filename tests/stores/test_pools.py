"""Whatever ends a call in the middle, its connection answers the next one or is replaced."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

import asyncpg
import pytest
from sqlalchemy import text

from doorward.errors import StoreUnavailable
from doorward.server.accounts.users import Users
from doorward.server.db.database import open_database
from doorward.server.db.engines.postgres import CONNECTIONS
from doorward.stores import Backend, Decision, open_store
from doorward.testing.contract.rows import NOW, a_session, add
from tests.support.migrated import new_database
from tests.support.postgres import Postgres
from tests.support.valkey import Valkey

pytestmark = [pytest.mark.anyio, pytest.mark.process]

Call = Callable[[], Awaitable[object]]
Fault = Callable[[], Awaitable[object]]

MOST = 10
"""More calls at once than any pool has connections."""

ROUNDS = (30, pytest.param(1000, marks=pytest.mark.soak))

WAITING = "FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
OURS = (
    "FROM pg_stat_activity WHERE application_name = 'doorward' AND datname = current_database()"
    " ORDER BY random() LIMIT 1"
)


@dataclass(frozen=True, slots=True)
class Loaded:
    """Calls that go through every connection of some pools, and what can end one from outside."""

    calls: list[Call]
    faults: list[Fault]

    async def endure(self, rounds: int) -> None:
        """Cancels one call at a random moment in each round, while one thing happens outside."""
        for _ in range(rounds):
            made = [asyncio.ensure_future(self._call(call)) for call in self.calls * 3]
            fault = asyncio.ensure_future(random.choice(self.faults)())
            for _ in range(random.randrange(60)):
                await asyncio.sleep(0)
            for each in random.sample(made, k=5):
                each.cancel()
            outcomes = await asyncio.gather(*made, return_exceptions=True)
            await fault
            strange = [each for each in outcomes if isinstance(each, Exception)]
            assert [each for each in strange if not isinstance(each, StoreUnavailable)] == []

    async def answers(self) -> None:
        """Whether every connection does, all being in use at once."""
        await asyncio.gather(*(self._call(call) for call in self.calls * MOST))

    @staticmethod
    async def _call(call: Call) -> object:
        return await call()


def of_store(store: Backend) -> list[Call]:
    return [
        lambda: store.get("a"),
        lambda: store.changes(None),
        lambda: store.change(sid="x", decision=Decision(revoke=True), at=NOW),
        lambda: store.hit("name", 60, 1000, NOW),
    ]


@pytest.fixture
async def on_postgres(postgres: Postgres) -> AsyncIterator[Loaded]:
    url = new_database(postgres)
    async with AsyncExitStack() as stack:
        database, store, outside = (
            await open_database(url),
            open_store(url),
            await asyncpg.connect(url),
        )
        for each in (database, store, outside):
            stack.push_async_callback(each.close)
        await add(store, a_session("a"))
        users = Users(database)
        user = await users.create("ann@example.test", None, at=1)
        yield Loaded(
            [
                *of_store(store),
                users.count,
                lambda: users.set_roles(user.subject, frozenset({"a"})),
                lambda: database.run(text("SELECT 1")),
            ],
            [
                lambda: outside.execute(f"SELECT pg_cancel_backend(pid) {OURS}"),
                lambda: outside.execute(f"SELECT pg_terminate_backend(pid) {OURS}"),
                lambda: asyncio.sleep(0),
            ],
        )


@pytest.fixture
async def on_valkey(valkey: Valkey) -> AsyncIterator[Loaded]:
    store = open_store(valkey.url)
    await add(store, a_session("a"))
    yield Loaded(
        of_store(store),
        [
            lambda: asyncio.to_thread(valkey.ask, "CLIENT", "KILL", "TYPE", "normal"),
            lambda: asyncio.sleep(0),
        ],
    )
    await store.close()


@pytest.mark.parametrize("rounds", ROUNDS)
async def test_whatever_ends_some_calls_every_connection_to_postgres_answers_afterwards(
    on_postgres: Loaded, rounds: int
) -> None:
    await on_postgres.endure(rounds)
    await on_postgres.answers()


@pytest.mark.parametrize("rounds", ROUNDS)
async def test_whatever_ends_some_calls_every_connection_to_valkey_answers_afterwards(
    on_valkey: Loaded, rounds: int
) -> None:
    await on_valkey.endure(rounds)
    await on_valkey.answers()


@pytest.mark.parametrize("ended_by", ["somebody", "a time-out"])
async def test_a_wait_for_the_lock_that_is_ended_costs_no_other_call(
    postgres: Postgres, ended_by: str
) -> None:
    url = new_database(postgres)
    if ended_by == "a time-out":
        postgres.execute(f"ALTER DATABASE {url.rpartition('/')[2]} SET lock_timeout = '50ms'")
    holder, database = await open_database(url), await open_database(url)
    users = Users(database)
    outside = await asyncpg.connect(url)
    async with holder.writing():
        calls = [
            asyncio.ensure_future(users.create(f"{n}@x.test", None, at=1))
            for n in range(CONNECTIONS)
        ]
        if ended_by == "somebody":
            while not all(call.done() for call in calls):
                await outside.execute(f"SELECT pg_cancel_backend(pid) {WAITING}")
        await asyncio.wait(calls)
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert {type(each) for each in outcomes} == {StoreUnavailable}
    for number in range(2 * CONNECTIONS):
        await users.create(f"later.{number}@x.test", None, at=1)
    for each in (holder, database, outside):
        await each.close()
