"""Doorward in Starlette, in either mode.

Source: docs/frameworks.md.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bench.peers.account import Account
from bench.peers.spec import Spec
from doorward import Rejected, Settings, StoreUnavailable
from doorward.web.asgi import Middleware, current_visit, principal
from doorward.web.lifecycle import Lifecycle
from doorward.web.login import begin_login, log_out
from doorward.web.problem import problem


async def me(request: Request) -> Response:
    return JSONResponse({"subject": (await principal()).subject})


async def logout(request: Request) -> Response:
    response = Response(status_code=204)
    response.raw_headers += await log_out(current_visit())
    return response


async def refuse(request: Request, error: Exception) -> Response:
    status, headers, body = problem(error)
    response = Response(body, status)
    response.raw_headers = headers
    return response


def build(variant: str, spec: Spec) -> Any:
    mode = variant.split()[0]
    settings = Settings(mode="token" if mode == "token" else "session")
    lifecycle = Lifecycle("memory:", settings, root_key_file=spec.folder / f"starlette-{mode}.key")
    account = Account()

    async def login(request: Request) -> Response:
        form = await request.json()
        attempt = await begin_login(current_visit(), form["username"])
        if not await account.opens(form["username"], form["password"]):
            return Response(status_code=401)
        _, headers = await attempt.login(form["username"], roles=["reader"])
        response = Response(status_code=204)
        response.raw_headers += headers
        return response

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with lifecycle.running():
            yield

    routes = [
        Route("/me", me),
        Route("/login", login, methods=["POST"]),
        Route("/logout", logout, methods=["POST"]),
    ]
    handlers: Any = {Rejected: refuse, StoreUnavailable: refuse}
    app = Starlette(routes=routes, lifespan=lifespan, exception_handlers=handlers)
    return Middleware(app, lifecycle)
