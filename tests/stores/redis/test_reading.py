"""Batched reads: what shares a round trip, and what must not."""

from asyncio import CancelledError, create_task, gather

import pytest

from doorward.errors import StoreUnavailable
from doorward.stores import Decision
from doorward.stores.redis import RedisStore
from doorward.testing.contract.rows import NOW, a_session, add, row
from tests.support.proxy import Proxy
from tests.support.until import eventually
from tests.support.valkey import Valkey

pytestmark = [pytest.mark.anyio, pytest.mark.process]

REVOKE = Decision(revoke=True)


def scripts_run(server: Valkey) -> int:
    """How many scripts the server has run."""
    for line in server.ask("INFO", "commandstats").splitlines():
        if line.startswith("cmdstat_evalsha:"):
            return int(line.partition("calls=")[2].partition(",")[0])
    return 0


async def test_reads_of_one_turn_are_one_script(server: Valkey, store: RedisStore) -> None:
    await add(store, *(a_session(f"{number}") for number in range(40)))
    cursor = (await store.changes(None)).cursor
    before = scripts_run(server)
    rows, news, _ = await gather(
        gather(*(row(store, f"{number}") for number in range(40))),
        gather(*(store.changes(cursor) for _ in range(40))),
        store.mark(),
    )
    assert [each.sid for each in rows] == [f"{number}" for number in range(40)]
    assert {each.cursor for each in news} == {cursor}
    assert scripts_run(server) == before + 1


async def test_more_than_a_script_may_hold_is_several(server: Valkey, store: RedisStore) -> None:
    await add(store, a_session("a"))
    before = scripts_run(server)
    found = await gather(*(store.get("a") for _ in range(1200)))
    assert found == [a_session("a")] * 1200
    assert scripts_run(server) == before + 3


async def test_followers_at_different_places_are_told_what_each_missed(store: RedisStore) -> None:
    await add(store, a_session("a"), a_session("b"))
    cursors = [(await store.changes(None)).cursor]
    for sid in ("a", "b"):
        await store.change(sid=sid, decision=REVOKE, at=NOW)
        cursors.append((await store.changes(None)).cursor)
    told = await gather(*(store.changes(cursor) for cursor in [*cursors, None]))
    assert [[change.id for change in news.entries] for news in told] == [
        ["a", "b"],
        ["b"],
        [],
        ["a", "b"],
    ]


async def test_a_call_never_joins_a_round_trip_under_way(
    store: RedisStore, behind: RedisStore, proxy: Proxy
) -> None:
    await add(store, a_session("a"))
    await behind.mark()
    proxy.delay = 0.3
    earlier = create_task(behind.get("a"))
    await eventually(lambda: proxy.pieces_held > 0)
    await store.change(sid="a", decision=REVOKE, at=NOW)
    assert (await row(behind, "a")).revoked_at == NOW
    await earlier


async def test_a_caller_that_goes_away_takes_nobody_along(
    store: RedisStore, behind: RedisStore, proxy: Proxy
) -> None:
    await add(store, a_session("a"))
    await behind.mark()
    proxy.delay = 0.3
    calls = [create_task(behind.get("a")) for _ in range(3)]
    written = [create_task(behind.put("code", bytes([number]), "x", NOW)) for number in range(3)]
    await eventually(lambda: proxy.pieces_held > 0)
    for each in (calls[0], written[0]):
        each.cancel()
    answers = await gather(*calls, *written, return_exceptions=True)
    assert isinstance(answers[0], CancelledError)
    assert isinstance(answers[3], CancelledError)
    assert answers[1:3] == [a_session("a")] * 2
    assert answers[4:] == [None, None]


async def test_a_caller_that_went_away_does_not_hear_of_trouble(
    behind: RedisStore, proxy: Proxy
) -> None:
    await behind.mark()
    proxy.black_hole()
    calls = [create_task(behind.get("a")) for _ in range(2)]
    await eventually(lambda: proxy.pieces_held > 0)
    calls[0].cancel()
    proxy.reset()
    answers = await gather(*calls, return_exceptions=True)
    assert [type(each) for each in answers] == [CancelledError, StoreUnavailable]


async def test_a_server_that_forgot_the_scripts_gets_them_again(
    server: Valkey, store: RedisStore
) -> None:
    await add(store, a_session("a"))
    server.ask("SCRIPT", "FLUSH")
    assert await store.get("a") == a_session("a")
    await add(store, a_session("b"))
    assert await store.get("b") == a_session("b")
