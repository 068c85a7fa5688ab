"""A server of these tests' own, and a store in it."""

from collections.abc import AsyncIterator, Iterator

import pytest

from doorward.stores.redis import RedisStore
from tests.support.proxy import Proxy, running_proxy
from tests.support.valkey import Valkey, running_valkey


@pytest.fixture(scope="package")
def own_valkey() -> Iterator[Valkey]:
    """Nobody else's: what is counted here are its clients and its scripts."""
    with running_valkey() as server:
        yield server


@pytest.fixture
def server(own_valkey: Valkey) -> Valkey:
    """The same, emptied."""
    own_valkey.ask("FLUSHALL")
    return own_valkey


@pytest.fixture
async def store(server: Valkey) -> AsyncIterator[RedisStore]:
    store = RedisStore(server.url)
    yield store
    await store.close()


@pytest.fixture
async def proxy(server: Valkey) -> AsyncIterator[Proxy]:
    async with running_proxy(server.port) as proxy:
        yield proxy


@pytest.fixture
async def behind(proxy: Proxy) -> AsyncIterator[RedisStore]:
    """A store that reaches the server through the proxy."""
    store = RedisStore(f"redis://127.0.0.1:{proxy.port}")
    yield store
    await store.close()
