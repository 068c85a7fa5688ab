"""Every journey is made in three ways, on both stores, in an application and on the server."""

import itertools
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol

import httpx2
import pytest

from doorward.testing import FakeClock
from doorward.types import Mode
from doorward.web.fastapi import Doorward
from tests.cli.desk import Desk
from tests.journeys.application import Users, build
from tests.journeys.traveller import Transport, Traveller, travelling
from tests.support.pairwise import cover
from tests.support.server import running_server
from tests.support.thread import Served, served
from tests.support.thread_server import server_in_thread
from tests.support.until import until


class Kind(NamedTuple):
    """What a client is."""

    mode: Mode
    transport: Transport

    def __str__(self) -> str:
        return f"{self.mode}/{self.transport}"


TOKENS = [Kind("token", "cookie"), Kind("token", "bearer")]
KINDS = [Kind("session", "cookie"), *TOKENS]

HOSTS = ("application", "server", "process")
"""An application of its own and the server, each in a thread; the server as a real process."""

STORES = ("memory", "sqlite")

_names = itertools.count()


class Running(Protocol):
    """A server, wherever it runs."""

    @property
    def url(self) -> str: ...

    @property
    def folder(self) -> Path: ...

    @property
    def database(self) -> str: ...

    @property
    def root_key_file(self) -> Path: ...

    @property
    def output(self) -> str: ...

    @property
    def port(self) -> int: ...

    def kill(self) -> None: ...


class Place(Protocol):
    """Where a journey is made.  Decisions about people are made by somebody else than they."""

    @property
    def url(self) -> str: ...

    @property
    def mode(self) -> Mode: ...

    def set_roles(self, email: str, *roles: str) -> None: ...

    def lock(self, email: str) -> None: ...

    def pass_access_ttl(self, traveller: Traveller) -> None:
        """Wait until an access token that was given out by now has expired."""

    def pass_absolute_ttl(self, traveller: Traveller) -> None:
        """Wait until a session that began by now has ended."""


@dataclass(frozen=True, slots=True)
class Application:
    """An application of its own in this process, where time passes when a test says so."""

    served: Served
    users: Users
    clock: FakeClock
    mode: Mode

    @property
    def url(self) -> str:
        return self.served.url

    def set_roles(self, email: str, *roles: str) -> None:
        self.served.call(self.users.set_roles(email, *roles))

    def lock(self, email: str) -> None:
        self.served.call(self.users.lock(email))

    def pass_access_ttl(self, traveller: Traveller) -> None:
        self.clock.advance(self.users.auth.lifecycle.settings.access_ttl)

    def pass_absolute_ttl(self, traveller: Traveller) -> None:
        self.clock.advance(self.users.auth.lifecycle.settings.absolute_ttl)


@dataclass(frozen=True, slots=True)
class Server:
    """A `doorward serve`.  Decisions are made beside it, by commands."""

    running: Running
    mode: Mode
    place: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        return self.running.url

    def set_roles(self, email: str, *roles: str) -> None:
        self._command("users", "set-roles", email, *roles)

    def lock(self, email: str) -> None:
        self._command("users", "lock", email)

    def pass_access_ttl(self, traveller: Traveller) -> None:
        token = traveller.held.get("__Host-access") or traveller.held.get("access_token")
        if token is not None:
            alone = Traveller(traveller.http, "bearer", {"access_token": token})
            until(lambda: alone.me().status_code == 401)

    def pass_absolute_ttl(self, traveller: Traveller) -> None:
        until(traveller.copy().is_out)

    def _command(self, *words: str) -> None:
        desk = Desk(self.running.folder, self.running.database, self.running.root_key_file)
        done = desk.run(*words, *self.place)
        assert done.status == 0, done.err


@dataclass(frozen=True, slots=True)
class TimedServer(Server):
    """The same, where time passes when a test says so."""

    clock: FakeClock = field(kw_only=True)

    def pass_access_ttl(self, traveller: Traveller) -> None:
        self.clock.advance(BRIEF_ACCESS)

    def pass_absolute_ttl(self, traveller: Traveller) -> None:
        self.clock.advance(BRIEF)


BRIEF_ACCESS, BRIEF = 1, 4
LIFETIMES = ("--access-ttl", str(BRIEF_ACCESS), "--idle-ttl", str(BRIEF), "--absolute-ttl")

Row = tuple[Kind, str, str]
NO_COMMAND = frozenset({("server", "memory"), ("process", "memory")})
"""Where no command decides: the database is the server's own memory."""


def rows(kinds: Sequence[Kind] = KINDS, without: Collection[tuple[str, str]] = ()) -> list[object]:
    """Kinds of clients, hosts and stores: the ordinary suite has all pairs of them in this process,
    the soak the rest.  `test_two_processes.py` has real processes in the ordinary suite, too."""
    found = [
        (kind, host, store)
        for kind, host, store in itertools.product(kinds, HOSTS, STORES)
        if (host, store) not in without
    ]
    kept = cover([row for row in found if row[1] != "process"])
    return [
        pytest.param(row, id="-".join(map(str, row)), marks=() if row in kept else pytest.mark.soak)
        for row in found
    ]


Open = Callable[..., Place]


@pytest.fixture(scope="module")
def open_place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    """The place of a row; it stays open to the end of the module, and others ask for it too."""
    opened: dict[object, Place] = {}
    with ExitStack() as stack:

        def one(row: Row, brief: bool = False) -> Place:
            (mode, _), host, store = row
            key = mode, host, store, brief
            if key not in opened:
                folder = tmp_path_factory.mktemp(host)
                opened[key] = stack.enter_context(_PLACES[host](mode, store, folder, brief))
            return opened[key]

        yield one


@contextmanager
def _application(mode: Mode, store: str, folder: Path, brief: bool) -> Iterator[Application]:
    database = "memory:" if store == "memory" else f"sqlite:///{folder}/app.db"
    clock = FakeClock()
    auth = Doorward(database, mode=mode, root_key_file=folder / "key", clock=clock)
    app, users = build(auth)
    with served(app) as running:
        yield Application(running, users, clock, mode)


@contextmanager
def _server(mode: Mode, store: str, folder: Path, brief: bool) -> Iterator[Server]:
    options = _options(mode, store, brief)
    if brief:
        clock = FakeClock()
        with server_in_thread(*options, folder=folder, clock=clock) as running:
            yield TimedServer(running, mode, clock=clock)
    else:
        with server_in_thread(*options, folder=folder) as running:
            yield Server(running, mode)


@contextmanager
def _process(mode: Mode, store: str, folder: Path, brief: bool) -> Iterator[Server]:
    with running_server(*_options(mode, store, brief), folder=folder) as running:
        yield Server(running, mode)


def _options(mode: Mode, store: str, brief: bool) -> tuple[str, ...]:
    lifetimes = (*LIFETIMES, str(BRIEF)) if brief else ()
    database = ("--database", "memory:") if store == "memory" else ()
    return ("--mode", mode, "--signup-limit", "1000", *database, *lifetimes)


_PLACES: dict[str, Callable[[Mode, str, Path, bool], AbstractContextManager[Place]]] = {
    "application": _application,
    "server": _server,
    "process": _process,
}


@pytest.fixture(params=rows())
def place(request: pytest.FixtureRequest, open_place: Open) -> Place:
    """Anywhere."""
    return open_place(request.param)


@pytest.fixture(params=rows(without=NO_COMMAND))
def deciding(request: pytest.FixtureRequest, open_place: Open) -> Place:
    """Where somebody else decides about people."""
    return open_place(request.param)


@pytest.fixture(params=rows())
def brief(request: pytest.FixtureRequest, open_place: Open) -> Place:
    """Where time passes: by a clock that is moved, or in a process because a session lives for
    four seconds, and an access token for one."""
    return open_place(request.param, brief=True)


@pytest.fixture
def kind(request: pytest.FixtureRequest) -> Kind:
    """Of the clients who come to the place that the test asked for."""
    row: Row = request.node.callspec.params[_asked(request)]
    return row[0]


def _asked(request: pytest.FixtureRequest) -> str:
    """A test chooses its place by which fixture it asks for."""
    (name,) = {"place", "deciding", "brief"} & set(request.fixturenames)
    return name


Arrive = Callable[[], Traveller]


@pytest.fixture
def arrive(request: pytest.FixtureRequest, kind: Kind) -> Iterator[Arrive]:
    """`arrive()` is one more client of the place, that holds nothing yet."""
    with ExitStack() as stack:

        def one_more() -> Traveller:
            url = request.getfixturevalue(_asked(request)).url
            return stack.enter_context(travelling(url, kind.transport))

        yield one_more


@pytest.fixture
def email() -> str:
    """Somebody who was never here before."""
    return f"ann{next(_names)}@example.org"


def statuses(*answers: httpx2.Response) -> list[int]:
    return [answer.status_code for answer in answers]
