"""Two servers on one database behind a load balancer that ties nobody to either.

Through the balancer on every engine, through nginx on one: it knows nothing of engines.  The nodes
are threads, which share nothing but the database; under soak they are processes, too.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import chain, count, cycle
from pathlib import Path
from ssl import SSLContext
from typing import cast

import pytest
from _pytest.mark import ParameterSet

from doorward.types import Mode
from tests.journeys.changing import Start
from tests.journeys.conftest import KINDS, Kind, Running, Server
from tests.journeys.traveller import UNUSED, Transport, Traveller, travelling
from tests.support.balancer import balancing
from tests.support.certificate import make_certificate
from tests.support.fronts import found, running_caddy, running_haproxy
from tests.support.nginx import nginx_path, places, running_nginx
from tests.support.pairwise import cover
from tests.support.ports import free_port
from tests.support.server import running_server
from tests.support.thread_server import server_in_thread
from tests.support.valkey import running_valkey

FRONTS = ["balancer", *(["nginx"] if nginx_path() else [])]
"""The balancer of the test tree always; nginx wherever it can be had."""

PLACES = [("balancer", engine) for engine in ("sqlite", "postgres", "valkey")] + [
    (front, "sqlite") for front in FRONTS[1:]
]
"""A front, and where the sessions are."""

Row = tuple[Start, str, str, Kind]


def rows(kinds: Sequence[Kind] = KINDS) -> list[ParameterSet]:
    """How nodes run, a front, an engine and a kind of clients: nodes in threads with all pairs of
    front, engine, mode and transport in the ordinary suite, the rest under soak."""
    flat = [(*place, *kind) for place in PLACES for kind in kinds]
    kept = cover(flat)
    return [
        pytest.param(
            (start, front, engine, Kind(mode, transport)),
            id=f"{how}-{front}-{engine}-{mode}/{transport}",
            marks=() if how == "threads" and (front, engine, mode, transport) in kept else SOAK,
        )
        for how, start in (("threads", server_in_thread), ("processes", running_server))
        for front, engine, mode, transport in flat
    ]


def each_once() -> list[object]:
    """The same for what is long and asks each time alike: every place and every kind of clients
    once in the ordinary suite."""
    kept = {f"threads-{'-'.join(place)}-{kind}" for place, kind in zip(PLACES, cycle(KINDS))}
    return [
        pytest.param(*row.values, id=row.id, marks=() if row.id in kept else SOAK) for row in rows()
    ]


collect_ignore = [
    *([] if nginx_path() else ["test_nginx.py"]),
    *([] if found("haproxy") else ["test_chains.py"]),
]

SOAK = pytest.mark.soak

_names = count()


@dataclass(frozen=True, slots=True)
class Cluster:
    """`url` is that of the front, `plain` the port on which nginx speaks plain http."""

    url: str
    plain: int
    mode: Mode
    nodes: tuple[Running, Running]
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
    front: str,
    mode: Mode,
    folder: Path,
    *options: str,
    start: Start = server_in_thread,
    application: int = 0,
    more: str = "",
) -> Iterator[Cluster]:
    """Two nodes that serve, behind a front; `more` is for nginx, `application` where one listens
    that nginx and Caddy guard."""
    port, plain, verify = free_port(), free_port(), UNUSED
    scheme = "http" if front == "balancer" else "https"
    url = f"{scheme}://localhost:{port}"
    with ExitStack() as stack:
        nodes: list[Running] = []
        for name in ("one", "two"):
            place = folder / name
            place.mkdir()
            told = ["--mode", mode, "--public-origin", url, "--trusted-proxies", "127.0.0.1"]
            told += ["--signup-limit", "1000"]
            if nodes:
                told += ["--database", nodes[0].database]
                told += ["--root-key-file", str(nodes[0].root_key_file)]
            told += options
            nodes.append(stack.enter_context(start(*told, folder=place)))
        ports = [node.port for node in nodes]
        application = application or free_port()
        if scheme == "https":
            verify = make_certificate(folder)
        match front:
            case "nginx":
                text = places(folder, port, plain, ports, application)
                text = text.replace("http {\n", f"http {{\n{more}")
                stack.enter_context(running_nginx(folder, text))
            case "haproxy":
                stack.enter_context(running_haproxy(folder, port, plain, ports))
            case "caddy":
                stack.enter_context(running_caddy(folder, port, plain, ports, application))
            case _:
                stack.enter_context(balancing(port, ports))
        pairs = zip(options[::2], options[1::2], strict=True)
        where = [pair for pair in pairs if pair[0] in ("--database", "--sessions")]
        yield Cluster(url, plain, mode, (nodes[0], nodes[1]), verify, tuple(chain(*where)))


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

        class Started(dict[tuple[Start, str, str, Mode], Cluster]):
            def __missing__(self, key: tuple[Start, str, str, Mode]) -> Cluster:
                start, front, engine, mode = key
                folder = tmp_path_factory.mktemp("cluster")
                options = on(engine, request, stack)
                found = cluster(front, mode, folder, *options, start=start)
                self[key] = entered = stack.enter_context(found)
                return entered

        yield cast(dict[object, Cluster], Started())


@pytest.fixture(params=rows())
def row(request: pytest.FixtureRequest) -> Row:
    return cast(Row, request.param)


@pytest.fixture
def kind(row: Row) -> Kind:
    return row[3]


@pytest.fixture
def nodes(clusters: dict[object, Cluster], row: Row) -> Cluster:
    """Two that serve, through either front."""
    start, front, engine, kind = row
    return clusters[start, front, engine, kind.mode]


@pytest.fixture
def email() -> str:
    """Somebody who was never here before."""
    return f"ann{next(_names)}@example.org"
