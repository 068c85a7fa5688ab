"""Applications behind a lifecycle, in either mode, with a clock that stands still."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from doorward import Auth, Event, Issued, Settings
from doorward.stores import Backend
from doorward.testing import FakeClock
from doorward.types import Mode
from doorward.web.asgi import Middleware
from doorward.web.fastapi import Doorward
from doorward.web.lifecycle import Lifecycle
from tests.core.between import Faulty
from tests.web.driver import App


@dataclass(frozen=True, slots=True)
class House:
    """A lifecycle that is open, and what stands behind it: a store that a test may break."""

    lifecycle: Lifecycle
    auth: Auth
    clock: FakeClock
    store: Faulty
    events: list[Event]

    def guard(self, app: App) -> App:
        return Middleware(app, self.lifecycle)

    async def log_in(self, subject: str = "ann", **facts: Any) -> Issued:
        return await (await self.auth.attempt()).login(subject, **facts)


Build = Callable[..., Any]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(params=["session", "token"])
def mode(request: pytest.FixtureRequest) -> Mode:
    return cast(Mode, request.param)


@pytest.fixture
async def build(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Build]:
    """`await build(mode, **settings)` is a house on a database in memory."""
    lifecycles: list[Lifecycle] = []

    async def make(mode: Mode, database: str = "memory:", **settings: Any) -> House:
        found = Settings(mode=mode, **settings)
        stores: list[Faulty] = []
        events: list[Event] = []

        async def record(event: Event) -> None:
            events.append(event)

        def around(store: Backend) -> Backend:
            stores.append(Faulty(store))
            return stores[0].backend

        key_file = tmp_path / "root.key"
        lifecycle = Lifecycle(
            database, found, root_key_file=key_file, clock=clock, record=record, around=around
        )
        lifecycles.append(lifecycle)
        return House(lifecycle, (await lifecycle.open()).auth, clock, stores[0], events)

    yield make
    for lifecycle in lifecycles:
        await lifecycle.close()


@pytest.fixture
async def house(build: Build, mode: Mode) -> House:
    """A house in either mode."""
    return cast(House, await build(mode))


@pytest.fixture
async def token_house(build: Build) -> House:
    """A house in token mode."""
    return cast(House, await build("token"))


@pytest.fixture
async def auth(tmp_path: Path) -> AsyncIterator[Doorward]:
    """An application's lifecycle on a database in memory, in the default mode."""
    found = Doorward("memory:", root_key_file=tmp_path / "key")
    yield found
    await found.lifecycle.close()
