"""How soon the end of a grant takes effect at a guard in another process, and what a check costs.

    python bench/guard.py [--times N] [--stores NAME ...]

Starts `doorward serve` as another process, on a PostgreSQL or a Valkey as the tests start them.  An
application gets access tokens by the whole flow, and revokes them at `/oauth/revoke`.  From the
answer on, the guard of this process is asked again and again: the figure is when it accepted the
token last, in milliseconds after the answer, or 0.  Then the costs: of a check, and of a request to
a route of FastAPI with and without the guard.
"""

import argparse
import asyncio
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from html import unescape
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Annotated, Any
from urllib.parse import parse_qs, urlsplit

sys.path.insert(0, str(Path(__file__).parents[1]))

import httpx2
import uvloop
from fastapi import Depends, FastAPI

from bench.engines import running
from doorward.resource import Guard, Refused
from doorward.resource.fastapi import Caller, Resource
from doorward.server.oauth.pkce import challenge_of
from tests.support.server import RunningServer, running_server

API, SCOPE = "https://api.photos.example", "photos:read"
CALLBACK, VERIFIER = "https://photos.example/callback", "v" * 43
ACCOUNT = {"email": "alice@example.com", "password": "correct horse battery staple"}
STORES = ("memory", "sqlite", "postgres", "redis")
LONGEST = 5.0
REST = 0.0005
"""Seconds between two questions to the guard."""


@contextmanager
def served(store: str, folder: Path) -> Iterator[RunningServer]:
    """A server with a provider; its users are in SQLite."""
    more = [] if store == "sqlite" else ["--sessions", store]
    with running_server("--provider", "on", *more, folder=folder) as it:
        yield it


def operate(server: RunningServer, *words: str) -> str:
    options = ["--database", server.database, "--root-key-file", str(server.root_key_file)]
    command = [sys.executable, "-m", "doorward", *words, *options]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def registered(server: RunningServer, *more: str) -> tuple[str, str]:
    """The id and secret of a new client."""
    said = operate(server, "clients", "add", *more, "Photos", "--scope", SCOPE)
    return re.findall(r"c_[0-9a-f]{32}", said)[0], re.findall(r"dwc_\S+", said)[0]


class Application:
    """An application, with a person who is logged in and has consented."""

    def __init__(self, http: httpx2.AsyncClient, client: tuple[str, str]) -> None:
        self._http = http
        self._client = client
        self._auth = {"client_id": client[0], "client_secret": client[1]}

    async def begin(self) -> None:
        assert (await self._http.post("/api/signup", json=ACCOUNT)).status_code == 201
        login = {**ACCOUNT, "transport": "cookie"}
        answer = await self._http.post("/api/login", json=login)
        # a browser would send this one to localhost, though it is Secure
        pairs = [each.partition(";")[0] for each in answer.headers.get_list("set-cookie")]
        self._http.headers["cookie"] = "; ".join(pairs)
        page = await self._authorize()
        fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text)
        form = {name: unescape(value) for name, value in fields} | {"decision": "allow"}
        own = {"sec-fetch-site": "same-origin"}
        answer = await self._http.post("/oauth/consent", data=form, headers=own)
        assert answer.status_code == 200, answer.text

    async def token(self) -> str:
        answer = await self._authorize()
        (code,) = parse_qs(urlsplit(answer.headers["location"]).query)["code"]
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
        }
        answer = await self._http.post("/oauth/token", data={**self._auth, **form})
        token: str = answer.json()["access_token"]
        return token

    async def revoke(self, token: str) -> None:
        answer = await self._http.post("/oauth/revoke", data={**self._auth, "token": token})
        assert answer.status_code == 200, answer.text

    async def _authorize(self) -> httpx2.Response:
        query = {
            "response_type": "code",
            "client_id": self._client[0],
            "redirect_uri": CALLBACK,
            "scope": SCOPE,
            "state": "s",
            "code_challenge": challenge_of(VERIFIER),
            "code_challenge_method": "S256",
        }
        headers = {"sec-fetch-site": "cross-site"}
        return await self._http.get("/oauth/authorize", params=query, headers=headers)


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
            assert refused.code == "invalid_token", refused.detail
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
            with served(url, Path(folder)) as server:
                await measured(store, times, server)


async def measured(store: str, times: int, server: RunningServer) -> None:
    operate(server, "scopes", "add", SCOPE, API, "See your photos.")
    theirs = registered(server, "--redirect-uri", CALLBACK)
    client_id, secret = registered(server, "--acts-for-itself")
    ours = {"issuer": server.url, "client_id": client_id, "client_secret": secret}
    resource = Resource(API, **ours)
    async with (
        httpx2.AsyncClient(base_url=server.url, timeout=30) as http,
        resource.lifespan(None),
    ):
        app = Application(http, theirs)
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
    guard._remembered.clear()  # noqa: SLF001
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
