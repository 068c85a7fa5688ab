"""Many writes in one commit, and none of them harmed by another."""

import struct
from asyncio import create_task, gather, sleep
from pathlib import Path
from typing import Any

import pytest

from doorward.errors import Reason, Rejected, StoreUnavailable
from doorward.stores import Decision
from doorward.stores.sqlite import SQLiteStore
from doorward.testing.contract.rows import ANY_MARK, NOW, a_session, add, live
from tests.support.until import PATIENCE

from ..gate import Gate

pytestmark = [pytest.mark.anyio, pytest.mark.engine]


def commits(path: Path) -> int:
    """How many transactions the write-ahead log holds: each ends in a frame that states the size
    of the database (https://www.sqlite.org/fileformat2.html#walformat)."""
    log = path.with_name(f"{path.name}-wal").read_bytes()
    page_size, salts = struct.unpack(">I", log[8:12])[0], log[16:24]
    frames = range(32, len(log) - 23, 24 + page_size)
    return sum(
        log[at + 8 : at + 16] == salts and log[at + 4 : at + 8] != b"\0\0\0\0" for at in frames
    )


async def behind(store: SQLiteStore, *writes: Any, cancel: int | None = None) -> list[Any]:
    """The outcomes of writes that all wait while the writer is busy with another, and so make one
    group; one of them may be cancelled while it waits."""
    gate = Gate()
    first = create_task(store.insert(a_session("gate", attributes=gate), ANY_MARK, NOW))
    await sleep(0)
    assert gate.reached.wait(PATIENCE)
    tasks = [create_task(write) for write in writes]
    await sleep(0)
    if cancel is not None:
        tasks[cancel].cancel()
        await sleep(0)
    gate.open.set()
    outcomes = await gather(*tasks, return_exceptions=True)
    await first
    return outcomes


async def test_one_after_another_is_one_commit_each(store: SQLiteStore, path: Path) -> None:
    before = commits(path)
    for number in range(32):
        await add(store, a_session(f"{number}"))
    assert commits(path) - before == 32


async def test_what_waits_together_is_one_commit(store: SQLiteStore, path: Path) -> None:
    before = commits(path)
    inserts = [store.insert(a_session(f"{n}"), ANY_MARK, NOW) for n in range(32)]
    assert await behind(store, *inserts) == [None] * 32
    assert commits(path) - before == 2
    assert len(await live(store)) == 33


async def test_a_flood_is_written_in_portions(store: SQLiteStore, path: Path) -> None:
    before = commits(path)
    hits = [store.hit("k", 60, 1000, NOW) for _ in range(600)]
    assert await behind(store, *hits) == [0] * 600
    assert commits(path) - before == 4


async def test_a_write_that_fails_harms_none_beside_it(store: SQLiteStore) -> None:
    mark = await store.mark()
    await store.change(subject="locked", decision=Decision(revoke=True), at=NOW)
    await add(store, a_session("taken"))
    outcomes = await behind(
        store,
        store.insert(a_session("first"), ANY_MARK, NOW),
        store.insert(a_session("refused", "locked"), mark, NOW),
        store.insert(a_session("taken"), ANY_MARK, NOW),
        store.insert(a_session("odd", "\ud800"), ANY_MARK, NOW),
        store.insert(a_session("huge", ver=2**70), ANY_MARK, NOW),
        store.put("code", b"digest", object(), NOW),  # type: ignore[arg-type]
        store.insert(a_session("last"), ANY_MARK, NOW),
    )
    assert [type(outcome) for outcome in outcomes] == [
        type(None),
        Rejected,
        ValueError,
        UnicodeEncodeError,
        OverflowError,
        StoreUnavailable,
        type(None),
    ]
    assert outcomes[1].reason is Reason.SUPERSEDED
    assert await live(store) == {"gate", "taken", "first", "last"}


async def test_a_cancelled_write_harms_none_beside_it(store: SQLiteStore) -> None:
    inserts = [store.insert(a_session(f"{n}"), ANY_MARK, NOW) for n in range(3)]
    outcomes = await behind(store, *inserts, cancel=1)
    assert [type(outcome).__name__ for outcome in outcomes] == [
        "NoneType",
        "CancelledError",
        "NoneType",
    ]
    assert await live(store) == {"gate", "0", "2"}


async def test_a_write_cancelled_while_it_is_written_is_written(store: SQLiteStore) -> None:
    gate = Gate()
    task = create_task(store.insert(a_session("a", attributes=gate), ANY_MARK, NOW))
    await sleep(0)
    assert gate.reached.wait(PATIENCE)
    task.cancel()
    await sleep(0)
    assert task.cancelled()
    gate.open.set()
    await add(store, a_session("b"))
    assert await live(store) == {"a", "b"}


async def test_closing_waits_for_what_was_asked_before(path: Path) -> None:
    store = SQLiteStore(path)
    inserts = [create_task(store.insert(a_session(f"{n}"), ANY_MARK, NOW)) for n in range(32)]
    await sleep(0)
    await gather(store.close(), store.close())
    assert await gather(*inserts) == [None] * 32
    await store.close()
    again = SQLiteStore(path)
    assert len(await live(again)) == 32
    await again.close()


async def test_closing_ends_the_group_it_came_with(path: Path) -> None:
    store = SQLiteStore(path)
    outcomes = await behind(store, store.insert(a_session("a"), ANY_MARK, NOW), store.close())
    assert outcomes == [None, None]
