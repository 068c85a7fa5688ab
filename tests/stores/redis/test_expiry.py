"""What the server itself forgets, and what is cleared away behind it."""

from dataclasses import replace

import pytest

from doorward.settings import DAY
from doorward.stores import Decision, Most, Page
from doorward.stores.redis import RedisStore
from doorward.testing.contract.rows import ANY_MARK, NOW, a_session, add, live, row
from tests.support.valkey import Valkey

pytestmark = [pytest.mark.anyio, pytest.mark.process]

REVOKE = Decision(revoke=True)


def seconds_left(server: Valkey, key: str) -> int:
    return int(server.ask("TTL", key)[1:])


def keys(server: Valkey) -> set[str]:
    """Every key there is, but those of the order of changes and of logins, which are few."""
    listed = server.ask("EVAL", "return table.concat(redis.call('KEYS', '*'), '\\n')", "0")
    order = {"position", "forgotten", "changes", "logins"}
    return set(listed.split("\n")) - {f"doorward:{name}" for name in order} - {""}


def expire(server: Valkey, *sids: str) -> None:
    """As the server does when their time has come."""
    for sid in sids:
        server.ask("DEL", f"doorward:session:{sid}")


async def test_rows_outlast_their_absolute_life_by_a_day(server: Valkey, store: RedisStore) -> None:
    await add(store, a_session("a", expires_at=NOW + 5000), a_session("dead", expires_at=NOW - 99))
    await add(store, a_session("child", "bob", parent_sid="a", expires_at=NOW + 9000))
    for key, most in {
        "session:a": 5000,
        "session:dead": 0,
        "session:child": 9000,
        "subject:alice": 5000,
        "children:a": 9000,
    }.items():
        assert most + DAY - 60 < seconds_left(server, f"doorward:{key}") <= most + DAY
    old = await row(store, "child")
    new = replace(old, seen_at=NOW, expires_at=NOW + 20_000)
    assert await store.replace(old, new)
    await store.change(sid="child", decision=Decision(roles=frozenset()), at=NOW)
    for key in ("session:child", "subject:bob", "children:a"):
        assert 20_000 + DAY - 60 < seconds_left(server, f"doorward:{key}") <= 20_000 + DAY


async def test_tickets_and_counters_go_by_themselves_too(server: Valkey, store: RedisStore) -> None:
    await store.put("code", b"x", "payload", NOW)
    await store.hit("k", 60, 5, NOW)
    assert DAY - 60 < seconds_left(server, "doorward:ticket:code:78") <= DAY
    assert DAY - 60 < seconds_left(server, "doorward:limit:k") <= DAY + 60


async def test_a_purge_leaves_nothing_of_what_had_expired(
    server: Valkey, store: RedisStore
) -> None:
    await add(
        store,
        a_session("p", "alice"),
        a_session("child", "bob", parent_sid="p"),
        a_session("revoked", "carol"),
        a_session("ended", "dora", ends_at=NOW - 1),
    )
    await store.change(sid="revoked", decision=REVOKE, at=NOW)
    await store.sessions(None, NOW)
    expire(server, "p", "child", "revoked", "ended")
    assert await store.purge(NOW + 200) == 4
    left = keys(server)
    assert {key for key in left if not key.startswith("doorward:subject:")} == {
        "doorward:children:p"
    }
    for subject in ("alice", "bob", "carol", "dora"):
        assert await store.sessions(subject, NOW) == []
        await store.change(subject=subject, decision=REVOKE, at=NOW - 1)
    await store.purge(NOW)
    assert keys(server) == {"doorward:children:p"}
    assert seconds_left(server, "doorward:children:p") > 0


async def test_a_purge_takes_rows_out_of_every_index(server: Valkey, store: RedisStore) -> None:
    await add(store, a_session("p"), a_session("child", "bob", parent_sid="p"))
    await store.change(sid="p", decision=REVOKE, at=NOW)
    await store.purge(NOW + 1)
    assert keys(server) == set()


async def test_logins_clear_the_subjects_index_of_what_has_expired(
    server: Valkey, store: RedisStore
) -> None:
    for number in range(10):
        await add(store, a_session(f"old {number}", seen_at=NOW - 50))
    expire(server, *(f"old {number}" for number in range(10)))
    for number in range(8):
        await add(store, a_session(f"new {number}"))
    assert server.ask("ZCARD", "doorward:subject:alice") == ":8"
    await store.insert(a_session("last"), ANY_MARK, NOW, Most(9))
    assert len(await live(store)) == 9


async def test_expired_rows_are_in_nobodys_way(server: Valkey, store: RedisStore) -> None:
    await add(store, a_session("p"), a_session("a"), a_session("b", seen_at=NOW - 9))
    await add(store, a_session("child", "bob", parent_sid="p"))
    expire(server, "a", "child")
    assert [found.sid for found in await store.sessions(None, NOW, limit=2)] == ["b", "p"]
    assert [found.sid for found in await store.sessions("alice", NOW, limit=2)] == ["b", "p"]
    changed = await store.change(subject="alice", decision=REVOKE, at=NOW)
    assert set(changed) == {"p", "b"}
    assert await store.get("child") is None


async def test_another_subjects_row_of_the_same_name_is_not_ones_own(
    server: Valkey, store: RedisStore
) -> None:
    await add(store, a_session("a", "alice"), a_session("x", "alice"))
    expire(server, "a")
    await add(store, a_session("a", "bob"))
    assert await live(store, "alice") == {"x"}
    assert list(await store.change(subject="alice", decision=REVOKE, at=NOW)) == ["x"]
    assert await live(store) == {"a"}


async def test_who_has_ended_leaves_the_list_of_the_active(
    server: Valkey, store: RedisStore
) -> None:
    """The ended stand in front, where every page would have to pass them by."""
    for number in range(1200):
        await add(store, a_session(f"{number}", f"s{number}", seen_at=NOW, ends_at=NOW + 1))
    await add(store, a_session("live", seen_at=NOW - 50))
    for _ in range(4):
        assert await live(store, at=NOW + 1) == {"live"}
    assert server.ask("ZCARD", "doorward:active") == ":1"
    # a node whose clock is behind sees them still, and each of them is found by its subject
    assert len(await store.sessions(None, NOW, limit=2000)) == 1201
    assert await live(store, "s7") == {"7"}
    await live(store, at=NOW + 1)
    assert list(await store.change(subject="s8", decision=REVOKE, at=NOW)) == ["8"]


async def test_a_touch_brings_back_who_was_thought_to_have_ended(store: RedisStore) -> None:
    await add(store, a_session("a"))
    assert await live(store, at=NOW + 500) == set()
    old = await row(store, "a")
    await store.replace(old, replace(old, seen_at=NOW + 400, ends_at=NOW + 900))
    assert await live(store, at=NOW + 500) == {"a"}


async def test_a_page_begins_where_a_row_was_that_is_gone(store: RedisStore) -> None:
    sids = ["!", "a", "aa", "b~", "Z", "_", "é"]
    await add(store, *(a_session(sid, seen_at=NOW) for sid in sids))
    ordered = sorted(sids, reverse=True)
    assert [found.sid for found in await store.sessions(None, NOW)] == ordered
    for after in [*ordered, "a!", "", "zz"]:
        found = await store.sessions("alice", NOW, Page(NOW, after))
        assert [each.sid for each in found] == [sid for sid in ordered if sid < after]


async def test_names_may_hold_anything(server: Valkey, store: RedisStore) -> None:
    odd = "".join(map(chr, range(32, 127)))
    await add(store, a_session(odd, odd, parent_sid=None), a_session("child", odd, parent_sid=odd))
    assert await live(store, odd) == {odd, "child"}
    assert set(await store.change(subject=odd, decision=REVOKE, at=NOW)) == {odd, "child"}
    await store.put(odd, b"x", odd, NOW + 1)
    assert await store.take(odd, b"x", NOW) == (odd, True)
    assert await store.hit(odd, 60, 1, NOW) == 0
    assert all(key.startswith("doorward:") for key in keys(server))


async def test_no_secret_stands_in_the_server(server: Valkey, store: RedisStore) -> None:
    await add(store, a_session("a", secret_hash=bytes(range(32))))
    text = server.ask("GET", "doorward:session:a")
    assert bytes(range(32)).hex() in text
