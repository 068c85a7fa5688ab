"""The rows of plain sessions in each engine, with the usual driver of that engine."""

import sqlite3
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit

from ...stores.search_path import search_path

TABLE = "compare_plain_sessions"

_COLUMNS = (
    "id text primary key, subject text not null, roles text not null, expires bigint not null"
)
_CREATE = (
    f"create table if not exists {TABLE} ({_COLUMNS})",
    f"create index if not exists {TABLE}_subject on {TABLE} (subject)",
)


class PlainRow(NamedTuple):
    subject: str
    roles: str
    expires: int


class Rows(Protocol):
    """A table of plain sessions."""

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def get(self, sid: str) -> PlainRow | None: ...

    async def put(self, sid: str, subject: str, roles: str, expires: int) -> None: ...

    async def delete(self, sid: str) -> None: ...

    async def delete_all(self, subject: str) -> None: ...

    async def set_roles(self, subject: str, roles: str) -> None: ...

    async def of(self, subject: str) -> Sequence[PlainRow]: ...

    async def purge(self, now: int) -> int: ...


def rows_at(url: str) -> Rows:
    scheme = urlsplit(url).scheme
    if scheme == "sqlite":
        return SQLiteRows(url.removeprefix("sqlite:///"))
    if scheme in ("redis", "rediss"):
        return RedisRows(url)
    return PostgresRows(url)


class SQLiteRows:
    """By `sqlite3`, called on the event loop as Doorward's own store calls it."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._database: Any = None

    async def open(self) -> None:
        self._database = sqlite3.connect(self._path, isolation_level=None, timeout=10)
        self._database.execute("pragma journal_mode = wal")
        for statement in _CREATE:
            self._database.execute(statement)

    async def close(self) -> None:
        self._database.close()

    async def get(self, sid: str) -> PlainRow | None:
        found = self._rows("select subject, roles, expires from {} where id = ?", sid)
        return found[0] if found else None

    async def put(self, sid: str, subject: str, roles: str, expires: int) -> None:
        self._run("insert into {} values (?, ?, ?, ?)", sid, subject, roles, expires)

    async def delete(self, sid: str) -> None:
        self._run("delete from {} where id = ?", sid)

    async def delete_all(self, subject: str) -> None:
        self._run("delete from {} where subject = ?", subject)

    async def set_roles(self, subject: str, roles: str) -> None:
        self._run("update {} set roles = ? where subject = ?", roles, subject)

    async def of(self, subject: str) -> Sequence[PlainRow]:
        return self._rows("select subject, roles, expires from {} where subject = ?", subject)

    async def purge(self, now: int) -> int:
        return int(self._run("delete from {} where expires <= ?", now).rowcount)

    def _run(self, statement: str, *values: object) -> Any:
        return self._database.execute(statement.format(TABLE), values)

    def _rows(self, statement: str, *values: object) -> list[PlainRow]:
        return [PlainRow(*row) for row in self._run(statement, *values)]


class PostgresRows:
    """By asyncpg's pool."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._pool: Any = None

    async def open(self) -> None:
        import asyncpg

        self._pool = await asyncpg.create_pool(
            self._url, min_size=1, max_size=8, server_settings=search_path(self._url)
        )
        async with self._pool.acquire() as connection, connection.transaction():
            # without a lock, two processes that create the table at once fail
            await connection.execute("select pg_advisory_xact_lock(7368)")
            for statement in _CREATE:
                await connection.execute(statement)

    async def close(self) -> None:
        await self._pool.close()

    async def get(self, sid: str) -> PlainRow | None:
        found = await self._rows("select subject, roles, expires from {} where id = $1", sid)
        return found[0] if found else None

    async def put(self, sid: str, subject: str, roles: str, expires: int) -> None:
        await self._run("insert into {} values ($1, $2, $3, $4)", sid, subject, roles, expires)

    async def delete(self, sid: str) -> None:
        await self._run("delete from {} where id = $1", sid)

    async def delete_all(self, subject: str) -> None:
        await self._run("delete from {} where subject = $1", subject)

    async def set_roles(self, subject: str, roles: str) -> None:
        await self._run("update {} set roles = $1 where subject = $2", roles, subject)

    async def of(self, subject: str) -> Sequence[PlainRow]:
        return await self._rows(
            "select subject, roles, expires from {} where subject = $1", subject
        )

    async def purge(self, now: int) -> int:
        return int((await self._run("delete from {} where expires <= $1", now)).split()[1])

    async def _run(self, statement: str, *values: object) -> str:
        done: str = await self._pool.execute(statement.format(TABLE), *values)
        return done

    async def _rows(self, statement: str, *values: object) -> list[PlainRow]:
        found = await self._pool.fetch(statement.format(TABLE), *values)
        return [PlainRow(*row) for row in found]


class RedisRows:
    """By redis-py: each session is a hash that expires, each person has a set of session ids."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client: Any = None

    async def open(self) -> None:
        import redis.asyncio

        self._client = redis.asyncio.from_url(self._url, decode_responses=True)

    async def close(self) -> None:
        await self._client.aclose()

    async def get(self, sid: str) -> PlainRow | None:
        found = await self._client.hgetall(f"{TABLE}:{sid}")
        return PlainRow(found["subject"], found["roles"], int(found["expires"])) if found else None

    async def put(self, sid: str, subject: str, roles: str, expires: int) -> None:
        row = {"subject": subject, "roles": roles, "expires": expires}
        async with self._client.pipeline(transaction=True) as together:
            together.hset(f"{TABLE}:{sid}", mapping=row)
            together.expireat(f"{TABLE}:{sid}", expires)
            together.sadd(f"{TABLE}:of:{subject}", sid)
            await together.execute()

    async def delete(self, sid: str) -> None:
        await self._client.delete(f"{TABLE}:{sid}")

    async def delete_all(self, subject: str) -> None:
        for sid in await self._client.smembers(f"{TABLE}:of:{subject}"):
            await self.delete(sid)
        await self._client.delete(f"{TABLE}:of:{subject}")

    async def set_roles(self, subject: str, roles: str) -> None:
        for sid in await self._client.smembers(f"{TABLE}:of:{subject}"):
            await self._client.hset(f"{TABLE}:{sid}", "roles", roles)

    async def of(self, subject: str) -> Sequence[PlainRow]:
        sids = await self._client.smembers(f"{TABLE}:of:{subject}")
        found = [await self.get(sid) for sid in sids]
        return [row for row in found if row is not None]

    async def purge(self, now: int) -> int:
        return 0  # Redis deletes what expired by itself
