"""A server in this process, opened with whatever options a test asks for."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.server.house import House, Opened, houses
from tests.support.migrated import born_migrated


@pytest.fixture(scope="module", autouse=True)
def _migrated() -> Iterator[None]:
    """A database in memory need not be migrated by each test that opens one."""
    with born_migrated():
        yield


@pytest.fixture(scope="session")
def root_key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the root key is that every house may share; the first makes it."""
    return tmp_path_factory.mktemp("keys") / "root.key"


@pytest.fixture
async def opened(root_key_file: Path, anyio_backend: str) -> AsyncIterator[Opened]:
    """`await opened(mode="token")` is a house with these options."""
    async with houses(root_key_file) as open_house:
        yield open_house


@pytest.fixture(scope="module")
async def shared(root_key_file: Path, anyio_backend: str) -> AsyncIterator[Opened]:
    """The same, open to the end of the file: for tests that change nothing that others see."""
    async with houses(root_key_file) as open_house:
        yield open_house


@pytest.fixture
async def house(opened: Opened) -> House:
    """A house in session mode."""
    found: House = await opened()
    return found


@pytest.fixture(params=["session", "token"])
async def either(request: pytest.FixtureRequest, opened: Opened) -> House:
    """A house in each mode."""
    found: House = await opened(mode=request.param)
    return found
