"""What a list reads: the live rows, and not those that ended before them."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from doorward.stores.sqlite import SQLiteStore
from doorward.stores.sqlite.store import END, LIST_OF_ALL, LIST_OF_SUBJECT
from doorward.testing.contract.rows import NOW, a_session, add

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(("statement", "whose"), [(LIST_OF_ALL, ()), (LIST_OF_SUBJECT, ("alice",))])
async def test_a_list_walks_past_no_row_that_ended(
    store: SQLiteStore, path: Path, statement: str, whose: tuple[str, ...]
) -> None:
    await add(store, a_session("live", seen_at=NOW - 10, ends_at=NOW + 90))
    with closing(sqlite3.connect(path)) as connection:
        alone = steps(connection, statement, NOW, *END, 50, *whose)
        ended = (
            a_session(f"dead{number}", seen_at=NOW - 200, ends_at=NOW - 100)
            for number in range(500)
        )
        await add(store, *ended)
        assert steps(connection, statement, NOW, *END, 50, *whose) <= alone + 10


def steps(connection: sqlite3.Connection, statement: str, *parameters: str | int) -> int:
    """How many steps SQLite takes to answer."""
    taken = 0

    def step() -> None:
        nonlocal taken
        taken += 1

    connection.set_progress_handler(step, 1)
    assert [sid for sid, *_ in connection.execute(statement, parameters)] == ["live"]
    return taken
