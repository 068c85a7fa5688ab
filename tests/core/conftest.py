"""Every test of `Auth` runs on both stores that ship and, where it asks for it, in both modes."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest

from doorward import open_store
from doorward.stores import Backend
from doorward.testing import FakeClock
from doorward.types import Mode
from tests.core.scene import House


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(params=["memory", pytest.param("sqlite", marks=pytest.mark.engine)])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Backend]:
    url = "memory:" if request.param == "memory" else f"sqlite:///{tmp_path}/doorward.db"
    opened = open_store(url)
    yield opened
    await opened.close()


@pytest.fixture
async def twin(store: Backend, tmp_path: Path) -> AsyncIterator[Backend]:
    """The same sessions as another process sees them: the same file, opened once more."""
    if not (tmp_path / "doorward.db").exists():
        yield store
        return
    opened = open_store(f"sqlite:///{tmp_path}/doorward.db")
    yield opened
    await opened.close()


@pytest.fixture(params=["session", "token"])
def mode(request: pytest.FixtureRequest) -> Mode:
    return cast(Mode, request.param)


@pytest.fixture
def house(store: Backend, clock: FakeClock, mode: Mode) -> House:
    """An application in either mode."""
    return House(store, clock, mode)


@pytest.fixture
def token_house(store: Backend, clock: FakeClock) -> House:
    """An application in token mode."""
    return House(store, clock, "token")


@pytest.fixture
def session_house(store: Backend, clock: FakeClock) -> House:
    """An application in session mode."""
    return House(store, clock, "session")
