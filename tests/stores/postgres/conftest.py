"""A database of a test's own, and a store in it."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from doorward.stores.postgres import PostgresStore
from tests.support.postgres import Postgres
from tests.support.proxy import Proxy, running_proxy
from tests.support.until import PATIENCE

GIVES_UP = 1.0
"""Seconds that a store of these tests waits for an answer: more than a busy machine needs."""


@pytest.fixture
def url(postgres: Postgres) -> str:
    return postgres.new_database()


@pytest.fixture
async def store(url: str) -> AsyncIterator[PostgresStore]:
    store = PostgresStore(url, answer_within=PATIENCE)
    yield store
    await store.close()


@pytest.fixture
async def other(url: str) -> AsyncIterator[Any]:
    """Somebody else's connection, which may keep a transaction open."""
    connection = await asyncpg.connect(url)
    yield connection
    await connection.close()


@pytest.fixture
async def proxy(postgres: Postgres) -> AsyncIterator[Proxy]:
    async with running_proxy(postgres.port) as proxy:
        yield proxy


@pytest.fixture
async def behind(proxy: Proxy, url: str, postgres: Postgres) -> AsyncIterator[PostgresStore]:
    """A store that reaches its tables through the proxy, and gives up soon."""
    maker = PostgresStore(url)
    await maker.migrate()
    await maker.close()
    through = url.replace(f":{postgres.port}/", f":{proxy.port}/")
    store = PostgresStore(through, answer_within=GIVES_UP)
    yield store
    await proxy.restore()
    await store.close()
