"""A desk of its own for each test, or one beside a running server."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from tests.support.server import RunningServer, Serve
from tests.support.until import PATIENCE

from .desk import Desk, Visitor, desk_of


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """No database yet."""
    return Desk(tmp_path, f"sqlite:///{tmp_path}/doorward.db", tmp_path / "keys" / "root.key")


@dataclass(frozen=True, slots=True)
class Beside:
    """A server, the desk beside it, and somebody who uses it."""

    server: RunningServer
    desk: Desk
    visitor: Visitor


@pytest.fixture(scope="module")
def servers(serve: Serve) -> dict[str, RunningServer]:
    return {mode: serve("--mode", mode) for mode in ("session", "token")}


@pytest.fixture(params=["session", "token"])
def beside(request: pytest.FixtureRequest, servers: dict[str, RunningServer]) -> Iterator[Beside]:
    """Once in each mode."""
    server = servers[request.param]
    with httpx2.Client(base_url=server.url, timeout=PATIENCE) as http:
        yield Beside(server, desk_of(server), Visitor(http))


@pytest.fixture
def beside_tokens(servers: dict[str, RunningServer]) -> Iterator[Beside]:
    """In token mode."""
    server = servers["token"]
    with httpx2.Client(base_url=server.url, timeout=PATIENCE) as http:
        yield Beside(server, desk_of(server), Visitor(http))
