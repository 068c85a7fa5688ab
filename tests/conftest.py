"""What every test may ask for: the event loop's kind, a browser, a real server process."""

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.support.browser import launched_chromium
from tests.support.server import RunningServer, Serve, running_server


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """One loop for the whole session: Playwright's objects belong to the loop that made them."""
    return "asyncio"


@pytest.fixture(scope="session")
async def chromium(anyio_backend: str) -> AsyncIterator[Browser]:
    """A real headless Chromium; each test opens its own `new_context()` in it."""
    async with launched_chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """`serve("--mode", "token")` starts a `doorward serve` that lives to the end of the session."""
    with ExitStack() as servers:

        def start(*args: str, env: dict[str, str] | None = None) -> RunningServer:
            folder: Path = tmp_path_factory.mktemp("server")
            return servers.enter_context(running_server(*args, folder=folder, env=env))

        yield start
