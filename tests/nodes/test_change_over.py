"""Two nodes change over one after the other, under the eyes of clients who meet both.

The whole way is for the soak: `journeys/test_change_over.py` goes it with one server, and each rule
for nodes that are a step apart is in `core/test_auth_change_over.py`.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest

from doorward.types import Mode
from tests.journeys.changing import Client, Start
from tests.journeys.traveller import PASSWORD, UNUSED, Transport
from tests.nodes.conftest import SOAK
from tests.support.balancer import balancing
from tests.support.ports import free_port
from tests.support.server import running_server
from tests.support.thread_server import server_in_thread
from tests.support.until import PATIENCE, eventually

pytestmark = [pytest.mark.anyio, pytest.mark.process]

SECONDS = 300
"""What a busy machine may take; a quiet one needs half a minute."""

BOTH = ("--accept", "session,token")
Step = tuple[Mode, tuple[str, ...]]

WAY: tuple[Step, ...] = (
    ("session", BOTH),
    ("token", BOTH),
    ("token", ()),
    ("token", BOTH),
    ("session", BOTH),
    ("session", ()),
)
"""There and back, from `--mode session` alone, as docs/change-mode.md tells it."""

OPTIONS = ("--access-ttl", "2", "--refresh-grace", "60", "--signup-limit", "1000")
"""Access tokens end while a step lasts; the grace is for machines so busy that an answer takes
seconds."""

ANN, BOB = "ann@example.org", "bob@example.org"


class Door:
    """What answers at one port: a node, or the balancer before both."""

    def __init__(self, http: httpx2.AsyncClient, port: int) -> None:
        self.http = http
        self.url = f"http://localhost:{port}"

    async def ask(self, method: str, path: str, **what: Any) -> httpx2.Response:
        """Again while the balancer cannot say whether a node that stopped has done it."""
        while True:
            answer = await self.http.request(method, self.url + path, **what)
            if answer.status_code != 502:
                return answer


class Pair:
    """Two nodes on one database, each on a port that it keeps; `front` is the balancer's, `pause`
    the seconds that its clients wait between two rounds of requests."""

    def __init__(self, start: Start, pause: float, folder: Path) -> None:
        self.pause = pause
        self.front = free_port()
        self.ports = (free_port(), free_port())
        self._start = start
        self._folder = folder
        self._nodes = (ExitStack(), ExitStack())

    async def restart(self, which: int, step: Step) -> None:
        """One node, with the options of a step."""
        await asyncio.to_thread(self.start, which, step)

    def start(self, which: int, step: Step) -> None:
        """The same; what ran before is stopped."""
        self._nodes[which].close()
        mode, accept = step
        place = self._folder / str(which)
        place.mkdir(exist_ok=True)
        database = ("--database", f"sqlite:///{self._folder}/doorward.db")
        key = ("--root-key-file", f"{self._folder}/root.key", "--trusted-proxies", "127.0.0.1")
        origin = ("--public-origin", f"http://localhost:{self.front}")
        given = (*OPTIONS, *database, *key, *origin, "--mode", mode, *accept)
        running = self._start(*given, folder=place, port=self.ports[which])
        self._nodes[which].enter_context(running)

    def stop(self) -> None:
        for node in self._nodes:
            node.close()


@pytest.fixture(
    params=[
        pytest.param((server_in_thread, 0.05), id="threads"),
        pytest.param((running_server, 0), id="processes", marks=SOAK),
    ]
)
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pair]:
    """Both in session mode at first."""
    start, pause = request.param
    found = Pair(start, pause, tmp_path)
    try:
        for which in (0, 1):
            found.start(which, ("session", ()))
        with balancing(found.front, list(found.ports)):
            yield found
    finally:
        found.stop()


@pytest.fixture
async def http(anyio_backend: str) -> AsyncIterator[httpx2.AsyncClient]:
    limits = httpx2.Limits(max_connections=100)
    async with httpx2.AsyncClient(timeout=PATIENCE, verify=UNUSED, limits=limits) as found:
        yield found


@pytest.fixture
async def front(pair: Pair, http: httpx2.AsyncClient) -> Door:
    """Where ann and bob have accounts."""
    found = Door(http, pair.front)
    for email in (ANN, BOB):
        body = {"email": email, "password": PASSWORD}
        assert (await found.ask("POST", "/api/signup", json=body)).status_code == 201
    return found


@asynccontextmanager
async def asking(pause: float, *clients: Client) -> AsyncIterator[None]:
    """These ask over and over while the body runs, and are never refused; of who has several tabs,
    a round begins while another is under way."""
    over = False

    async def stay(client: Client) -> None:
        while not over:
            await client.goes_on()
            await asyncio.sleep(pause)

    async with asyncio.timeout(SECONDS), asyncio.TaskGroup() as tasks:
        for client in clients:
            for _ in range(min(client.tabs, 2)):
                tasks.create_task(stay(client))
        yield
        over = True


def hold(mode: Mode, *clients: Client) -> bool:
    """Whether all have credentials of this mode."""
    return all(client.mode == mode for client in clients)


async def all_hold(mode: Mode, *clients: Client) -> None:
    """They come by until they do."""
    while not hold(mode, *clients):
        await come_by(*clients)


async def come_by(*clients: Client) -> None:
    """Each in some rounds, so that it meets both nodes."""
    for _ in range(3):
        for client in clients:
            await client.goes_on()


async def revoke(owner: Client, client: Client) -> None:
    answer = await owner.ask("DELETE", f"/api/sessions/{client.sid}")
    assert answer.status_code in (204, 404), answer.text  # at a second try it is gone


async def is_refused_by(pair: Pair, http: httpx2.AsyncClient, client: Client) -> bool:
    """Whether either node refuses all that somebody ever held."""
    doors = [Door(http, port) for port in pair.ports]
    copies = [Client(door, client.transport, client.email, seen=client.seen) for door in doors]
    return all([await copy.is_out() for copy in copies])


@SOAK
async def test_node_by_node_there_and_back_nobody_is_logged_out_and_the_revoked_stay_out(
    pair: Pair, front: Door, http: httpx2.AsyncClient
) -> None:
    kinds: list[tuple[Transport, int]] = [("cookie", 1), ("cookie", 4), ("bearer", 1)]
    honest = [await Client(front, kind, ANN, tabs=tabs).log_in() for kind, tabs in kinds]
    owner, *doomed = [await Client(front, kind, BOB).log_in() for kind, _ in kinds * 3][:7]
    async with asking(pair.pause, *honest):
        for mode, accept in WAY:
            for which in (0, 1):
                await pair.restart(which, (mode, accept))
                await come_by(owner, *doomed)
                if which == 0:  # the other one is a step behind
                    await revoke(owner, doomed[-1])
                    assert await is_refused_by(pair, http, doomed.pop())
            await all_hold(mode, owner, *doomed)
            await eventually(partial(hold, mode, *honest))


async def test_a_step_that_was_skipped_keeps_people_out_until_the_other_node_follows(
    pair: Pair, front: Door, http: httpx2.AsyncClient
) -> None:
    ann = await Client(front, "cookie", ANN).log_in()
    ahead, behind = (
        Client(Door(http, port), "cookie", ANN, held=ann.held, sid=ann.sid) for port in pair.ports
    )
    await pair.restart(0, ("token", BOTH))
    await ahead.goes_on()
    answer = await behind.ask("GET", "/api/me")
    assert (answer.status_code, answer.json()["reason"]) == (401, "missing")
    assert hold("token", ann)  # no refusal takes a cookie away
    await pair.restart(1, ("token", BOTH))
    await behind.goes_on()
