"""How soon the end of a grant takes effect at a guard in another process, and what a check costs.

    python bench/guard.py [--times N] [--stores NAME ...]

Starts two nodes of `doorward serve`, on a PostgreSQL or a Valkey as the tests start them; in memory
there is one.  An application gets access tokens by the whole flow, and revokes them at one node.
The guard of this process listens to the other, and is asked again and again: the figure is when it
accepted the token last, in milliseconds after the answer to the revocation, or 0.  Then the costs:
of a check, and of a request to a route of FastAPI with and without the guard.
"""

import argparse
import asyncio
import os
import platform
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Annotated, Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import httpx2
import uvloop
from fastapi import Depends, FastAPI

from bench.engines import running
from doorward.resource import Guard, Refused
from doorward.resource.fastapi import Caller, Resource
from tests.support.application import API, SCOPE, Application, register
from tests.support.server import RunningServer, running_server

STORES = ("memory", "sqlite", "postgres", "redis")
LONGEST = 5.0
REST = 0.0005
"""Seconds between two questions to the guard."""


class Elsewhere(httpx2.AsyncHTTPTransport):
    """The way to another node of the same server, as behind a balancer."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        request.url = request.url.copy_with(port=self._port)
        return await super().handle_async_request(request)


@contextmanager
def nodes(url: str, folder: Path) -> Iterator[tuple[RunningServer, RunningServer]]:
    """Two nodes of a server, whose users are in SQLite; what is in memory has one."""
    more = [] if url == "sqlite" else ["--sessions", url]
    first, second = folder / "first", folder / "second"
    first.mkdir()
    second.mkdir()
    with running_server("--provider", "on", *more, folder=first) as one:
        if url == "memory:":
            yield one, one
            return
        more += ["--public-origin", one.url, "--database", one.database]
        more += ["--root-key-file", str(one.root_key_file)]
        with running_server("--provider", "on", *more, folder=second) as other:
            yield one, other


async def lag(app: Application, guard: Guard) -> float:
    """Milliseconds from the answer of a revocation to the last acceptance."""
    token = await app.token()
    await guard.check(token, SCOPE)
    asking = asyncio.create_task(last_acceptance(guard, token))
    await app.revoke(token)
    answered = time.monotonic()
    return max(0.0, await asking - answered) * 1e3


async def last_acceptance(guard: Guard, token: str) -> float:
    began = accepted = time.monotonic()
    while time.monotonic() - began < LONGEST:
        try:
            await guard.check(token, SCOPE)
        except Refused as refused:
            if refused.code != "invalid_token":
                raise
            return accepted
        accepted = time.monotonic()
        await asyncio.sleep(REST)
    raise AssertionError(f"accepted for {LONGEST} s")


@asynccontextmanager
async def opened(store: str, folder: Path) -> AsyncIterator[str]:
    """The URL of a store of this kind."""
    if store in ("memory", "sqlite"):
        yield {"memory": "memory:", "sqlite": "sqlite"}[store]
        return
    async with running(store, folder) as engine:
        yield engine.url


async def of_store(store: str, times: int) -> None:
    with TemporaryDirectory() as folder:
        async with opened(store, Path(folder)) as url:
            with nodes(url, Path(folder)) as (one, other):
                await measured(store, times, one, other)


async def measured(store: str, times: int, one: RunningServer, other: RunningServer) -> None:
    """Revokes at `one`; the guard listens to `other`."""
    registered = await asyncio.to_thread(register, one)
    client_id, secret = registered.api
    ours = {"issuer": one.url, "client_id": client_id, "client_secret": secret}
    resource = Resource(API, **ours, transport=Elsewhere(other.port))
    async with (
        httpx2.AsyncClient(base_url=one.url, timeout=30) as http,
        resource.lifespan(None),
    ):
        app = Application(http, registered.application)
        await app.begin()
        await lag(app, resource.guard)
        found = sorted([await lag(app, resource.guard) for _ in range(times)])
        shown = f"{median(found):9.2f}{found[int(len(found) * 0.99) - 1]:9.2f}{found[-1]:9.2f}"
        print(f"{store:12}{shown}   p99 under 1000: {'reached' if found[-1] < 1e3 else 'MISSED'}")
        if store == "memory":
            await costs(resource, await app.token())


async def costs(resource: Resource, token: str) -> None:
    """Microseconds, the best of five rounds."""
    api = FastAPI()
    resource.install(api)

    @api.get("/bare")
    async def bare() -> dict[str, str]:
        return {}

    @api.get("/guarded")
    async def guarded(
        caller: Annotated[Caller, Depends(resource.requires(scope=SCOPE))],
    ) -> dict[str, str]:
        return {}

    async def check() -> None:
        await resource.guard.check(token, SCOPE)

    print(f"a check in a process {await microseconds(check, 20_000):25.1f} us")
    first = await microseconds(lambda: fresh(resource.guard, token), 500)
    print(f"the first check of a token {first:19.1f} us")
    for path in ("/bare", "/guarded"):
        cost = await microseconds(lambda path=path: request(api, path, token), 1_000)
        print(f"a request to {path:12}{cost:21.1f} us")


async def fresh(guard: Guard, token: str) -> None:
    guard._remembered.clear()
    await guard.check(token, SCOPE)


async def request(api: FastAPI, path: str, token: str) -> None:
    scope: Mapping[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "scheme": "http",
        "query_string": b"",
        "headers": [(b"host", b"a"), (b"authorization", f"Bearer {token}".encode())],
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        assert message.get("status", 200) == 200, message

    await api(dict(scope), receive, send)


async def microseconds(work: Any, times: int) -> float:
    best = float("inf")
    for _ in range(5):
        began = time.perf_counter()
        for _ in range(times):
            await work()
        best = min(best, (time.perf_counter() - began) / times)
        await asyncio.sleep(0.05)  # the guard hears the server meanwhile
    return best * 1e6


async def main_of(stores: list[str], times: int) -> None:
    for store in stores:
        await of_store(store, times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--stores", nargs="+", choices=STORES, default=list(STORES))
    options = parser.parse_args()
    before = os.getloadavg()[0]
    print(f"ms after the answer, {options.times} times\n{'':12}{'median':>9}{'p99':>9}{'most':>9}")
    uvloop.run(main_of(options.stores, options.times))
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    load = f"load {before:.1f} before, {os.getloadavg()[0]:.1f} after"
    print(f"{time.strftime('%Y-%m-%d')}, {machine}, Python {platform.python_version()}, {load}")


if __name__ == "__main__":
    main()
