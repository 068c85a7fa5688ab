"""Scopes that a route declares as FastAPI has it: `Security(guard, scopes=[...])`."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, Security, WebSocket

from doorward.types import Mode
from doorward.web.connection import NOT_LOGGED_IN
from doorward.web.fastapi import Doorward, Principal
from tests.web.driver import ask, bearer, shake_hands

pytestmark = pytest.mark.anyio

SCOPES = ["admin:delete"]
PATHS = ["/parameter", "/dependencies", "/over-role", "/nested", "/router", "/optional", "/both"]


def application(auth: Doorward) -> FastAPI:
    app = FastAPI(lifespan=auth.lifespan)
    auth.install(app)
    router = APIRouter(dependencies=[Security(auth.principal, scopes=SCOPES)])
    Admin = Annotated[Principal, Security(auth.principal, scopes=SCOPES)]  # noqa: N806 - a type

    async def deleter(principal: Annotated[Principal, Depends(auth.principal)]) -> Principal:
        return principal

    async def nothing() -> None: ...

    @app.get("/parameter")
    async def parameter(principal: Admin) -> None: ...

    over_role = Security(auth.requires(role="editor"), scopes=SCOPES)
    optional = Security(auth.optional_principal, scopes=SCOPES)
    twice = [Depends(auth.principal), Security(auth.principal, scopes=SCOPES)]
    app.get("/dependencies", dependencies=[Security(auth.principal, scopes=SCOPES)])(nothing)
    app.get("/over-role", dependencies=[over_role])(nothing)
    app.get("/nested", dependencies=[Security(deleter, scopes=SCOPES)])(nothing)
    app.get("/optional", dependencies=[optional])(nothing)
    app.get("/both", dependencies=twice)(nothing)
    router.get("/router")(nothing)
    app.include_router(router)

    @app.websocket("/socket")
    async def socket(websocket: WebSocket, principal: Admin) -> None:
        await websocket.accept()

    return app


class Site:
    """The application, and a header of somebody with these scopes."""

    def __init__(self, app: FastAPI, auth: Doorward) -> None:
        self.app = app
        self._auth = auth

    async def header(self, *scopes: str) -> tuple[bytes, bytes]:
        attempt = await (await self._auth.auth()).attempt()
        issued = await attempt.login("ann", roles=["editor"], scopes=scopes)
        return bearer(issued.credential)


@pytest.fixture(params=["session", "token"])
async def site(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Site]:
    mode: Mode = request.param
    auth = Doorward("memory:", mode=mode, root_key_file=tmp_path / "key")
    app = application(auth)
    async with auth.lifespan(app):
        yield Site(app, auth)


@pytest.mark.parametrize("path", PATHS)
async def test_a_declared_scope_binds(site: Site, path: str) -> None:
    answer = await ask(site.app, path, headers=[await site.header("read")])
    assert (answer.status, answer.reason) == (403, "insufficient_scope")
    assert (await ask(site.app, path, headers=[await site.header(*SCOPES)])).status == 200
    assert (await ask(site.app, path)).status == 401


async def test_a_declared_scope_binds_at_the_handshake_of_a_socket(site: Site) -> None:
    refused, *_ = await shake_hands(site.app, "/socket", [await site.header("read")])
    assert (refused["type"], refused["code"]) == ("websocket.close", NOT_LOGGED_IN)
    accepted, *_ = await shake_hands(site.app, "/socket", [await site.header(*SCOPES)])
    assert accepted["type"] == "websocket.accept"


@pytest.mark.parametrize("path", [path for path in PATHS if path != "/optional"])
def test_the_page_of_the_api_names_the_scope_under_schemes_that_exist(
    path: str, tmp_path: Path
) -> None:
    auth = Doorward("memory:", root_key_file=tmp_path / "key")
    schema: dict[str, Any] = application(auth).openapi()
    operation = schema["paths"][path]["get"]
    assert operation["security"] == [{"cookie": SCOPES}, {"bearer": SCOPES}]
    assert set(schema["components"]["securitySchemes"]) == {"cookie", "bearer"}
    assert {"401", "403"} <= operation["responses"].keys()
