"""Every value in the databases, as a thief of a copy reads them, on any engine."""

import asyncio
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from itertools import chain
from typing import Any
from urllib.parse import urlsplit

from ..stores.search_path import search_path

Values = list[str | bytes]


def stored(*urls: str) -> Values:
    """Every string and byte string in the databases at `urls`."""
    return list(dict.fromkeys(chain.from_iterable(_stored(url) for url in dict.fromkeys(urls))))


def _stored(url: str) -> Values:
    scheme = urlsplit(url).scheme
    if scheme == "sqlite":
        return _of_sqlite(url.removeprefix("sqlite:///"))
    if scheme in ("redis", "rediss"):
        return _of_redis(url)
    return asyncio.run(_of_postgres(url))


def _of_sqlite(path: str) -> Values:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return values_of_sqlite(database)


def values_of_sqlite(database: sqlite3.Connection) -> Values:
    """Every value in the tables of an open database, its write-ahead log included."""
    tables = database.execute("select name from sqlite_master where type = 'table'").fetchall()
    rows = (database.execute(f'select * from "{name}"') for (name,) in tables)  # noqa: S608
    return _flat(chain.from_iterable(rows))


async def _of_postgres(url: str) -> Values:
    import asyncpg

    connection = await asyncpg.connect(url, server_settings=search_path(url))
    try:
        tables = await connection.fetch(
            "select relid::regclass::text from pg_stat_user_tables where pg_table_is_visible(relid)"
        )
        found = [await connection.fetch(f"select * from {name}") for (name,) in tables]  # noqa: S608
        return _flat(chain.from_iterable(found))
    finally:
        await connection.close()


def _of_redis(url: str) -> Values:
    import redis

    with redis.Redis.from_url(url) as client:
        keys = list(client.scan_iter())
        return _flat([*keys, *(_of_key(client, key) for key in keys)])


def _of_key(client: Any, key: bytes) -> Any:
    kind = client.type(key)
    if kind == b"hash":
        return [*client.hgetall(key).keys(), *client.hgetall(key).values()]
    if kind == b"string":
        return client.get(key)
    if kind == b"set":
        return list(client.smembers(key))
    if kind == b"list":
        return client.lrange(key, 0, -1)
    if kind == b"stream":
        return [list(entry.values()) for _, entry in client.xrange(key)]
    return client.zrange(key, 0, -1)


def _flat(values: Iterable[Any]) -> Values:
    found: Values = []
    for value in values:
        if isinstance(value, str | bytes):
            found.append(value)
        elif isinstance(value, Iterable):
            found += _flat(value)
    return found
