"""Batched look-ups."""

import asyncio
from asyncio import create_task, gather
from typing import Any

import pytest

from doorward.stores import Decision
from doorward.stores.postgres import PostgresStore
from doorward.stores.postgres.changes import SINCE
from doorward.stores.postgres.connection import Connection
from doorward.testing.contract.rows import NOW, a_session, add

pytestmark = pytest.mark.anyio

REVOKE = Decision(revoke=True)


@pytest.fixture
def queries(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is sent, as it is sent."""
    sent: list[str] = []
    fetch = Connection.fetch

    async def noted(self: Connection, until: float, sql: str, *parameters: object) -> list[Any]:
        sent.append(sql)
        return await fetch(self, until, sql, *parameters)

    monkeypatch.setattr(Connection, "fetch", noted)
    return sent


async def test_what_is_asked_in_one_turn_of_the_loop_is_one_round_trip(
    store: PostgresStore, queries: list[str]
) -> None:
    await add(store, *(a_session(f"{number}") for number in range(10)))
    await store.get("0")
    queries.clear()
    wanted = [f"{number % 12}" for number in range(40)]
    found = await gather(*map(store.get, wanted))
    assert len(queries) == 1
    assert [session and session.sid for session in found] == [
        sid if int(sid) < 10 else None for sid in wanted
    ]


async def test_looks_at_the_changes_after_one_cursor_are_one_round_trip(
    store: PostgresStore, queries: list[str]
) -> None:
    await add(store, a_session("a"))
    cursor = (await store.changes(None)).cursor
    await store.change(sid="a", decision=REVOKE, at=NOW)
    queries.clear()
    answers = await gather(*(store.changes(cursor) for _ in range(20)), store.changes(None))
    assert len(queries) == 2
    assert {change.id for news in answers for change in news.entries} == {"a"}


async def test_a_call_never_joins_a_query_that_began_before_it(
    store: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first queries have looked, and their answers are held up on the way back."""
    looked, released = asyncio.Event(), asyncio.Event()
    fetch = Connection.fetch

    async def held_up(self: Connection, until: float, sql: str, *parameters: object) -> list[Any]:
        rows = await fetch(self, until, sql, *parameters)
        if sql == SINCE:  # the last of the batch
            looked.set()
            await released.wait()
        return rows

    await add(store, a_session("a"))
    cursor = (await store.changes(None)).cursor
    monkeypatch.setattr(Connection, "fetch", held_up)
    early = create_task(store.get("a")), create_task(store.changes(cursor))
    await looked.wait()
    await store.change(sid="a", decision=REVOKE, at=NOW)
    late = create_task(store.get("a")), create_task(store.changes(cursor))
    await asyncio.sleep(0)
    released.set()
    session, news = await late[0], await late[1]
    assert session is not None
    assert session.revoked_at == NOW
    assert [change.id for change in news.entries] == ["a"]
    await gather(*early)


async def test_what_was_asked_before_the_end_is_answered(store: PostgresStore) -> None:
    await add(store, a_session("a"))
    await store.get("a")
    asked = create_task(store.get("a"))
    written = create_task(store.change(sid="a", decision=REVOKE, at=NOW))
    await asyncio.sleep(0)
    await store.close()
    assert await asked is not None
    assert await written == ["a"]
