"""Two servers on one database behind a load balancer that ties nobody to either.

Through the balancer on every engine, through nginx on one: it knows nothing of engines.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from ssl import SSLContext
from typing import cast

import pytest

from doorward.types import Mode
from tests.journeys.conftest import KINDS, Kind, Server
from tests.journeys.traveller import UNUSED, Transport, Traveller, travelling
from tests.support.balancer import balancing
from tests.support.certificate import make_certificate
from tests.support.nginx import nginx_path, places, running_nginx
from tests.support.server import RunningServer, free_port, running_server
from tests.support.valkey import running_valkey

FRONTS = ["balancer", *(["nginx"] if nginx_path() else [])]
"""The balancer of the test tree always; nginx wherever it can be had."""

PLACES = [("balancer", engine) for engine in ("sqlite", "postgres", "valkey")] + [
    (front, "sqlite") for front in FRONTS[1:]
]
"""A front, and where the sessions are."""

collect_ignore = [] if nginx_path() else ["test_nginx.py"]

_names = count()


@dataclass(frozen=True, slots=True)
class Cluster:
    """`url` is that of the front, `plain` the port on which nginx speaks plain http."""

    url: str
    plain: int
    mode: Mode
    nodes: tuple[RunningServer, RunningServer]
    verify: SSLContext
    place: tuple[str, ...]

    @property
    def operator(self) -> Server:
        """Whoever decides about people, on the command line."""
        return Server(self.nodes[0], self.mode, self.place)

    @contextmanager
    def arriving(self, transport: Transport) -> Iterator[Traveller]:
        """One more client of the front."""
        with travelling(self.url, transport, self.verify) as traveller:
            yield traveller


@contextmanager
def cluster(
    front: str, mode: Mode, folder: Path, *options: str, application: int = 0, more: str = ""
) -> Iterator[Cluster]:
    """Two nodes that serve, behind a front; `more` is for nginx."""
    port, plain, verify = free_port(), free_port(), UNUSED
    scheme = "https" if front == "nginx" else "http"
    url = f"{scheme}://localhost:{port}"
    with ExitStack() as stack:
        nodes: list[RunningServer] = []
        for name in ("one", "two"):
            place = folder / name
            place.mkdir()
            told = ["--mode", mode, "--public-origin", url, "--trusted-proxies", "127.0.0.1"]
            told += ["--signup-limit", "1000"]
            if nodes:
                told += ["--database", nodes[0].database]
                told += ["--root-key-file", str(nodes[0].root_key_file)]
            told += options
            nodes.append(stack.enter_context(running_server(*told, folder=place)))
        ports = [node.port for node in nodes]
        if front == "nginx":
            verify = make_certificate(folder)
            text = places(folder, port, plain, ports, application or free_port())
            stack.enter_context(running_nginx(folder, text.replace("http {\n", f"http {{\n{more}")))
        else:
            stack.enter_context(balancing(port, ports))
        yield Cluster(url, plain, mode, (nodes[0], nodes[1]), verify, options)


def on(engine: str, request: pytest.FixtureRequest, stack: ExitStack) -> tuple[str, ...]:
    """The options of `doorward serve` that put its sessions there."""
    match engine:
        case "postgres":
            return ("--database", request.getfixturevalue("postgres").new_database())
        case "valkey":
            return ("--sessions", stack.enter_context(running_valkey()).url)
        case _:
            return ()


@pytest.fixture(scope="module")
def clusters(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[object, Cluster]]:
    """Those that run already."""
    with ExitStack() as stack:

        class Started(dict[tuple[str, Mode, str], Cluster]):
            def __missing__(self, key: tuple[str, Mode, str]) -> Cluster:
                front, mode, engine = key
                folder = tmp_path_factory.mktemp("cluster")
                options = on(engine, request, stack)
                self[key] = found = stack.enter_context(cluster(front, mode, folder, *options))
                return found

        yield cast(dict[object, Cluster], Started())


@pytest.fixture(params=KINDS, ids=lambda kind: "/".join(kind))
def kind(request: pytest.FixtureRequest) -> Kind:
    return cast(Kind, request.param)


@pytest.fixture(params=FRONTS)
def front(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=PLACES, ids=lambda place: "/".join(place))
def place(request: pytest.FixtureRequest) -> tuple[str, str]:
    return cast(tuple[str, str], request.param)


@pytest.fixture
def nodes(clusters: dict[object, Cluster], place: tuple[str, str], kind: Kind) -> Cluster:
    """Two that serve, through either front."""
    front, engine = place
    return clusters[front, kind[0], engine]


@pytest.fixture
def email() -> str:
    """Somebody who was never here before."""
    return f"ann{next(_names)}@example.org"
