"""A primary with a replica: what survives, and what a follower is told afterwards."""

import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from doorward.stores import Decision
from doorward.stores.redis import RedisStore
from doorward.testing.contract.keys import a_key
from doorward.testing.contract.rows import NOW, a_session, add, row
from tests.support.until import until
from tests.support.valkey import Valkey, running_valkey, start_valkey

pytestmark = [pytest.mark.anyio, pytest.mark.process]

REVOKE = Decision(revoke=True)


AT_ONCE = ("--repl-diskless-sync-delay", "0")
"""A primary waits five seconds for a second replica before it fills the first."""


@contextmanager
def pair() -> Iterator[tuple[Valkey, Valkey]]:
    """A primary, and a replica that has caught up with it."""
    with (
        running_valkey(*AT_ONCE) as primary,
        running_valkey("--replicaof", f"127.0.0.1 {primary.port}") as replica,
    ):
        until(lambda: "master_link_status:up" in replica.ask("INFO", "replication"))
        yield primary, replica


async def test_an_acknowledged_decision_survives_the_primary(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with pair() as (primary, replica):
        store = RedisStore(primary.url)
        await add(store, a_session("a"))
        await store.put_key(a_key("k", NOW))
        cursor = (await store.changes(None)).cursor
        assert list(await store.change(sid="a", decision=REVOKE, at=NOW)) == ["a"]
        assert await store.watch() == {"replicas": 1, "unreplicated_decisions": 0}
        primary.process.kill()
        primary.process.wait()
        replica.ask("REPLICAOF", "NO", "ONE")
        await store.close()
        store = RedisStore(replica.url)
        assert (await row(store, "a")).revoked_at == NOW
        assert [key.kid for key in await store.keys()] == ["k"]
        news = await store.changes(cursor)
        assert (news.known, [change.id for change in news.entries]) == (False, ["k", "a"])
        assert (await store.changes(news.cursor)).known
        await store.close()
    assert caplog.records == []


async def test_a_replica_that_hangs_holds_nobody_up_and_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with pair() as (primary, replica):
        store = RedisStore(primary.url)
        await add(store, a_session("a"))
        replica.process.send_signal(signal.SIGSTOP)
        with caplog.at_level(logging.WARNING, "doorward"):
            assert list(await store.change(sid="a", decision=REVOKE, at=NOW)) == ["a"]
            await store.put_key(a_key("k", NOW))
        assert await store.watch() == {"replicas": 1, "unreplicated_decisions": 2}
        replica.process.send_signal(signal.SIGCONT)
        await store.close()
    assert "no Redis replica acknowledged a decision" in caplog.records[0].getMessage()


async def test_a_failover_that_lost_the_latest_is_not_taken_for_the_same_history() -> None:
    with pair() as (primary, replica):
        store = RedisStore(primary.url)
        await add(store, a_session("a"), a_session("b"))
        await store.change(sid="a", decision=REVOKE, at=NOW)
        until(lambda: int(replica.ask("XLEN", "doorward:changes")[1:]) == 1)
        replica.ask("REPLICAOF", "NO", "ONE")
        until(lambda: "connected_slaves:0" in primary.ask("INFO", "replication"))
        await store.change(sid="b", decision=REVOKE, at=NOW)
        lost = (await store.changes(None)).cursor
        mark = await store.mark()
        await store.close()

        store = RedisStore(replica.url)
        news = await store.changes(lost)
        assert (news.known, [change.id for change in news.entries]) == (False, ["a"])
        # even where a server does not tell its history apart, the cursor's own entry is missed
        ahead = (news.cursor[0], lost[1])
        await store.change(subject="alice", decision=REVOKE, at=NOW)
        assert not (await store.changes(ahead)).known
        # and what is decided from now on stops logins that began before the failover
        assert await store.mark() > mark
        await store.close()


async def test_a_restart_begins_anew_and_only_once() -> None:
    with running_valkey() as server:
        store = RedisStore(server.url)
        await add(store, a_session("a"))
        await store.change(sid="a", decision=REVOKE, at=NOW)
        cursor = (await store.changes(None)).cursor
        server.process.kill()
        server.process.wait()
        again = start_valkey(server.folder, port=server.port)
        await store.wait(0.01)
        news = await store.changes(cursor)
        assert (news.known, [change.id for change in news.entries]) == (False, ["a"])
        for _ in range(3):
            assert (await store.changes(news.cursor)).cursor is news.cursor
        await store.close()
        again.process.kill()
        again.process.wait()


async def test_an_emptied_server_begins_anew(server: Valkey, store: RedisStore) -> None:
    await store.change(subject="alice", decision=REVOKE, at=NOW)
    cursor, mark = (await store.changes(None)).cursor, await store.mark()
    server.ask("FLUSHALL")
    news = await store.changes(cursor)
    assert (news.known, news.entries) == (False, [])
    await store.change(subject="alice", decision=REVOKE, at=NOW)
    assert not (await store.changes(cursor)).known
    assert await store.mark() > mark


async def test_a_servers_clock_set_back_gives_no_position_twice(
    server: Valkey, store: RedisStore
) -> None:
    server.ask("SET", "doorward:position", "4000000000000000")
    await add(store, a_session("a"))
    await store.change(sid="a", decision=Decision(roles=frozenset()), at=NOW)
    assert await store.mark() == 4_000_000_000_000_001
    old = await row(store, "a")
    await store.replace(old, replace(old, ver=9))
    assert await store.mark() == 4_000_000_000_000_002
