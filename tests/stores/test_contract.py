"""Both stores that ship pass the suite that every store must pass."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from doorward.stores import Backend, open_store
from doorward.testing.contract import StoreContract


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
