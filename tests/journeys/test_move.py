"""People at work while everything is moved to other databases: they notice a pause, no more.

A steady client asks who it is, and refreshes, without end; a restless one logs in and out.  At
each stage of the move somebody is revoked and somebody gets a role.  Whatever the old server
acknowledged must hold at the new one.
"""

import asyncio
import json
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path
from threading import Event
from typing import Any

import httpx2
import pytest

from doorward.stores import open_store
from doorward.testing.contract.rows import ANY_MARK, a_session
from doorward.types import Mode
from tests.cli.desk import Desk, command, desk_of
from tests.journeys.traveller import PASSWORD, Transport, Traveller, travelling
from tests.support.postgres import Postgres
from tests.support.server import RunningServer, running_server
from tests.support.thread_server import server_in_thread
from tests.support.until import until
from tests.support.valkey import Valkey


@dataclass(frozen=True, slots=True)
class Load:
    """How many sessions there are of people who are elsewhere, so that there is time to act beside
    the first pass; and the seconds that somebody waits between two acts."""

    crowd: int
    pause: float


LIGHT, HEAVY = Load(400, 0.05), Load(4_000, 0)

STAGES = 3
ACCESS_TTL = 120
OPTIONS = ("--access-ttl", str(ACCESS_TTL), "--touch-every", "1", "--signup-limit", "1000")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an answer was, and when it was there."""

    at: float
    what: str
    status: int


@dataclass(slots=True)
class Client:
    """One of those at work.  `sid` is its session, None when it was told that it is out."""

    traveller: Traveller
    email: str
    sid: str | None = None
    knows_no_more: bool = False
    outcomes: list[Outcome] = field(default_factory=list)

    def enter(self) -> None:
        self.note("login", self.traveller.log_in(self.email))
        self.sid = self.traveller.knows("sid")

    def note(self, what: str, answer: httpx2.Response) -> int:
        self.outcomes.append(Outcome(time.time(), what, answer.status_code))
        return answer.status_code

    def stay(self, number: int) -> None:
        """Ask who this is, and refresh now and then."""
        if number % 4 == 0 and self.traveller.transport == "cookie":
            self.renew_cookies()
        elif number % 4 == 0 and "refresh_token" in self.traveller.held:
            self.note("refresh", self.traveller.refresh())
        self.note("me", self.traveller.me())

    def renew_cookies(self) -> None:
        """As a browser does whose access token has expired."""
        access = self.traveller.held.pop("__Host-access", None)
        if self.note("renew", self.traveller.me()) != 200 and access is not None:
            self.traveller.held["__Host-access"] = access

    def come_and_go(self, number: int) -> None:
        if number % 2 == 0 and self.note("login", self.traveller.log_in(self.email)) == 200:
            self.sid = self.traveller.knows("sid")
        elif number % 2 and self.sid is not None:
            self.leave()

    def leave(self) -> None:
        """Who is told 503 may be out or not."""
        if self.note("logout", self.traveller.ask("POST", "/api/logout")) == 204:
            self.sid = None
        else:
            self.knows_no_more = True


@dataclass(slots=True)
class Town:
    """A server and everybody at it."""

    server: RunningServer
    admin: Traveller
    steady: list[Client]
    restless: list[Client]
    doomed: list[Client]
    promoted: list[Client]
    pause: float
    over: Event = field(default_factory=Event)
    revoked: list[Client] = field(default_factory=list)
    editors: list[Client] = field(default_factory=list)

    @property
    def everybody(self) -> list[Client]:
        return [*self.steady, *self.restless, *self.doomed, *self.promoted]

    def decide(self, stage: int) -> None:
        """Revoke one and promote one; remember what was acknowledged."""
        doomed, promoted = self.doomed[stage], self.promoted[stage]
        if self.ask("DELETE", f"/api/admin/sessions/{doomed.sid}") == 200:
            self.revoked.append(doomed)
        subject = promoted.traveller.held["subject"]
        if self.ask("PUT", f"/api/admin/users/{subject}/roles", {"roles": ["editor"]}) == 200:
            self.editors.append(promoted)

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> int:
        answer = self.admin.ask(method, path, body)
        assert answer.status_code in (200, 503), answer.text
        return answer.status_code

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """All are while the body runs."""
        acts: list[tuple[Client, Callable[[int], None]]] = [
            *((client, client.stay) for client in self.steady),
            *((client, client.come_and_go) for client in self.restless),
        ]
        with ThreadPoolExecutor(len(acts)) as threads:
            working: list[Future[None]] = [threads.submit(self.work, act) for _, act in acts]
            try:
                self.wait_a_round()
                yield
                self.wait_a_round()
            finally:
                self.over.set()
        for each in working:
            each.result()

    def work(self, act: Callable[[int], None]) -> None:
        for number in count():
            if self.over.is_set():
                return
            act(number)
            time.sleep(self.pause)

    def wait_a_round(self) -> None:
        """Until every steady client has done everything that it does."""
        for client in self.steady:
            until(partial(_has_done, client, len(client.outcomes) + 8))


def _has_done(client: Client, acts: int) -> bool:
    return len(client.outcomes) > acts


@dataclass(frozen=True, slots=True)
class Move:
    """What a `doorward move` said, and when the pause began by its own words."""

    paused_at: float
    data: dict[str, Any]


def moved(town: Town, desk: Desk, *urls: str, arrived: Callable[[], bool]) -> Move:
    """Move, and decide: before it, while the first pass goes on, and after it."""
    town.decide(0)
    words = command("move", "--from", desk.database, *urls, "--json")
    lines = []
    with subprocess.Popen(
        words,
        env=desk.environment,
        cwd=desk.folder,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        until(arrived)
        town.decide(1)
        for line in process.stderr or ():
            lines.append(line)
            if line.startswith("Pass 1"):
                town.decide(2)
        out = process.stdout.read() if process.stdout else ""
    assert process.returncode == 0, lines
    announced = next(line for line in lines if line.startswith("The pause begins at "))
    return Move(when_of(announced), json.loads(out))


def when_of(line: str) -> float:
    said = line.removeprefix("The pause begins at ")[:19]
    return datetime.strptime(said, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp()


@contextmanager
def inhabited(server: RunningServer, pause: float) -> Iterator[Town]:
    desk = desk_of(server)
    with ExitStack() as stack:

        def arrive(name: str, transport: Transport) -> Client:
            traveller = stack.enter_context(travelling(server.url, transport))
            client = Client(traveller, f"{name}@example.test")
            subject = traveller.sign_up(client.email)
            client.enter()
            traveller.held["subject"] = subject
            return client

        desk.run("users", "create", "root@example.test", "--role", "admin", given=f"{PASSWORD}\n")
        admin = stack.enter_context(travelling(server.url, "bearer"))
        admin.log_in("root@example.test")
        yield Town(
            server,
            admin,
            [arrive(f"s{number}", ("cookie", "bearer")[number % 2]) for number in range(4)],
            [arrive(f"r{number}", ("cookie", "bearer")[number % 2]) for number in range(2)],
            [arrive(f"d{number}", ("bearer", "cookie")[number % 2]) for number in range(STAGES)],
            [arrive(f"p{number}", ("bearer", "cookie")[number % 2]) for number in range(STAGES)],
            pause,
        )


async def crowd(url: str, many: int) -> None:
    store, now = open_store(url), int(time.time())
    ends = now + 3600
    sessions = [
        a_session(f"crowd{number}", seen_at=now, ends_at=ends, expires_at=ends)
        for number in range(many)
    ]
    await asyncio.gather(*(store.insert(each, ANY_MARK, now) for each in sessions))
    await store.close()


@dataclass(frozen=True, slots=True)
class Target:
    """Where to: what the move is told, and what the new server is."""

    to: tuple[str, ...]
    serve: tuple[str, ...]
    database: str
    count: Callable[[], int]


@pytest.fixture
def target(request: pytest.FixtureRequest, postgres: Postgres) -> Target:
    database = postgres.new_database()
    if request.param == "postgres":
        made = "SELECT to_regclass('doorward_sessions') IS NOT NULL"
        all_of_them = "SELECT count(*) FROM doorward_sessions"

        def rows() -> int:
            there = postgres.execute(made, database) == "t"
            return int(postgres.execute(all_of_them, database)) if there else 0

        return Target(("--to", database), ("--database", database), database, rows)
    valkey: Valkey = request.getfixturevalue("valkey")
    return Target(
        ("--to", database, "--sessions-to", valkey.url),
        ("--database", database, "--sessions", valkey.url),
        database,
        lambda: int(valkey.ask("ZCARD", "doorward:active").removeprefix(":")),
    )


@pytest.mark.parametrize(
    "load",
    [pytest.param(LIGHT, id="light"), pytest.param(HEAVY, id="heavy", marks=pytest.mark.soak)],
)
@pytest.mark.parametrize(
    ("mode", "target"),
    [pytest.param("session", "postgres", marks=pytest.mark.soak), ("token", "valkey")],
    indirect=["target"],
)
def test_whoever_was_logged_in_still_is_and_what_was_decided_holds(
    tmp_path: Path, mode: Mode, target: Target, load: Load
) -> None:
    with ExitStack() as stack:
        with running_server("--mode", mode, *OPTIONS, folder=folder(tmp_path, "old")) as old:
            town = stack.enter_context(inhabited(old, load.pause))
            asyncio.run(crowd(old.database, load.crowd))
            with town.at_work():
                move = moved(town, desk_of(old), *target.to, arrived=lambda: target.count() > 0)
        same = ("--mode", mode, "--public-origin", old.url)
        key = ("--root-key-file", str(old.root_key_file))
        words = (*OPTIONS, *target.serve, *same, *key)
        new = stack.enter_context(server_in_thread(*words, folder=folder(tmp_path, "new")))
        for client in town.everybody:
            client.traveller.http.base_url = new.url
        check_pause(town, move)
        check_logins(town)
        check_decisions(town, mode)
        # a quick move is done before somebody asks again
        assert re.search("a database failed a request: (being )?moved to --database", old.output)
        assert move.data["sessions"] >= load.crowd
        desk = replace(desk_of(old), database=target.database)
        assert desk.run("audit", "verify").status == 0


def check_pause(town: Town, move: Move) -> None:
    """Nothing failed but by 503, and that not before the pause; and who only asked was answered."""
    outcomes = [each for client in town.everybody for each in client.outcomes]
    assert {each.status for each in outcomes} <= {200, 204, 503}
    failed = [each for each in outcomes if each.status == 503]
    assert failed
    assert min(each.at for each in failed) >= move.paused_at
    answered = [each for each in outcomes if each.what == "me"]
    assert max(each.at for each in answered) > move.paused_at
    assert {each.status for each in answered} == {200}


def check_logins(town: Town) -> None:
    """Also by what renews them."""
    for client in [*town.steady, *town.restless]:
        if client.sid is not None and not client.knows_no_more:
            assert client.traveller.knows("sid") == client.sid
            client.stay(0)
            assert client.traveller.knows("sid") == client.sid
            client.leave()
        assert client.traveller.is_out() == (client.sid is None) or client.knows_no_more


def check_decisions(town: Town, mode: Mode) -> None:
    """By the credentials from before, with which nobody has asked since."""
    assert town.doomed[0] in town.revoked
    assert town.promoted[0] in town.editors
    assert all(client.traveller.is_out() for client in town.revoked)
    assert all(client.traveller.knows("roles") == ["editor"] for client in town.editors)
    if mode == "token":
        thief = town.revoked[0].traveller
        refresh = thief.held.get("refresh_token") or thief.held["__Host-refresh"]
        assert thief.ask("POST", "/api/refresh", {"refresh_token": refresh}).status_code == 401


def folder(above: Path, name: str) -> Path:
    made = above / name
    made.mkdir()
    return made
