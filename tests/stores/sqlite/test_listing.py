"""What a list reads: the live rows, and not those that ended before them."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from doorward.stores import sqlite as sqlite_store
from doorward.stores.sqlite import SQLiteStore
from doorward.stores.sqlite.store import END, LIST_OF_ALL, LIST_OF_SUBJECT
from doorward.testing.contract.rows import NOW, a_session, add

pytestmark = pytest.mark.anyio


@pytest.mark.engine
@pytest.mark.parametrize(("statement", "whose"), [(LIST_OF_ALL, ()), (LIST_OF_SUBJECT, ("alice",))])
async def test_a_list_walks_past_no_row_that_ended(
    store: SQLiteStore, path: Path, statement: str, whose: tuple[str, ...]
) -> None:
    await add(store, a_session("live", seen_at=NOW - 10, ends_at=NOW + 90))
    with closing(sqlite3.connect(path)) as connection:
        alone = steps(connection, statement, NOW, *END, NOW, None, *whose, 50)
        ended = (
            a_session(f"dead{number}", seen_at=NOW - 200, ends_at=NOW - 100)
            for number in range(500)
        )
        await add(store, *ended)
        assert steps(connection, statement, NOW, *END, NOW, None, *whose, 50) <= alone + 10


def test_no_statement_numbers_its_parameters() -> None:
    """The first releases of Python 3.12 take `?1` for a name, and warn of every call that binds it
    by position."""
    numbered = [
        f"{file.name}: {line.strip()}"
        for file in Path(sqlite_store.__file__).parents[2].rglob("*.py")
        for line in file.read_text("utf-8").splitlines()
        if re.search(r"\?[1-9]", line)
    ]
    assert not numbered


def steps(connection: sqlite3.Connection, statement: str, *parameters: str | int | None) -> int:
    """How many steps SQLite takes to answer."""
    taken = 0

    def step() -> None:
        nonlocal taken
        taken += 1

    connection.set_progress_handler(step, 1)
    assert [sid for sid, *_ in connection.execute(statement, parameters)] == ["live"]
    return taken
