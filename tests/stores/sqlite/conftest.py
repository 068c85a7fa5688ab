"""A file, and a store in it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from doorward.stores.sqlite import SQLiteStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "doorward.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SQLiteStore]:
    """It waits 50 ms for a lock, so that tests of locks are quick."""
    store = SQLiteStore(path, busy_timeout=0.05)
    yield store
    await store.close()
