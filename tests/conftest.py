"""What every test may ask for: the event loop's kind, a browser, real servers."""

from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from playwright.async_api import Browser

from tests.support import hanging, outside
from tests.support.browser import launched_chromium
from tests.support.postgres import Postgres, ask_no_tls, running_postgres
from tests.support.processes import let_children_hear
from tests.support.server import RunningServer, Serve, running_server
from tests.support.valkey import Valkey, running_valkey

# Neither a busy machine nor luck may decide: no deadline, and the same examples in every run.
settings.register_profile(
    "suite",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
# `--hypothesis-profile=search` looks for new ones, and says how to see again what it found.
settings.register_profile(
    "search", settings.get_profile("suite"), derandomize=False, print_blob=True, max_examples=2000
)
settings.load_profile("suite")


def pytest_configure() -> None:
    let_children_hear()
    ask_no_tls()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        outside.mark(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    with outside.guarded(item):
        return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> None:
    hanging.limit(pyfuncitem)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """One loop for the whole session: Playwright's objects belong to the loop that made them."""
    return "asyncio"


@pytest.fixture(scope="session")
async def chromium(anyio_backend: str) -> AsyncIterator[Browser]:
    """A real headless Chromium; each test opens its own `new_context()` in it."""
    async with launched_chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """`serve("--mode", "token")` starts a `doorward serve` that lives to the end of the module:
    later tests want the processor, and what they count in the stores, for themselves."""
    with ExitStack() as servers:

        def start(*args: str, env: dict[str, str] | None = None) -> RunningServer:
            folder: Path = tmp_path_factory.mktemp("server")
            return servers.enter_context(running_server(*args, folder=folder, env=env))

        yield start


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A real PostgreSQL; `new_database()` is a test's own."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[Valkey]:
    """A real Valkey, durable as Doorward wants it."""
    with running_valkey() as server:
        yield server


@pytest.fixture
def valkey(valkey_server: Valkey) -> Valkey:
    """The same, emptied: what other tests left there is sealed, or under other root keys."""
    valkey_server.ask("FLUSHALL")
    return valkey_server


@pytest.fixture(
    params=[
        pytest.param("sqlite", marks=pytest.mark.engine),
        pytest.param("postgres", marks=pytest.mark.process),
        pytest.param("valkey", marks=pytest.mark.process),
    ]
)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty store is, of each engine that several processes may share."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/doorward.db"
    if request.param == "postgres":
        postgres: Postgres = request.getfixturevalue("postgres")
        return postgres.new_database()
    valkey: Valkey = request.getfixturevalue("valkey")
    return valkey.url
