"""Every journey is made in three ways, on both stores, in an application and on the server."""

import itertools
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

import httpx2
import pytest

from doorward.testing import FakeClock
from doorward.types import Mode
from doorward.web.fastapi import Doorward
from tests.journeys.application import Users, build
from tests.journeys.traveller import Transport, Traveller, travelling
from tests.support.server import RunningServer, Serve, clean_environment
from tests.support.thread import Served, served
from tests.support.until import until

Kind = tuple[Mode, Transport]
KINDS: list[Kind] = [("session", "cookie"), ("token", "cookie"), ("token", "bearer")]

_names = itertools.count()


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
        self.clock.advance(self.users.auth.door.settings.access_ttl)

    def pass_absolute_ttl(self, traveller: Traveller) -> None:
        self.clock.advance(self.users.auth.door.settings.absolute_ttl)


@dataclass(frozen=True, slots=True)
class Server:
    """A `doorward serve` process.  Decisions are made beside it, on the command line."""

    running: RunningServer
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
        place = ["--database", self.running.database, *self.place]
        key = ["--root-key-file", str(self.running.root_key_file)]
        subprocess.run(
            [sys.executable, "-m", "doorward", *words, *place, *key],
            env=clean_environment(),
            check=True,
            capture_output=True,
        )


@pytest.fixture(params=KINDS, ids=lambda kind: "/".join(kind))
def kind(request: pytest.FixtureRequest) -> Kind:
    return cast(Kind, request.param)


@pytest.fixture
def mode(kind: Kind) -> Mode:
    return kind[0]


Open = Callable[[str], Place]
Started = dict[tuple[str, ...], RunningServer]

SERVERS: dict[str, list[str]] = {
    "server on memory": ["--database", "memory:"],
    "server on sqlite": [],
    "brief server": ["--access-ttl", "1", "--idle-ttl", "4", "--absolute-ttl", "4"],
}
APPLICATIONS = ("application on memory", "application on sqlite")


@pytest.fixture(scope="module")
def started() -> Started:
    """The servers that run already, by their options."""
    return {}


@pytest.fixture
def open_place(mode: Mode, tmp_path: Path, serve: Serve, started: Started) -> Iterator[Open]:
    with ExitStack() as stack:

        def opened(name: str) -> Place:
            if name in APPLICATIONS:
                return stack.enter_context(_application(name, mode, tmp_path))
            options = ("--mode", mode, "--signup-limit", "1000", *SERVERS[name])
            if options not in started:
                started[options] = serve(*options)
            return Server(started[options], mode)

        yield opened


@contextmanager
def _application(name: str, mode: Mode, folder: Path) -> Iterator[Application]:
    database = "memory:" if name.endswith("memory") else f"sqlite:///{folder}/app.db"
    clock = FakeClock()
    auth = Doorward(database, mode=mode, root_key_file=folder / "key", clock=clock)
    app, users = build(auth)
    with served(app) as running:
        yield Application(running, users, clock, mode)


@pytest.fixture(params=[*APPLICATIONS, "server on memory", "server on sqlite"])
def place(request: pytest.FixtureRequest, open_place: Open) -> Place:
    """Anywhere."""
    return open_place(request.param)


@pytest.fixture(params=[*APPLICATIONS, "server on sqlite"])
def deciding(request: pytest.FixtureRequest, open_place: Open) -> Place:
    """Where somebody else decides about people: beside a server whose database is its own memory
    nobody can."""
    return open_place(request.param)


@pytest.fixture(params=[*APPLICATIONS, "brief server"])
def brief(request: pytest.FixtureRequest, open_place: Open) -> Place:
    """Where time passes: by a clock that is moved, or because a session lives for four seconds,
    and an access token for one."""
    return open_place(request.param)


Arrive = Callable[[], Traveller]


@pytest.fixture
def arrive(request: pytest.FixtureRequest, kind: Kind) -> Iterator[Arrive]:
    """`arrive()` is one more client of the place, that holds nothing yet."""
    with ExitStack() as stack:

        def one_more() -> Traveller:
            # by name: a test chooses its place by which fixture it asks for
            names = {"place", "deciding", "brief"} & set(request.fixturenames)
            url = request.getfixturevalue(names.pop()).url
            return stack.enter_context(travelling(url, kind[1]))

        yield one_more


@pytest.fixture
def email() -> str:
    """Somebody who was never here before."""
    return f"ann{next(_names)}@example.org"


def statuses(*answers: httpx2.Response) -> list[int]:
    return [answer.status_code for answer in answers]
