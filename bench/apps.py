"""The variants of `bench/authenticate.py`: the same route, bare and guarded.

    python bench/apps.py VARIANT PORT FOLDER

Prints the header that a logged-in client sends, then serves.
"""

import asyncio
import sys
from pathlib import Path
from typing import Annotated, Any

import uvicorn
from fastapi import Depends, FastAPI
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from doorward import Issued, Settings
from doorward.types import Mode
from doorward.web.asgi import Middleware, principal
from doorward.web.door import Door
from doorward.web.fastapi import Doorward, Principal

BODY = b'{"subject":"ann"}'
JSON = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(BODY))]

BARE = {
    "raw session": "raw",
    "raw token": "raw",
    "raw session sqlite": "raw",
    "raw token sqlite": "raw",
    "starlette session": "starlette",
    "starlette token": "starlette",
    "fastapi session": "fastapi empty dependency",
    "fastapi token": "fastapi empty dependency",
}
"""What each guarded application is measured against."""


async def raw(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": JSON})
    await send({"type": "http.response.body", "body": BODY})


async def guarded_raw(scope: Any, receive: Any, send: Any) -> None:
    await principal()
    await send({"type": "http.response.start", "status": 200, "headers": JSON})
    await send({"type": "http.response.body", "body": BODY})


def starlette(guarded: bool) -> Starlette:
    async def me(request: object) -> Response:
        if guarded:
            await principal()
        return Response(BODY, media_type="application/json")

    return Starlette(routes=[Route("/me", me)])


def fastapi(variant: str) -> FastAPI:
    app = FastAPI()

    async def empty() -> None:
        return None

    if variant == "fastapi":

        @app.get("/me")
        async def bare() -> Response:
            return Response(BODY, media_type="application/json")

    else:

        @app.get("/me")
        async def me(nothing: Annotated[None, Depends(empty)]) -> Response:
            return Response(BODY, media_type="application/json")

    return app


def guarded_fastapi(mode: Mode, folder: Path) -> tuple[FastAPI, Door]:
    auth = Doorward("memory:", mode=mode, root_key_file=folder / "root.key")
    app = FastAPI()
    auth.install(app)

    @app.get("/me")
    async def me(who: Annotated[Principal, Depends(auth.principal)]) -> Response:
        return Response(BODY, media_type="application/json")

    return app, auth.door


def build(variant: str, folder: Path) -> tuple[Any, Door | None]:
    """The application of a variant, and its door if it has one."""
    framework, _, kind = variant.partition(" ")
    mode: Mode = "token" if "token" in kind else "session"
    database = f"sqlite:///{folder}/bench.db" if "sqlite" in kind else "memory:"
    if kind in ("", "empty dependency"):
        bare = {"raw": lambda: raw, "starlette": lambda: starlette(False)}
        return bare.get(framework, lambda: fastapi(variant))(), None
    if framework == "fastapi":
        return guarded_fastapi(mode, folder)
    door = Door(database, Settings(mode=mode), root_key_file=folder / "root.key")
    inner: Any = guarded_raw if framework == "raw" else starlette(True)
    return Middleware(inner, door), door


async def log_in(door: Door) -> Issued:
    auth = (await door.open()).auth
    return await (await auth.attempt()).login("ann", roles=["reader"])


async def serve(variant: str, port: int, folder: Path) -> None:
    app, door = build(variant, folder)
    header = ""
    if door is not None:
        issued = await log_in(door)
        cookie = "session" if issued.refresh_token is None else "access"
        header = f"Cookie: __Host-{cookie}={issued.credential}"
        if issued.refresh_token is not None:
            header += f"; __Host-refresh={issued.refresh_token}"
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", access_log=False))
    ready = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn tells nobody
        await asyncio.sleep(0.01)
    print(header, flush=True)
    await ready


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])))
