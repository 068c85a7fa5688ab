"""The engines that `bench/scale.py` and `bench/lag.py` measure, and sessions in bulk.

A row in bulk is what a login leaves, ten rows a subject; its sid and its secret follow from its
number, so that its session token can be made without having been kept.
"""

import gc
import hashlib
import resource
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from redis.asyncio import Redis

from doorward.settings import DAY
from doorward.stores import Backend
from doorward.stores.memory import MemoryStore
from doorward.stores.postgres import PostgresStore
from doorward.stores.redis import RedisStore
from doorward.stores.redis.rows import session_text
from doorward.stores.redis.scripts import INSERT
from doorward.stores.rows import values
from doorward.stores.sqlite import SQLiteStore
from doorward.tokens import mint_session_token
from doorward.types import Device, Session, system_clock
from tests.support.postgres import DURABLE, Postgres, running_postgres
from tests.support.valkey import Valkey, running_valkey

NOW = system_clock()
SPREAD = 600_000
"""The latest activities lie within so many seconds: a week, so that no check has to note one when
`touch_every` is a week."""

EACH = 10
"""Sessions of each subject."""

AGENT = b"Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0"
PIPELINE = 500


def sid_of(number: int) -> str:
    return hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest()


def secret_of(number: int) -> bytes:
    return hashlib.sha256(str(number).encode()).digest()


def token_of(number: int) -> str:
    """The session token of a row in bulk."""
    return mint_session_token(sid_of(number), secret_of(number))


def subject_of(number: int) -> str:
    return f"subject-{number // EACH}"


def a_row(number: int, ago: int = 0) -> Session:
    """A session of `ago` seconds earlier.  Its texts are its own, as those of a login are."""
    seen = NOW - ago - number * 7919 % SPREAD
    return Session(
        sid=sid_of(number),
        subject=subject_of(number),
        mode="session",
        secret_hash=hashlib.sha256(secret_of(number)).digest(),
        created_at=seen,
        authenticated_at=seen,
        seen_at=seen,
        expires_at=seen + 30 * DAY,
        ends_at=seen + 14 * DAY,
        rotated_at=seen,
        roles=frozenset({"editor"}),
        amr=("pwd",),
        device=Device(f"192.0.2.{number % 250}", AGENT.decode(), "Firefox on Linux"),
    )


def insert(numbers: range, ago: int, series: str, sid: str, digest: str) -> str:
    """One statement that adds `a_row` of every number in SQL."""
    seen = f"{NOW - ago} - n * 7919 % {SPREAD}"
    columns = {name: _literal(value) for name, value in values(a_row(0)).items()}
    columns |= dict.fromkeys(("created_at", "authenticated_at", "seen_at", "rotated_at"), seen)
    columns |= {
        "sid": sid,
        "secret_hash": digest,
        "subject": f"'subject-' || (n / {EACH})",
        "ends_at": f"{seen} + {14 * DAY}",
        "expires_at": f"{seen} + {30 * DAY}",
        "address": "'192.0.2.' || (n % 250)",
    }
    series = series.format(first=numbers.start, last=numbers.stop - 1)
    return (
        f"INSERT INTO doorward_sessions ({', '.join(columns)})"  # noqa: S608 - our own words
        f" SELECT {', '.join(columns.values())} FROM ({series}) AS numbers"
    )


def _literal(value: str | bytes | int | None) -> str:
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return "NULL" if value is None else str(value)


class Engine(Protocol):
    """A running engine and a store in it."""

    name: str
    url: str
    store: Backend

    async def add(self, numbers: range, ago: int = 0) -> None:
        """The rows of these numbers, in bulk."""

    def used(self) -> int:
        """Bytes that the sessions and their indexes take."""


class InMemory:
    name, url = "memory", "memory:"

    def __init__(self) -> None:
        self.store = MemoryStore()

    async def add(self, numbers: range, ago: int = 0) -> None:
        mark = await self.store.mark()
        for number in numbers:
            await self.store.insert(a_row(number, ago), mark, NOW)

    def used(self) -> int:
        gc.collect()
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * resource.getpagesize()


class InSQLite:
    name = "sqlite"
    series = (
        "WITH RECURSIVE each (n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM each"
        " WHERE n < {last}) SELECT n FROM each"
    )

    def __init__(self, folder: Path) -> None:
        self._path = folder / "scale.db"
        self.url = f"sqlite:///{self._path}"
        self.store = SQLiteStore(self._path)

    async def add(self, numbers: range, ago: int = 0) -> None:
        with self._connection() as connection:
            connection.create_function("sid", 1, sid_of)
            connection.create_function(
                "digest", 1, lambda number: hashlib.sha256(secret_of(number)).digest()
            )
            connection.execute(insert(numbers, ago, self.series, "sid(n)", "digest(n)"))

    def used(self) -> int:
        with self._connection() as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return self._path.stat().st_size

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self._path, isolation_level=None)
        try:
            yield connection
        finally:
            connection.close()


class InPostgres:
    name = "postgres"
    series = "SELECT n FROM generate_series({first}::bigint, {last}) AS n"

    def __init__(self, server: Postgres) -> None:
        self._server = server
        self.url = server.url
        self.store = PostgresStore(server.url)

    async def add(self, numbers: range, ago: int = 0) -> None:
        await self.store.mark()  # makes the tables
        digest = "sha256(sha256(n::text::bytea))"
        self._server.execute(insert(numbers, ago, self.series, "md5(n::text)", digest))
        # what autovacuum does in its own time
        self._server.execute("VACUUM ANALYZE doorward_sessions")

    def used(self) -> int:
        return int(self._server.execute("SELECT pg_total_relation_size('doorward_sessions')"))


class InRedis:
    name = "redis"

    def __init__(self, server: Valkey) -> None:
        self._server = server
        self.url = server.url
        self.store = RedisStore(server.url)

    async def add(self, numbers: range, ago: int = 0) -> None:
        mark = await self.store.mark()
        client = Redis(port=urlsplit(self.url).port or 0)
        await client.script_load(INSERT.text)
        for start in range(numbers.start, numbers.stop, PIPELINE):
            async with client.pipeline(transaction=False) as together:
                for number in range(start, min(start + PIPELINE, numbers.stop)):
                    text = session_text(a_row(number, ago))
                    # a day is what the store itself adds to the life of a row
                    together.evalsha(INSERT.sha, 0, text, mark, NOW, 31 * DAY, "", 0)
                await together.execute()
        await client.aclose()

    def used(self) -> int:
        return int(self._server.ask("INFO", "memory").partition("used_memory:")[2].split()[0])


@asynccontextmanager
async def running(name: str, folder: Path) -> AsyncIterator[Engine]:
    """A new and empty engine, gone at the end.  PostgreSQL flushes to the disk, as SQLite does;
    Valkey once a second."""
    with _server(name, folder) as engine:
        try:
            yield engine
        finally:
            await engine.store.close()


@contextmanager
def _server(name: str, folder: Path) -> Iterator[Engine]:
    if name == "memory":
        yield InMemory()
    elif name == "sqlite":
        yield InSQLite(folder)
    elif name == "postgres":
        with running_postgres(DURABLE) as server:
            yield InPostgres(server)
    else:
        with running_valkey() as valkey:
            yield InRedis(valkey)


NAMES = ("memory", "sqlite", "postgres", "redis")
