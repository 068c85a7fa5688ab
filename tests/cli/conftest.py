"""A desk of its own for each test, or one beside a server."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import httpx2
import pytest

from tests.journeys.traveller import UNUSED
from tests.support.thread_server import ThreadServer, server_in_thread
from tests.support.until import PATIENCE

from .desk import Desk, Visitor, desk_of


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """No database yet."""
    return Desk(tmp_path, f"sqlite:///{tmp_path}/doorward.db", tmp_path / "keys" / "root.key")


@dataclass(frozen=True, slots=True)
class Beside:
    """A server, the desk beside it, and somebody who uses it."""

    server: ThreadServer
    desk: Desk
    visitor: Visitor


Servers = Callable[[str], ThreadServer]


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Of each mode one, started when it is first asked for."""
    with ExitStack() as running:

        @cache
        def server(mode: str) -> ThreadServer:
            folder = tmp_path_factory.mktemp(mode)
            return running.enter_context(server_in_thread("--mode", mode, folder=folder))

        yield server


@pytest.fixture(params=["session", "token"])
def beside(request: pytest.FixtureRequest, servers: Servers) -> Iterator[Beside]:
    """Once in each mode."""
    yield from _beside(servers(request.param))


@pytest.fixture
def beside_tokens(servers: Servers) -> Iterator[Beside]:
    """In token mode."""
    yield from _beside(servers("token"))


def _beside(server: ThreadServer) -> Iterator[Beside]:
    with httpx2.Client(base_url=server.url, timeout=PATIENCE, verify=UNUSED) as http:
        yield Beside(server, desk_of(server), Visitor(http))
