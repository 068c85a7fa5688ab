"""What the authorization server and the guard cost, beside an ordinary check in the same run.

    python bench/provider.py [--rounds N]

Microseconds of this process's CPU, without a server or a socket: the applications are called as a
server calls them.  All take turns, round after round; the median of each one's calls counts, and
the ratio is to a remembered check.  In memory, and on a file of SQLite, where a refresh is a commit
on the disk.
"""

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).parents[1]))

from fastapi import FastAPI

from bench.tables import machine
from tests.proving import Prover
from tests.resource.issuer import SCOPE, new_issuer
from tests.server.house import House, houses, login
from tests.server.third_party import API, Application, application

CALLS = 20
"""In a round, of each."""

SCOPES = ("openid", "offline_access", "photos:read")
Call = Callable[[], Awaitable[object]]
Prepare = Callable[[], Call]
"""What makes a call ready, whose time alone counts."""


async def asked(app: Any, method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
    """The body of an answer."""
    scope: Mapping[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "scheme": "https",
        "query_string": b"",
        "headers": [(b"host", b"testserver"), (b"content-length", b"%d" % len(body))]
        + [(name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()],
        "client": ("198.51.100.7", 40000),
        "server": ("testserver", 443),
    }
    parts: list[bytes] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        assert message.get("status", 200) == 200, message
        parts.append(message.get("body", b""))

    await app(dict(scope), receive, send)
    return b"".join(parts)


class Renewing:
    """A refresh at the token endpoint, each with what the one before gave."""

    def __init__(self, app: Application, token: str, prover: Prover | None = None) -> None:
        self._app, self._token, self._prover = app, token, prover

    def __call__(self) -> Call:
        house = self._app.house
        form = {
            **self._app.credentials(),
            "grant_type": "refresh_token",
            "refresh_token": self._token,
        }
        headers = {"content_type": "application/x-www-form-urlencoded"}
        if self._prover is not None:
            address = house.service.provider.issuer + "/oauth/token"
            headers["dpop"] = self._prover.proof("POST", address, house.clock())
        body = urlencode(form).encode()

        async def call() -> None:
            answer = await asked(house.app, "POST", "/oauth/token", body, **headers)
            self._token = json.loads(answer).get("refresh_token", self._token)

        return call


class Refreshing:
    """The same without the endpoint: `Grants.refresh`."""

    def __init__(self, house: House, token: str, jkt: str = "") -> None:
        self._grants, self._token, self._jkt = house.service.provider.grants, token, jkt

    def __call__(self) -> Call:
        async def call() -> None:
            issued = await self._grants.refresh(self._token, jkt=self._jkt)
            self._token = issued.refresh_token or self._token

        return call


def always(call: Call) -> Prepare:
    return lambda: call


async def works(house: House) -> dict[str, Prepare]:
    """What is measured, by what it is called; the first is what the others are compared with."""
    confidential = await application(house, scopes=SCOPES)
    public, prover = await application(house, "public", scopes=SCOPES), Prover()
    browser = await house.new_alice()
    ours = await tokens(confidential, browser, "openid offline_access")
    theirs = await tokens(confidential, browser, "photos:read offline_access")
    alone = await tokens(confidential, browser, "photos:read offline_access")
    held = await tokens(public, browser, "photos:read offline_access", prover)
    held_alone = await tokens(public, browser, "photos:read offline_access", prover)
    bearer = (await login(await house.client(), transport="bearer")).json()["access_token"]
    service, shown = house.service, f"Bearer {ours['access_token']}"
    grants, access = service.provider.grants, theirs["access_token"]
    bare = FastAPI()
    bare.add_api_route("/bare", nothing)
    return {
        "a remembered check (Auth)": always(lambda: service.auth.authenticate(bearer)),
        "a remembered check (Grants)": always(lambda: grants.authenticate(access, API)),
        **await of_guard(),
        "Grants.refresh": Refreshing(house, alone["refresh_token"]),
        "Grants.refresh, bound to a key": Refreshing(
            house, held_alone["refresh_token"], prover.jkt
        ),
        "a bare route of FastAPI": always(lambda: asked(bare, "GET", "/bare")),
        "GET /api/me": always(
            lambda: asked(house.app, "GET", "/api/me", authorization=f"Bearer {bearer}")
        ),
        "GET /oauth/userinfo": always(
            lambda: asked(house.app, "GET", "/oauth/userinfo", authorization=shown)
        ),
        "POST /oauth/token, refresh": Renewing(confidential, theirs["refresh_token"]),
        "POST /oauth/token, refresh with DPoP": Renewing(public, held["refresh_token"], prover),
    }


async def nothing() -> dict[str, str]:
    return {}


async def tokens(
    app: Application, browser: Any, scope: str, prover: Prover | None = None
) -> dict[str, Any]:
    code = await app.code(browser, scope=scope)
    if prover is None:
        return dict((await app.redeem(code)).json())
    client, house = await app.house.client(), app.house
    proof = prover.proof("POST", house.service.provider.issuer + "/oauth/token", house.clock())
    form = {
        **app.credentials(),
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": app.client.redirect_uris[0],
        "code_verifier": "v" * 43,
    }
    answer = await client.post("/oauth/token", data=form, headers={"dpop": proof})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def of_guard() -> dict[str, Prepare]:
    issuer = new_issuer()
    guard, token = await issuer.synced(), issuer.token()
    await guard.check(token, SCOPE)

    def first() -> Call:
        guard._remembered.clear()
        return lambda: guard.check(token, SCOPE)

    return {
        "a guard's remembered check": always(lambda: guard.check(token, SCOPE)),
        "a guard's first check": first,
    }


async def measure(folder: Path, rounds: int, **options: Any) -> dict[str, float]:
    """The median microseconds of a call, by work."""
    async with houses(folder / "root.key") as opened:
        house = await opened(provider=True, mode="token", **options)
        made = await works(house)
        took: dict[str, list[float]] = {name: [] for name in made}
        for each in range(rounds + 1):
            for name, prepare in made.items():
                for _ in range(CALLS):
                    cost = await timed(prepare())
                    if each:  # the first round is to warm up
                        took[name].append(cost)
    return {name: median(costs) for name, costs in took.items()}


async def timed(call: Call) -> float:
    began = time.process_time_ns()
    await call()
    return (time.process_time_ns() - began) / 1e3


def show(columns: Mapping[str, Mapping[str, float]]) -> None:
    heads = "".join(f"{f'{name}, us':>14}{'ratio':>8}" for name in columns)
    print(f"{'CPU':40}{heads}")
    first = next(iter(columns.values()))
    base = next(iter(first))
    for name in first:
        cells = [(column[name], column[name] / column[base]) for column in columns.values()]
        shown = "".join(f"{cost:14.1f}{ratio:8.1f}" for cost, ratio in cells)
        print(f"{name:40}{shown}")


async def main_of(rounds: int) -> dict[str, dict[str, float]]:
    found = {}
    for name in ("memory", "SQLite"):
        with TemporaryDirectory() as folder:
            path = Path(folder)
            url = "memory:" if name == "memory" else f"sqlite:///{path}/doorward.db"
            found[name] = await measure(path, rounds, database=url)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=50)
    options = parser.parse_args()
    before = os.getloadavg()[0]
    show(asyncio.run(main_of(options.rounds)))
    print(machine(before))


if __name__ == "__main__":
    main()
