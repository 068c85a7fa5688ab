"""What a request of somebody who is logged in costs more than one to a route without Doorward.

    python bench/request_cost.py           about half a minute
    python bench/request_cost.py --keep    kept in bench/results/request_cost.json

Calls the applications in this process, without a server or a socket: no other work is between two
requests, so a live server pays more.  The applications take turns, and the least of each one's
rounds counts.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, FastAPI
from starlette.responses import Response

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench import figures
from bench.tables import MODES, machine
from doorward import Settings
from doorward.types import Mode
from doorward.web.asgi import Middleware, principal
from doorward.web.fastapi import Doorward, Principal
from doorward.web.lifecycle import Lifecycle

BODY = b'{"subject":"ann"}'
JSON = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(BODY))]
BROWSER = [
    (b"host", b"localhost:8000"),
    (b"user-agent", b"Mozilla/5.0"),
    (b"accept", b"*/*"),
    (b"accept-encoding", b"gzip"),
]
CALLS = 10  # in a round
Application = tuple[Any, bytes]
"""An ASGI application, and the cookies that its client sends."""


async def raw(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": JSON})
    await send({"type": "http.response.body", "body": BODY})


async def guarded_raw(scope: Any, receive: Any, send: Any) -> None:
    await principal()
    await raw(scope, receive, send)


async def nothing() -> None:
    """An empty dependency."""


def unguarded(app: FastAPI) -> FastAPI:
    @app.get("/me")
    async def me(found: Annotated[None, Depends(nothing)]) -> Response:
        return Response(BODY, media_type="application/json")

    return app


def guarded(auth: Doorward) -> FastAPI:
    app = FastAPI()
    auth.install(app)

    @app.get("/me")
    async def me(found: Annotated[Principal, Depends(auth.principal)]) -> Response:
        return Response(BODY, media_type="application/json")

    return app


async def cookies(lifecycle: Lifecycle, mode: Mode) -> bytes:
    auth = (await lifecycle.open()).auth
    issued = await (await auth.attempt()).login("ann", roles=["reader"])
    name = "session" if mode == "session" else "access"
    shown = f"__Host-{name}={issued.credential}"
    if issued.refresh_token:
        shown += f"; __Host-refresh={issued.refresh_token}"
    return shown.encode()


async def applications(folder: Path) -> dict[str, Application]:
    """By framework, mode and store; `raw` and `FastAPI` are those without Doorward."""
    made: dict[str, Application] = {}
    for mode in MODES:
        for store, url in (("memory", "memory:"), ("SQLite", f"sqlite:///{folder}/{mode}.db")):
            lifecycle = Lifecycle(url, Settings(mode=mode), root_key_file=folder / "root.key")
            shown = await cookies(lifecycle, mode)
            made[f"raw ASGI, {mode}, {store}"] = Middleware(guarded_raw, lifecycle), shown
        auth = Doorward("memory:", mode=mode, root_key_file=folder / "root.key")
        shown = await cookies(auth.lifecycle, mode)
        made[f"FastAPI, {mode}, memory"] = guarded(auth), shown
        app = FastAPI()
        auth.install(app)
        made[f"FastAPI, {mode}, a route that asks nobody"] = unguarded(app), shown
    return made | {"raw": (raw, shown), "FastAPI": (unguarded(FastAPI()), shown)}


async def receive() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


async def send(message: Mapping[str, Any]) -> None: ...


def scope(headers: Sequence[tuple[bytes, bytes]]) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "path": "/me",
        "raw_path": b"/me",
        "root_path": "",
        "query_string": b"",
        "headers": list(headers),
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8000),
        "scheme": "http",
    }


async def measure(folder: Path, rounds: int = 800) -> dict[str, float]:
    """Microseconds that a request costs more, by application."""
    made = await applications(folder)
    least = dict.fromkeys(made, float("inf"))
    for _ in range(rounds):
        for name, (app, shown) in made.items():
            headers = [*BROWSER, (b"cookie", shown)]
            began = time.process_time()
            for _ in range(CALLS):
                await app(scope(headers), receive, send)
            least[name] = min(least[name], (time.process_time() - began) / CALLS * 1e6)
    bare = {"raw ASGI": least.pop("raw"), "FastAPI": least.pop("FastAPI")}
    return {name: cost - bare[name.partition(",")[0]] for name, cost in least.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--keep", action="store_true", help="write bench/results/request_cost.json")
    options = parser.parse_args()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        run = {"machine": machine(load), "microseconds": asyncio.run(measure(Path(folder)))}
    print("\n".join(figures.requests(run)))
    if options.keep:
        figures.write("request_cost", run)


if __name__ == "__main__":
    main()
