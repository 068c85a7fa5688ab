"""A server in this process, opened with whatever options a test asks for."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from doorward.passwords import CHEAP
from doorward.server.app import create_app
from doorward.server.options import Options
from doorward.testing import FakeClock
from tests.server.house import ORIGIN, House, Opened


@pytest.fixture
async def opened(tmp_path: Path, anyio_backend: str) -> AsyncIterator[Opened]:
    """`await opened(mode="token")` is a house with these options."""
    async with AsyncExitStack() as stack:

        async def open_house(**options: Any) -> House:
            given = {
                "database": "memory:",
                "public_origin": ORIGIN,
                "root_key_file": str(tmp_path / "root.key"),
                **options,
            }
            clock = FakeClock()
            app = create_app(Options(**given), clock=clock, cost=CHEAP)
            await stack.enter_async_context(app.router.lifespan_context(app))
            return House(app, clock, stack)

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
