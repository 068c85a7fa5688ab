"""The size of a store is that of its own tables, and those of others are left alone."""

import asyncio

import pytest

from doorward import open_store
from doorward.attack.stolen import stored
from doorward.compare.sizes import size
from tests.support.postgres import Postgres

pytestmark = pytest.mark.process

OTHERS = (
    "create table ledger (line text)",
    "create schema production",
    "create table production.doorward_sessions (id int)",
    "insert into ledger select 'of others ' || number from generate_series(1, 100000) number",
)
FILES = """
    select relname, relfilenode from pg_class
    where oid in ('ledger'::regclass, 'production.doorward_sessions'::regclass)
"""


async def prepared(url: str) -> list[tuple[str, int]]:
    import asyncpg

    store = open_store(url)
    await store.mark()
    await store.close()
    connection = await asyncpg.connect(url)
    try:
        for statement in OTHERS:
            await connection.execute(statement)
        return [tuple(row) for row in await connection.fetch(FILES)]
    finally:
        await connection.close()


async def files(url: str) -> list[tuple[str, int]]:
    import asyncpg

    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(FILES)]
    finally:
        await connection.close()


def test_tables_of_others_are_neither_rewritten_nor_counted(postgres: Postgres) -> None:
    url = postgres.new_database()
    before = asyncio.run(prepared(url))
    found = size(url)
    assert sorted(asyncio.run(files(url))) == sorted(before)
    assert 0 < found < 1_000_000


def test_a_thief_of_one_schema_reads_no_other(postgres: Postgres) -> None:
    url = postgres.new_database()
    asyncio.run(prepared(url))
    assert "of others 7" in stored(url)
    assert "of others 7" not in stored(f"{url}?search_path=production")
