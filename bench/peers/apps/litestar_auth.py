"""Litestar without authentication, with JWTAuth, and with SessionAuth over sessions on the server.

Sources: https://docs.litestar.dev/2/usage/security/jwt.html and
https://docs.litestar.dev/2/usage/security/security-backends.html
"""

import secrets
from dataclasses import dataclass
from typing import Any

from litestar import Litestar, Request, Response, get, post
from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException
from litestar.middleware.session.server_side import (
    ServerSideSessionBackend,
    ServerSideSessionConfig,
)
from litestar.security.jwt import JWTAuth, Token
from litestar.security.session_auth import SessionAuth
from litestar.stores.memory import MemoryStore
from pwdlib import PasswordHash

from bench.peers.catalogue import PASSWORD, USERNAME
from bench.peers.spec import Spec

Connection = ASGIConnection[Any, Any, Any, Any]
password_hash = PasswordHash.recommended()
HASHED = password_hash.hash(PASSWORD)


@dataclass
class User:
    username: str


@dataclass
class Form:
    username: str
    password: str


USERS = {USERNAME: User(USERNAME)}


def check(form: Form) -> User:
    if form.username not in USERS or not password_hash.verify(form.password, HASHED):
        raise NotAuthorizedException
    return USERS[form.username]


@get("/me")
async def bare() -> dict[str, str]:
    return {"subject": USERNAME}


@get("/me")
async def me(request: Request[User, Any, Any]) -> dict[str, str]:
    return {"subject": request.user.username}


def with_jwt() -> Litestar:
    async def retrieve_user_handler(token: Token, connection: Connection) -> User | None:
        return USERS.get(token.sub)

    jwt_auth = JWTAuth[User](
        retrieve_user_handler=retrieve_user_handler,
        token_secret=secrets.token_hex(32),
        exclude=["/login", "/schema"],
    )

    @post("/login")
    async def login(data: Form) -> Response[Any]:
        return jwt_auth.login(identifier=check(data).username)

    @post("/logout")
    async def logout() -> None:
        """The page has none: the token works until it expires, and the client forgets it."""

    return Litestar([login, logout, me], on_app_init=[jwt_auth.on_app_init])


def with_session() -> Litestar:
    async def retrieve_user_handler(session: dict[str, Any], connection: Connection) -> User | None:
        return USERS.get(session.get("user_id", ""))

    session_auth = SessionAuth[User, ServerSideSessionBackend](
        retrieve_user_handler=retrieve_user_handler,
        session_backend_config=ServerSideSessionConfig(),
        exclude=["/login", "/schema"],
    )

    @post("/login")
    async def login(data: Form, request: Request[Any, Any, Any]) -> None:
        request.set_session({"user_id": check(data).username})

    @post("/logout")
    async def logout(request: Request[Any, Any, Any]) -> None:
        request.clear_session()

    return Litestar(
        [login, logout, me],
        on_app_init=[session_auth.on_app_init],
        stores={"sessions": MemoryStore()},
    )


def build(variant: str, spec: Spec) -> Any:
    if variant == "bare":
        return Litestar([bare])
    return with_jwt() if variant == "JWT" else with_session()
