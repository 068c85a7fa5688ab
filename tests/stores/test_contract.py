"""The stores that ship pass the suite that every store must pass."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from doorward.stores import Backend, Cursor, open_store
from doorward.stores.postgres import PostgresStore
from doorward.testing.contract import StoreContract
from tests.support.postgres import Postgres
from tests.support.until import PATIENCE
from tests.support.valkey import Valkey, redis_programs, running_valkey


@pytest.fixture(scope="module", params=redis_programs(), ids=lambda program: Path(program).name)
def redis_server(request: pytest.FixtureRequest) -> Iterator[Valkey]:
    """Valkey, and Redis too where there is one."""
    with running_valkey(program=request.param) as server:
        yield server


EMPTY = """
    DELETE FROM doorward_sessions;
    DELETE FROM doorward_changes;
    DELETE FROM doorward_marks;
    DELETE FROM doorward_keys;
    DELETE FROM doorward_tickets;
    DELETE FROM doorward_limits;
    UPDATE doorward_meta SET changes_purged_up_to = '0', marks_purged_up_to = '0';
"""


@dataclass(frozen=True, slots=True)
class Database:
    """One for all tests, each of which leaves it empty: that is quicker than one for each."""

    url: str
    connection: Any

    async def empty(self) -> None:
        await self.connection.execute(EMPTY)


@pytest.fixture(scope="module")
async def database(postgres: Postgres) -> AsyncIterator[Database]:
    url = postgres.new_database()
    connection = await asyncpg.connect(url)
    yield Database(url, connection)
    await connection.close()


class TestMemoryStore(StoreContract):
    @pytest.fixture
    async def store(self) -> AsyncIterator[Backend]:
        store = open_store("memory:")
        yield store
        await store.close()


@pytest.mark.engine
class TestSQLiteStore(StoreContract):
    @pytest.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[Backend]:
        store = open_store(f"sqlite:///{tmp_path}/doorward.db")
        yield store
        await store.close()


@pytest.mark.process
class TestRedisStore(StoreContract):
    @pytest.fixture
    async def store(self, redis_server: Valkey) -> AsyncIterator[Backend]:
        redis_server.ask("FLUSHALL")
        store = open_store(redis_server.url)
        yield store
        await store.close()


class TestPostgresStore(StoreContract):
    @pytest.fixture
    async def store(self, database: Database) -> AsyncIterator[Backend]:
        store = PostgresStore(database.url, answer_within=PATIENCE)
        yield store
        await store.close()
        await database.empty()

    def ahead(self, cursor: Cursor) -> Cursor:
        place, snapshot = cursor
        xmax = int(str(snapshot).split(":")[1]) + 1
        return place, f"{xmax}:{xmax}:"
