"""The stores that ship pass the suite that every store must pass."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from doorward.stores import Backend, Cursor, open_store
from doorward.testing.contract import StoreContract
from tests.support.postgres import Postgres
from tests.support.valkey import Valkey, redis_programs, running_valkey


@pytest.fixture(scope="module", params=redis_programs(), ids=lambda program: Path(program).name)
def redis_server(request: pytest.FixtureRequest) -> Iterator[Valkey]:
    """Valkey, and Redis too where there is one."""
    with running_valkey(program=request.param) as server:
        yield server


EMPTY = """
    TRUNCATE doorward_sessions, doorward_changes, doorward_marks, doorward_keys, doorward_tickets,
        doorward_limits;
    UPDATE doorward_meta SET changes_purged_up_to = '0', marks_purged_up_to = '0';
"""


@pytest.fixture(scope="module")
def database(postgres: Postgres) -> str:
    return postgres.new_database()


class TestMemoryStore(StoreContract):
    @pytest.fixture
    async def store(self) -> AsyncIterator[Backend]:
        store = open_store("memory:")
        yield store
        await store.close()


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
    async def store(self, postgres: Postgres, database: str) -> AsyncIterator[Backend]:
        """Emptied after each test, which is quicker than a database for each."""
        store = open_store(database)
        yield store
        await store.close()
        postgres.execute(EMPTY, database)

    def ahead(self, cursor: Cursor) -> Cursor:
        place, snapshot = cursor
        xmax = int(str(snapshot).split(":")[1]) + 1
        return place, f"{xmax}:{xmax}:"
