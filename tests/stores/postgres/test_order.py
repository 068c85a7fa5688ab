"""Decisions that are numbered in one order and committed in another."""

import asyncio
from asyncio import create_task, gather
from collections import Counter
from collections.abc import Callable
from typing import Any

import asyncpg
import pytest

from doorward.errors import Reason, Rejected
from doorward.stores import Cursor, Decision, Most
from doorward.stores.postgres import PostgresStore
from doorward.stores.postgres.changes import SINCE
from doorward.stores.postgres.snapshot import Mark, clamped, last_held, parts
from doorward.testing.contract.races import orders
from doorward.testing.contract.rows import ANY_MARK, NOW, a_session, add, live
from tests.support.postgres import Postgres

from .recovery import comes_about

pytestmark = pytest.mark.anyio

REVOKE = Decision(revoke=True)
REVOKE_ALL = "SELECT doorward_change_all($1, NULL, true, NULL, NULL, $2)"
REVOKE_ONE = "SELECT doorward_change_one($1, true, NULL, NULL, $2)"


async def superseded(store: PostgresStore, sid: str, subject: str, mark: int) -> bool:
    try:
        await store.insert(a_session(sid, subject), mark, NOW)
    except Rejected as rejected:
        return rejected.reason is Reason.SUPERSEDED
    return False


async def begin_writing(connection: Any) -> Any:
    """An open transaction that has a number."""
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute("SELECT pg_current_xact_id()")
    return transaction


async def waits(other: Any, task: "asyncio.Task[Any]", *, or_is_done: bool = False) -> None:
    """Until a task of the store's waits for a lock."""

    async def blocked() -> bool:
        assert or_is_done or not task.done()
        return task.done() or await other.fetchval(
            "SELECT count(*) FROM pg_locks WHERE NOT granted"
        )

    await comes_about(blocked)


@pytest.mark.parametrize("order", orders(2, 3), ids=str)
async def test_no_order_of_a_login_and_an_open_decision_lets_the_login_slip(
    store: PostgresStore, url: str, other: Any, order: list[bool]
) -> None:
    """The login's steps are mark and insert; the decision's begin, decide and commit.  An insert
    while the decision is open waits for it."""
    await add(store, a_session("old"))
    marks: list[int] = []
    logins: list[asyncio.Task[bool]] = []

    async def mark() -> None:
        marks.append(await store.mark())

    async def insert() -> None:
        logins.append(create_task(superseded(store, "new", "alice", marks[0])))
        await waits(other, logins[0], or_is_done=True)

    decision = other.transaction()

    async def number() -> None:
        await decision.start()
        await other.execute("SELECT pg_current_xact_id()")

    async def decide() -> None:
        await other.execute(REVOKE_ALL, "alice", NOW)

    firsts, seconds = iter([mark, insert]), iter([number, decide, decision.commit])
    for turn in order:
        await next(firsts if turn else seconds)()
    await logins[0]
    # who took the mark after the decision was committed may be in; nobody else is
    assert await live(store) == ({"new"} if order[:3] == [False] * 3 else set())


async def test_a_decision_numbered_before_the_mark_and_committed_after_it_is_caught(
    store: PostgresStore, other: Any
) -> None:
    await store.mark()
    transaction = await begin_writing(other)
    await other.execute(REVOKE_ALL, "alice", NOW)
    await store.change(subject="bob", decision=REVOKE, at=NOW)
    mark = await store.mark()
    await transaction.commit()
    assert await superseded(store, "a", "alice", mark)
    assert not await superseded(store, "b", "bob", mark)


async def test_an_unrelated_open_transaction_supersedes_nobody(
    store: PostgresStore, other: Any
) -> None:
    await store.mark()
    transaction = await begin_writing(other)
    await store.change(subject="alice", decision=REVOKE, at=NOW)
    mark = await store.mark()
    assert not await superseded(store, "a", "alice", mark)
    await store.change(subject="alice", decision=REVOKE, at=NOW)
    assert await superseded(store, "b", "alice", mark)
    await transaction.rollback()


async def test_a_mark_kept_as_a_plain_number_is_cautious_and_never_wrong(
    store: PostgresStore, other: Any
) -> None:
    await store.change(subject="carol", decision=REVOKE, at=NOW)
    transaction = await begin_writing(other)
    await other.execute(REVOKE_ALL, "alice", NOW)
    await store.change(subject="bob", decision=REVOKE, at=NOW)
    mark = int(str(int(await store.mark())))
    await transaction.commit()
    assert await superseded(store, "a", "alice", mark)
    assert await superseded(store, "b", "bob", mark)
    assert not await superseded(store, "c", "carol", mark)


async def test_a_mark_from_another_timeline_is_superseded(store: PostgresStore) -> None:
    mark = await store.mark()
    assert isinstance(mark, Mark)
    assert await superseded(store, "a", "alice", Mark(mark.place + "1", mark.snapshot))
    assert not await superseded(store, "a", "alice", mark)


async def test_a_purge_supersedes_only_logins_that_may_have_missed_what_it_took(
    store: PostgresStore, other: Any
) -> None:
    await store.change(subject="alice", decision=REVOKE, at=NOW - 100)
    between = await store.mark()
    transaction = await begin_writing(other)
    await other.execute(REVOKE_ALL, "bob", NOW - 100)
    await store.change(subject="carol", decision=REVOKE, at=NOW - 100)
    early = await store.mark()
    await transaction.commit()
    await store.purge(NOW - 50)
    assert await superseded(store, "a", "bob", early)
    assert await superseded(store, "b", "alice", between)
    assert not await superseded(store, "c", "bob", await store.mark())


async def test_a_child_added_while_its_parent_is_being_ended_is_refused(
    store: PostgresStore, other: Any
) -> None:
    await add(store, a_session("p"))
    async with other.transaction():
        await other.execute(REVOKE_ONE, "p", NOW)
        child = a_session("child", "bob", parent_sid="p")
        login = create_task(store.insert(child, ANY_MARK, NOW))
        await waits(other, login)
    with pytest.raises(Rejected):
        await login


@pytest.mark.parametrize("decide", [{"sid": "p"}, {"subject": "alice"}], ids=str)
async def test_a_parent_ended_while_a_child_is_being_added_takes_the_child_along(
    store: PostgresStore, other: Any, decide: dict[str, str]
) -> None:
    await add(store, a_session("p"), a_session("model", "bob"))
    async with other.transaction():
        await other.execute("SELECT FROM doorward_sessions WHERE sid = 'p' FOR KEY SHARE")
        await other.execute(
            "INSERT INTO doorward_sessions SELECT (jsonb_populate_record(s,"
            """ '{"sid": "child", "parent_sid": "p"}')).* FROM doorward_sessions s"""
            " WHERE sid = 'model'"
        )
        decision = create_task(store.change(**decide, decision=REVOKE, at=NOW))
        await waits(other, decision)
    assert set(await decision) == {"p", "child"}


async def test_a_login_counts_what_another_is_adding(store: PostgresStore, other: Any) -> None:
    await add(store, a_session("model", "bob"))
    async with other.transaction():
        await other.execute("SELECT doorward_lock('alice')")
        await other.execute(
            "INSERT INTO doorward_sessions SELECT (jsonb_populate_record(s,"
            """ '{"sid": "first", "subject": "alice"}')).* FROM doorward_sessions s"""
        )
        login = create_task(
            store.insert(a_session("second"), ANY_MARK, NOW, Most(1, end_oldest=False))
        )
        await waits(other, login)
    with pytest.raises(Rejected) as refused:
        await login
    assert refused.value.reason is Reason.TOO_MANY_SESSIONS


async def test_room_is_not_made_twice_where_a_session_is_ended_meanwhile(
    store: PostgresStore, other: Any
) -> None:
    await add(store, a_session("a", seen_at=NOW - 9), a_session("b", seen_at=NOW - 8))
    async with other.transaction():
        await other.execute("UPDATE doorward_sessions SET revoked_at = 5 WHERE sid = 'b'")
        login = create_task(store.insert(a_session("new"), ANY_MARK, NOW, Most(2)))
        await waits(other, login)
    await login
    assert await live(store) == {"a", "new"}


# --- changes ------------------------------------------------------------------------------------


async def test_a_paused_decision_is_told_once_it_is_committed(
    store: PostgresStore, other: Any
) -> None:
    await add(store, a_session("paused", "bob"), *(a_session(f"{n}") for n in range(5)))
    cursor = (await store.changes(None)).cursor
    transaction = await begin_writing(other)
    await other.execute(REVOKE_ALL, "bob", NOW)
    told = []
    for number in range(5):
        await store.change(sid=f"{number}", decision=REVOKE, at=NOW)
        news = await store.changes(cursor)
        told += [change.id for change in news.entries]
        cursor = news.cursor
    assert told == ["0", "1", "2", "3", "4"]
    quiet = await store.changes(cursor)
    assert (quiet.entries, quiet.cursor is cursor) == ((), True)
    await transaction.commit()
    news = await store.changes(cursor)
    assert ([change.id for change in news.entries], news.known) == (["paused"], True)
    again = await store.changes(news.cursor)
    assert (again.entries, again.cursor) == ((), news.cursor)


async def test_a_paused_transaction_that_gives_up_is_told_as_nothing(
    store: PostgresStore, other: Any
) -> None:
    await add(store, a_session("a", "bob"), a_session("b"))
    transaction = await begin_writing(other)
    await other.execute(REVOKE_ALL, "bob", NOW)
    await store.change(sid="b", decision=REVOKE, at=NOW)
    cursor = (await store.changes(None)).cursor
    await transaction.rollback()
    news = await store.changes(cursor)
    assert (list(news.entries), news.known) == ([], True)
    assert str(news.cursor[1]).endswith(":")  # nothing is waited for any more


async def test_many_writers_at_once_are_each_told_once_and_in_order(
    store: PostgresStore, url: str
) -> None:
    """Eight connections revoke, and pause between deciding and committing."""
    writers, each = 8, 25
    await gather(
        *(
            store.insert(a_session(f"{w}.{n}", f"s{w}"), ANY_MARK, NOW)
            for w in range(writers)
            for n in range(each)
        )
    )
    cursor = (await store.changes(None)).cursor

    async def write(writer: int) -> None:
        connection = await asyncpg.connect(url)
        for number in range(each):
            async with connection.transaction():
                roles = "SELECT doorward_change_one($1, false, '[]', NULL, $2)"
                await connection.execute(roles, f"{writer}.{number}", NOW)
                await connection.execute("SELECT pg_sleep($1)", (writer * 7 + number) % 5 / 1000)
            await connection.execute(REVOKE_ONE, f"{writer}.{number}", NOW)
        await connection.close()

    writing = create_task(gather_all(write, writers))
    told: list[tuple[str, int]] = []
    passes = 0
    while True:
        last = writing.done()
        news = await store.changes(cursor)
        assert news.known
        told += [(change.id, change.ver) for change in news.entries]
        cursor = news.cursor
        passes += 1
        if last:
            break
    await writing
    expected = {(f"{w}.{n}", ver) for w in range(writers) for n in range(each) for ver in (2, 3)}
    assert Counter(told) == Counter(expected)
    for sid in {sid for sid, _ in told}:
        assert [ver for name, ver in told if name == sid] == [2, 3]
    assert passes > each


async def gather_all(work: Callable[[int], Any], workers: int) -> None:
    await gather(*map(work, range(workers)))


async def test_a_cursor_of_another_cluster_or_timeline_is_unknown(store: PostgresStore) -> None:
    await add(store, a_session("a"))
    await store.change(sid="a", decision=REVOKE, at=NOW)
    place, snapshot = (await store.changes(None)).cursor
    foreign: list[Cursor] = [(f"{place}1", snapshot), ("5",), (7,)]
    for cursor in foreign:
        news = await store.changes(cursor)
        assert ([change.id for change in news.entries], news.known) == (["a"], False)


async def test_a_cursor_whose_last_change_is_gone_from_the_table_is_unknown(
    store: PostgresStore, other: Any
) -> None:
    """As after a restore of the disk to an earlier moment."""
    await add(store, a_session("a"), a_session("b"))
    await store.change(sid="a", decision=REVOKE, at=NOW)
    await store.change(sid="b", decision=REVOKE, at=NOW)
    cursor = (await store.changes(None)).cursor
    await other.execute("DELETE FROM doorward_changes WHERE id = 'b'")
    await store.change(subject="alice", decision=REVOKE, at=NOW)
    news = await store.changes(cursor)
    assert ([change.id for change in news.entries], news.known) == (["a"], False)


async def test_a_purge_makes_no_cursor_unknown_that_held_what_it_took(
    store: PostgresStore, other: Any
) -> None:
    await add(store, a_session("a"), a_session("b"))
    transaction = await begin_writing(other)
    await store.change(sid="a", decision=REVOKE, at=NOW - 100)
    await store.purge(NOW - 50)
    news = await store.changes(None)
    for _ in range(3):
        news = await store.changes(news.cursor)
        assert news.known
    await transaction.rollback()


async def test_looking_when_nothing_changed_reads_no_table_through(
    store: PostgresStore, other: Any
) -> None:
    await store.mark()
    await other.execute(
        "INSERT INTO doorward_changes (kind, id, ver, revoked, at)"
        " SELECT 'session', n::text, 1, true, 0 FROM generate_series(1, 20000) n"
    )
    await other.execute("ANALYZE doorward_changes")
    cursor = (await store.changes(None)).cursor
    plan = await other.fetch(f"EXPLAIN {SINCE}", cursor[1], str(last_held(cursor)))
    assert "Seq Scan on doorward_changes" not in "\n".join(line for (line,) in plan)


async def test_the_horizon_is_as_old_as_the_oldest_transaction_that_writes(
    store: PostgresStore, other: Any
) -> None:
    assert set(await store.watch()) == {"horizon_seconds"}
    transaction = await begin_writing(other)

    async def is_old() -> bool:
        return (await store.watch())["horizon_seconds"] > 0.05

    await comes_about(is_old)
    await transaction.rollback()


@pytest.mark.parametrize(
    ("snapshot", "last", "expected"),
    [
        ("10:10:", 7, "8:8:"),
        ("5:10:5,8", 7, "5:8:5"),
        ("5:10:5,8", 9, "5:10:5,8"),
        ("8:10:8", 7, "8:8:"),
        (f"{2**32 + 5}:{2**32 + 5}:", 2**32 - 1, f"{2**32 + 3}:{2**32 + 3}:"),
    ],
)
def test_a_place_holds_nothing_above_the_last_change(
    snapshot: str, last: int, expected: str
) -> None:
    assert clamped(snapshot, last) == expected
    assert last_held(("place", expected)) == last


@pytest.mark.parametrize(
    ("mark", "number"),
    [(-1, 3), (0, 3), (9, 9), (2**62, 2**62 - 1), (2**70, 2**63 - 1), (2**32 + 2, 2**32 - 1)],
)
def test_a_plain_mark_becomes_a_snapshot_that_postgresql_takes(
    mark: int, number: int, postgres: Postgres
) -> None:
    assert parts(mark) == (None, f"{number}:{number}:")
    assert postgres.execute(f"SELECT '{number}:{number}:'::pg_snapshot") == f"{number}:{number}:"
