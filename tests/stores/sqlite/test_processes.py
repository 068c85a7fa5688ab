"""Several processes on one file."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from doorward.stores.sqlite import SQLiteStore
from doorward.testing.contract.rows import NOW, a_session, add, row
from tests.support.until import PATIENCE

from .processes import child

pytestmark = [pytest.mark.anyio, pytest.mark.process]

ROUNDS = 60


async def test_a_revocation_acknowledged_elsewhere_is_known_at_the_next_look(
    store: SQLiteStore, path: Path
) -> None:
    cursor = (await store.changes(None)).cursor
    with child("revoke", path) as other:
        for number in range(ROUNDS):
            sid = f"{number}"
            await add(store, a_session(sid))
            assert (await store.changes(cursor)).cursor is cursor
            other.tell(sid)
            assert other.hear() == "done"
            news = await store.changes(cursor)
            assert [(change.id, change.revoked) for change in news.entries] == [(sid, True)]
            assert (await row(store, sid)).revoked_at == NOW
            cursor = news.cursor


async def test_a_change_elsewhere_wakes_who_waits(store: SQLiteStore, path: Path) -> None:
    await add(store, a_session("a"))
    with child("revoke", path) as other:
        cursor = (await store.changes(None)).cursor
        other.tell("a")
        while not (await store.changes(cursor)).entries:
            await store.wait(10 * PATIENCE)


async def test_many_may_open_a_new_file_at_once(path: Path) -> None:
    sids = [f"{number}" for number in range(6)]
    with ExitStack() as stack:
        children = [stack.enter_context(child("open", path, sid)) for sid in sids]
        for each in children:
            each.tell("go")
        assert [each.hear() for each in children] == ["done"] * 6
    store = SQLiteStore(path)
    assert {session.sid for session in await store.sessions(None, NOW)} == set(sids)
    await store.close()


@pytest.mark.parametrize("lines", [5, 200])
async def test_what_was_acknowledged_outlives_a_kill(path: Path, lines: int) -> None:
    with child("write", path) as victim:
        heard = [victim.hear() for _ in range(lines)]
        victim.process.kill()
        rest = victim.stdout.read()
        heard += [line for line in rest.splitlines(keepends=True) if line.endswith("\n")]
    store = SQLiteStore(path)
    revoked = 0
    for what, sid in map(str.split, heard):
        found = await row(store, sid)
        if what == "revoked":
            assert found.revoked_at == NOW
            revoked += 1
    ended = [change for change in (await store.changes(None)).entries if change.revoked]
    assert len(ended) >= revoked
    await store.close()
