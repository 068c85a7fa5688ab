"""How soon the end of an application's access takes effect, and what else of the person it touches.

    python bench/end_access.py [--times N] [--stores NAME ...]

Starts two nodes of `doorward serve` on one SQLite file, or on a PostgreSQL or a Valkey as the tests
start them.  An application has two grants of a person: one for userinfo, which is asked at both
nodes again and again, and one for an API, whose guard is in this process and listens to the other
node.  At the first node the person ends the application's access, or the operator disables the
application.  The figure is when the last question was asked that was still answered with yes, in
milliseconds after the answer to the act, or 0: a question that is asked later is refused.
After each time the person's login, and another application's grant, must still be accepted.
"""

import argparse
import asyncio
import os
import random
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

import httpx2
import uvloop

from bench.guard import LONGEST, Elsewhere, nodes, opened
from bench.tables import machine
from doorward.resource import Guard, Refused
from doorward.resource.fastapi import Resource
from tests.support.application import (
    ACCOUNT,
    API,
    CALLBACK,
    SCOPE,
    Application,
    register,
    register_client,
)
from tests.support.server import RunningServer

CALLED = {"sqlite": "SQLite", "postgres": "PostgreSQL", "redis": "Valkey"}
TARGETS = {"sqlite": 20.0, "postgres": 10.0, "redis": 5.0}
"""Milliseconds on our nodes, for 99 of 100."""

AT_THE_GUARD = 1000.0
"""Milliseconds at a guard, always."""

REST = 0.001
"""Seconds between two questions: the servers need the processors, too."""

PLACES = ("same node", "other node", "guard")
OPERATOR = {"email": "root@example.com", "password": ACCOUNT["password"]}
Accepts = Callable[[], Awaitable[bool]]


class Connection:
    """One connection to a node, which costs this process less than a client of HTTP does."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def status(self, method: str, path: str, **headers: str) -> int:
        shown = "".join(f"{name.replace('_', '-')}: {text}\r\n" for name, text in headers.items())
        self._writer.write(f"{method} {path} HTTP/1.1\r\n{shown}\r\n".encode())
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        await self._reader.readexactly(int(length or 0))
        return int(head.split(b" ", 2)[1])


class Node:
    """A node, behind the one address of both."""

    def __init__(self, connection: Connection, host: str) -> None:
        self._connection, self._host = connection, host

    async def accepts(self, token: str) -> bool:
        bearer = f"Bearer {token}"
        return await self._status("GET", "/oauth/userinfo", authorization=bearer)

    async def knows(self, cookie: str) -> bool:
        return await self._status("GET", "/api/me", cookie=cookie)

    async def does(self, method: str, path: str, cookie: str) -> None:
        """An act of somebody who is logged in."""
        own = {"cookie": cookie, "sec_fetch_site": "same-origin", "content_length": "0"}
        assert await self._status(method, path, **own), path

    async def _status(self, method: str, path: str, **headers: str) -> bool:
        """Whether it was done.  Any other answer than a refusal fails."""
        status = await self._connection.status(method, path, host=self._host, **headers)
        assert status in (200, 204, 401), (method, path, status)
        return status != 401


class Scene(NamedTuple):
    """The nodes, another way to the first of them, and who plays."""

    first: Node
    other: Node
    acting: Node
    guard: Guard
    ending: Application
    ended_id: str
    kept: Application
    person: httpx2.AsyncClient
    operator: httpx2.AsyncClient

    async def person_ends(self) -> None:
        path = f"/api/applications/{self.ended_id}"
        await self.acting.does("DELETE", path, self.person.headers["cookie"])

    async def operator_disables(self) -> None:
        path = f"/api/admin/applications/{self.ended_id}/disable"
        await self.acting.does("POST", path, self.operator.headers["cookie"])

    async def begin_again(self, disabled: bool) -> None:
        if disabled:
            path = f"/api/admin/applications/{self.ended_id}/enable"
            await self.acting.does("POST", path, self.operator.headers["cookie"])
        else:
            await self.ending.allow()

    async def nothing_else_was_touched(self, kept: str) -> None:
        for node in (self.first, self.other):
            assert await node.knows(self.person.headers["cookie"])
            assert await node.accepts(kept)


@asynccontextmanager
async def connected(server: RunningServer, host: str) -> AsyncIterator[Node]:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        yield Node(Connection(reader, writer), host)
    finally:
        writer.close()


@asynccontextmanager
async def scene(one: RunningServer, other: RunningServer) -> AsyncIterator[Scene]:
    host, registered = one.url.partition("//")[2], await asyncio.to_thread(register, one)
    callback = ("--redirect-uri", CALLBACK)
    more = [*callback, "--scope", "openid", "--scope", SCOPE]
    ended = await asyncio.to_thread(register_client, one, *more)
    kept = await asyncio.to_thread(register_client, one, *callback, "--scope", "openid")
    await asyncio.to_thread(add_operator, one)
    credentials = dict(zip(("client_id", "client_secret"), registered.api, strict=True))
    resource = Resource(API, issuer=one.url, transport=Elsewhere(other.port), **credentials)
    async with (
        httpx2.AsyncClient(base_url=one.url, timeout=30) as person,
        httpx2.AsyncClient(base_url=one.url, timeout=30) as operator,
        resource.lifespan(None),
        connected(one, host) as first,
        connected(other, host) as second,
        connected(one, host) as acting,
    ):
        await log_in(operator)
        ending, staying = (
            Application(person, ended, ("openid", SCOPE)),
            Application(person, kept, ["openid"]),
        )
        await ending.begin()
        await staying.allow()
        guard, ended_id = resource.guard, ended[0]
        yield Scene(first, second, acting, guard, ending, ended_id, staying, person, operator)


def add_operator(server: RunningServer) -> None:
    options = ["--database", server.database, "--root-key-file", str(server.root_key_file)]
    words = ["users", "create", OPERATOR["email"], "--role", "admin", *options]
    subprocess.run(
        [sys.executable, "-m", "doorward", *words],
        input=f"{OPERATOR['password']}\n".encode(),
        stdout=subprocess.DEVNULL,
        check=True,
    )


async def log_in(operator: httpx2.AsyncClient) -> None:
    answer = await operator.post("/api/login", json={**OPERATOR, "transport": "cookie"})
    assert answer.status_code == 200, answer.text
    pairs = [each.partition(";")[0] for each in answer.headers.get_list("set-cookie")]
    operator.headers["cookie"] = "; ".join(pairs)


async def lags(scene: Scene, act: Callable[[], Awaitable[None]]) -> list[float]:
    """Milliseconds from the answer of the act to the last question that was accepted, by place."""
    ours, theirs = await scene.ending.token(), await scene.ending.token(SCOPE)
    accepting: list[Accepts] = [
        lambda: scene.first.accepts(ours),
        lambda: scene.other.accepts(ours),
        lambda: guard_accepts(scene.guard, theirs),
    ]
    assert all([await accepts() for accepts in accepting])
    asking = [asyncio.create_task(last_acceptance(accepts)) for accepts in accepting]
    await asyncio.sleep(random.uniform(0.001, 0.01))
    await act()
    answered = time.monotonic()
    found = [max(0.0, await each - answered) * 1e3 for each in asking]
    assert not any([await accepts() for accepts in accepting])
    return found


async def guard_accepts(guard: Guard, token: str) -> bool:
    try:
        await guard.check(token, SCOPE)
    except Refused as refused:
        if refused.code != "invalid_token":
            raise
        return False
    return True


async def last_acceptance(accepts: Accepts) -> float:
    """When the last question was asked that was answered with yes."""
    began = accepted = time.monotonic()
    while (asked := time.monotonic()) - began < LONGEST:
        if not await accepts():
            return accepted
        accepted = asked
        await asyncio.sleep(REST)
    raise AssertionError(f"accepted for {LONGEST} s")


async def of_store(store: str, times: int) -> None:
    with TemporaryDirectory() as folder:
        async with opened(store, Path(folder)) as url:
            with nodes(url, Path(folder)) as (one, other):
                async with scene(one, other) as played:
                    await measured(CALLED[store], TARGETS[store], times, played)


async def measured(store: str, target: float, times: int, played: Scene) -> None:
    for what, act in (
        ("a person ends", played.person_ends),
        ("an operator disables", played.operator_disables),
    ):
        disabled, kept = act == played.operator_disables, await played.kept.token()
        rounds = []
        for _ in range(times + 1):
            rounds.append(await lags(played, act))
            await played.nothing_else_was_touched(kept)
            await played.begin_again(disabled)
        show(store, what, target, rounds[1:])  # the first is to warm up


def show(store: str, what: str, target: float, rounds: list[list[float]]) -> None:
    for place, found in zip(PLACES, zip(*rounds, strict=True), strict=True):
        each = sorted(found)
        p99, most = each[int(len(each) * 0.99) - 1], each[-1]
        shown = "".join(f"{figure:9.2f}" for figure in (median(each), p99, most))
        if place == "guard":
            said = f"most under {AT_THE_GUARD:g}: {reached(most < AT_THE_GUARD)}"
        else:
            said = f"p99 under {target:g}: {reached(p99 < target)}"
        print(f"{f'{store}, {what}, {place}':46}{shown}   {said}", flush=True)


def reached(target: bool) -> str:
    return "reached" if target else "MISSED"


async def main_of(stores: list[str], times: int) -> None:
    for store in stores:
        await of_store(store, times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--stores", nargs="+", choices=list(CALLED), default=list(CALLED))
    options = parser.parse_args()
    before = os.getloadavg()[0]
    title = f"ms after the answer, {options.times} times"
    print(f"{title:46}{'median':>9}{'p99':>9}{'most':>9}")
    uvloop.run(main_of(options.stores, options.times))
    print("after each time the login and the other application's grant were accepted at both nodes")
    print(machine(before))


if __name__ == "__main__":
    main()
