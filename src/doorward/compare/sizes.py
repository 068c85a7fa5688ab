"""The size of a store."""

import asyncio
import sqlite3
from contextlib import closing
from urllib.parse import urlsplit

from ..stores.search_path import search_path
from .applications.plain_rows import TABLE

_TABLES = """
    select relid::regclass::text from pg_stat_user_tables
    where pg_table_is_visible(relid) and (starts_with(relname, 'doorward_') or relname = $1)
"""
_SIZE = "select pg_total_relation_size($1::text::regclass)"


def size(url: str) -> int:
    """Bytes of everything in the store at `url`.  In a PostgreSQL database, only the tables of this
    store count, because others may stand beside them."""
    scheme = urlsplit(url).scheme
    if scheme == "sqlite":
        return _of_sqlite(url.removeprefix("sqlite:///"))
    if scheme in ("redis", "rediss"):
        return _of_redis(url)
    return asyncio.run(_of_postgres(url))


def _of_sqlite(path: str) -> int:
    with closing(sqlite3.connect(path, timeout=10)) as database:
        pages, free, each = (
            int(database.execute(f"pragma {name}").fetchone()[0])
            for name in ("page_count", "freelist_count", "page_size")
        )
    return (pages - free) * each


async def _of_postgres(url: str) -> int:
    import asyncpg

    connection = await asyncpg.connect(url, server_settings=search_path(url))
    try:
        tables = [name for (name,) in await connection.fetch(_TABLES, TABLE)]
        for name in tables:  # else new rows fill the space of deleted ones
            await connection.execute(f"vacuum full {name}")
        return sum([int(await connection.fetchval(_SIZE, name)) for name in tables])
    finally:
        await connection.close()


def _of_redis(url: str) -> int:
    import redis

    with redis.Redis.from_url(url) as client:
        return int(client.info("memory")["used_memory"])
