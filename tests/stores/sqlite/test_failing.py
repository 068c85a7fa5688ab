"""A file that cannot be read or written any more: `StoreUnavailable`, and nothing lost."""

import json
import re
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest

from doorward.errors import StoreUnavailable
from doorward.stores import Decision
from doorward.stores.sqlite import SQLiteStore
from doorward.stores.sqlite.reader import Reader
from doorward.stores.sqlite.schema import connect
from doorward.testing.contract.keys import a_key
from doorward.testing.contract.rows import ANY_MARK, NOW, a_session, add, live
from tests.support.until import comes_true

from .processes import child

pytestmark = [pytest.mark.anyio, pytest.mark.engine]

SESSION = a_session("new")
CALLS: dict[str, Callable[[SQLiteStore], Awaitable[object]]] = {
    "mark": lambda store: store.mark(),
    "insert": lambda store: store.insert(SESSION, ANY_MARK, NOW),
    "get": lambda store: store.get("a"),
    "replace": lambda store: store.replace(SESSION, SESSION),
    "change": lambda store: store.change(subject="alice", decision=Decision(), at=NOW),
    "sessions": lambda store: store.sessions(None, NOW),
    "changes": lambda store: store.changes(None),
    "purge": lambda store: store.purge(NOW),
    "wait": lambda store: store.wait(1),
    "keys": lambda store: store.keys(),
    "put_key": lambda store: store.put_key(a_key("k", NOW)),
    "put_first_keys": lambda store: store.put_first_keys([a_key("k", NOW)]),
    "put": lambda store: store.put("code", b"digest", "payload", NOW),
    "take": lambda store: store.take("code", b"digest", NOW),
    "hit": lambda store: store.hit("k", 1, 1, NOW),
    "forgive": lambda store: store.forgive("k", 1, NOW),
}
READS = {"mark", "get", "sessions", "changes", "keys"}


@pytest.mark.parametrize("call", CALLS)
async def test_a_closed_store_is_unavailable(path: Path, call: str) -> None:
    store = SQLiteStore(path)
    await store.close()
    with pytest.raises(StoreUnavailable):
        await CALLS[call](store)


@pytest.mark.process
async def test_a_lock_held_elsewhere_stops_writes_and_not_reads(
    store: SQLiteStore, path: Path
) -> None:
    await add(store, a_session("a"))
    with child("hold", path):
        for name, call in CALLS.items():
            if name in READS:
                await call(store)
            elif name != "wait":
                with pytest.raises(StoreUnavailable, match="locked"):
                    await call(store)
    await add(store, SESSION)
    assert await live(store) == {"a", "new"}


@pytest.mark.process
async def test_a_full_disk_loses_nothing_acknowledged(path: Path) -> None:
    with child("fill", path) as other:
        kept = json.loads(other.hear())
        assert other.hear() == "works"
    assert len(kept) > 4
    store = SQLiteStore(path)
    assert await live(store) >= {*kept, "after"}
    await store.close()


@pytest.mark.process
def test_a_transaction_that_sqlite_gives_up_is_unavailable(path: Path) -> None:
    with child("overflow", path) as other:
        assert re.match("disk I/O error|database or disk is full", other.hear())
        assert other.hear() == "works"


async def test_a_file_damaged_under_a_store_is_unavailable(store: SQLiteStore, path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        roots = connection.execute(
            "SELECT rootpage FROM sqlite_schema WHERE tbl_name = 'doorward_sessions'"
        ).fetchall()
    with path.open("r+b") as file:
        for (root,) in roots:
            file.seek((root - 1) * 4096)
            file.write(b"\xff" * 4096)
    for call in ("get", "sessions", "insert"):
        with pytest.raises(StoreUnavailable, match="malformed"):
            await CALLS[call](store)
    # what lies on whole pages still answers
    await store.put("code", b"digest", "payload", NOW + 10)
    assert await store.take("code", b"digest", NOW) == ("payload", True)


def taken_away(path: Path, replaced: bool) -> Path:
    away = path.rename(path.with_name("away.db"))
    if replaced:
        path.touch()
    return away


@pytest.mark.parametrize("replaced", [False, True])
async def test_a_file_that_was_taken_away_is_written_no_more_until_it_is_back(
    store: SQLiteStore, path: Path, replaced: bool
) -> None:
    await add(store, a_session("before"))
    away = taken_away(path, replaced)
    with pytest.raises(StoreUnavailable, match="removed or replaced"):
        await add(store, a_session("lost"))
    away.replace(path)
    await add(store, a_session("after"))
    assert await live(store) == {"before", "after"}


async def test_of_a_file_that_was_taken_away_nothing_is_told_at_once(
    store: SQLiteStore, path: Path
) -> None:
    cursor = (await store.changes(None)).cursor
    assert store.unchanged(cursor)
    away = taken_away(path, replaced=False)

    async def untold() -> bool:
        return not store.unchanged(cursor)

    await comes_true(untold)
    away.replace(path)


@pytest.mark.parametrize("replaced", [False, True])
@pytest.mark.parametrize("call", sorted(READS))
async def test_a_file_that_was_taken_away_is_read_no_more_until_it_is_back(
    store: SQLiteStore, path: Path, replaced: bool, call: str
) -> None:
    """Else what another process decides, in the file that is there now, would never bind here."""

    async def refused() -> bool:
        try:
            await CALLS[call](store)
        except StoreUnavailable as error:
            return "removed or replaced" in str(error)
        return False

    async def answered() -> bool:
        return not await refused()

    await add(store, a_session("before"))
    away = taken_away(path, replaced)
    await comes_true(refused)
    away.replace(path)
    await comes_true(answered)
    assert await live(store) == {"before"}


async def test_a_store_on_the_file_that_is_there_now_is_good(
    store: SQLiteStore, path: Path
) -> None:
    await add(store, a_session("before"))
    taken_away(path, replaced=False)
    anew = SQLiteStore(path)
    await add(anew, a_session("after"))
    assert await live(anew) == {"after"}
    await anew.close()


async def test_a_file_that_is_away_for_a_moment_in_the_midst_of_a_read_leaves_no_transaction_open(
    store: SQLiteStore, path: Path
) -> None:
    await store.put_key(a_key("k", NOW))
    with closing(connect(path, 0)) as connection:
        reader = Reader(connection)
        connection.set_trace_callback(lambda sql: reader.heed(sql != "BEGIN"))
        before = reader.changes(None)
        assert not connection.in_transaction
        connection.set_trace_callback(None)
        reader.heed(True)
        assert reader.changes(None) == before
