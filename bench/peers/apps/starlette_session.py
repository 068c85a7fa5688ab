"""Starlette's SessionMiddleware: the session itself is in a signed cookie.

Source: https://starlette.dev/middleware/#sessionmiddleware
"""

import secrets
from typing import Any

from pwdlib import PasswordHash
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bench.peers.catalogue import PASSWORD, USERNAME
from bench.peers.spec import Spec

password_hash = PasswordHash.recommended()
HASHED = password_hash.hash(PASSWORD)


async def login(request: Request) -> Response:
    form = await request.json()
    if form["username"] != USERNAME or not password_hash.verify(form["password"], HASHED):
        return Response(status_code=401)
    request.session["user"] = form["username"]
    return Response(status_code=204)


async def logout(request: Request) -> Response:
    request.session.clear()
    return Response(status_code=204)


async def me(request: Request) -> Response:
    user = request.session.get("user")
    return JSONResponse({"subject": user}) if user else Response(status_code=401)


ROUTES = [
    Route("/me", me),
    Route("/login", login, methods=["POST"]),
    Route("/logout", logout, methods=["POST"]),
]


def build(variant: str, spec: Spec) -> Any:
    middleware = [Middleware(SessionMiddleware, secret_key=secrets.token_hex(32))]
    return Starlette(routes=ROUTES, middleware=middleware)
