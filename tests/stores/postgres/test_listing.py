"""What a list reads of a subject: the live rows, and not those that ended before them."""

from typing import Any

import pytest

from doorward.stores import Most
from doorward.stores.postgres import PostgresStore
from doorward.stores.postgres.store import END, LIST_OF_SUBJECT
from doorward.testing.contract.rows import ANY_MARK, NOW, a_session, add, live

pytestmark = pytest.mark.anyio

OLD_HIT = """
    FUNCTION doorward_hit(_key text, _window bigint, _most bigint, _at bigint)
    RETURNS bigint LANGUAGE sql AS $$ SELECT 1::bigint $$
"""

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
    plan = await other.fetch(f"EXPLAIN (ANALYZE) {LIST_OF_SUBJECT}", NOW, *END, 50, None, "alice")
    assert "Rows Removed by Filter" not in "\n".join(line for (line,) in plan)
    assert await live(store, "alice") == {"live"}


@pytest.mark.parametrize("lacks", ["INDEX doorward_sessions_rest", "COLUMN xid", "COLUMN audience"])
async def test_tables_of_an_earlier_doorward_get_what_they_lack_and_keep_what_is_in_them(
    store: PostgresStore, other: Any, url: str, lacks: str
) -> None:
    await add(store, a_session("b"), a_session("a"))
    change = "ALTER TABLE doorward_sessions " if lacks.startswith("COLUMN") else ""
    await other.execute(f"{change}DROP {lacks}")
    await other.execute(f"CREATE OR REPLACE {OLD_HIT}")
    later = PostgresStore(url)
    assert await live(later) == {"a", "b"}
    assert await later.hit("k", 60, 5, NOW) == 0
    assert await other.fetchval("SELECT to_regclass('doorward_sessions_rest') IS NOT NULL")
    await later.insert(a_session("d"), ANY_MARK, NOW)
    await later.insert(a_session("c"), ANY_MARK, NOW, Most(2))
    assert await live(later) == {"c", "d"}
    await later.close()
