"""What a list reads of a subject: the live rows, and not those that ended before them."""

from typing import Any

import pytest

from doorward.stores.postgres import PostgresStore
from doorward.stores.postgres.store import END, LIST_OF_SUBJECT
from doorward.testing.contract.rows import NOW, a_session, add, live

pytestmark = pytest.mark.anyio

COPIES = """
    INSERT INTO doorward_sessions
    SELECT (json_populate_record(row, json_build_object('sid', sid || n))).*
    FROM doorward_sessions row, generate_series(1, 1000) n WHERE sid IN ('dead', 'other')
"""


async def test_a_list_of_a_subject_walks_past_no_row_that_ended(
    store: PostgresStore, other: Any
) -> None:
    await add(
        store,
        a_session("live"),
        a_session("dead", seen_at=NOW - 200, ends_at=NOW - 100),
        a_session("other", "bob"),
    )
    await other.execute(COPIES)
    await other.execute("ANALYZE doorward_sessions")
    plan = await other.fetch(f"EXPLAIN (ANALYZE) {LIST_OF_SUBJECT}", NOW, *END, 50, "alice")
    assert "Rows Removed by Filter" not in "\n".join(line for (line,) in plan)
    assert await live(store, "alice") == {"live"}


async def test_tables_from_before_the_index_get_it_and_keep_what_is_in_them(
    store: PostgresStore, other: Any, url: str
) -> None:
    await add(store, a_session("a"))
    await other.execute("DROP INDEX doorward_sessions_rest")
    later = PostgresStore(url)
    assert await live(later) == {"a"}
    await later.close()
    assert await other.fetchval("SELECT to_regclass('doorward_sessions_rest') IS NOT NULL")
