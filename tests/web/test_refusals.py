"""Where the refusals of an application go: into applications mounted in it, and past its own
handlers."""

from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, Request, WebSocket
from fastapi.responses import PlainTextResponse, Response
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Mount, Route

from doorward import DoorwardError, Rejected, StoreUnavailable
from doorward.web.asgi import principal
from doorward.web.fastapi import Doorward, Principal
from tests.web.driver import HOST, OURS, ask, bearer, cookies_of, shake_hands

pytestmark = pytest.mark.anyio


def guarded(auth: Doorward) -> FastAPI:
    """An application that nothing is installed in."""
    app = FastAPI()

    @app.get("/me")
    async def me(who: Annotated[Principal, Depends(auth.principal)]) -> str:
        return who.subject

    @app.get("/desk", dependencies=[Depends(auth.requires(role="editor"))])
    async def desk() -> None: ...

    @app.websocket("/socket")
    async def socket(
        websocket: WebSocket, who: Annotated[Principal, Depends(auth.principal)]
    ) -> None:
        await websocket.accept()

    return app


async def plain(request: Request) -> Response:
    return PlainTextResponse((await principal()).subject)


def within(auth: Doorward, how: str) -> FastAPI:
    """An application in which another is mounted, below `/sub`."""
    app = FastAPI()
    auth.install(app)
    if how == "mounted":
        app.mount("/sub", guarded(auth))
    elif how == "twice":
        middle = FastAPI()
        middle.mount("/b", guarded(auth))
        app.mount("/sub/a", middle)
    elif how == "wrapped":
        app.mount("/sub", CORSMiddleware(guarded(auth), allow_origins=["*"]))
    elif how == "with middleware":
        cors = Middleware(CORSMiddleware, allow_origins=["*"])
        app.router.routes.append(Mount("/sub", guarded(auth), middleware=[cors]))
    elif how == "by routes":
        app.router.routes.append(Mount("/sub", routes=[Mount("/a", guarded(auth))]))
    elif how == "by router":
        router = APIRouter()
        router.mount("/sub", guarded(auth))
        app.include_router(router)
    elif how == "by host":
        app.host(HOST, Starlette(routes=[Mount("/sub", guarded(auth))]))
    else:
        app.mount("/sub", Starlette(routes=[Route("/me", plain), Route("/desk", plain)]))
    return app


EVERY_WAY = [
    "mounted",
    "twice",
    "wrapped",
    "with middleware",
    "by routes",
    "by router",
    "by host",
    "starlette",
]
BELOW = {"twice": "/sub/a/b", "by routes": "/sub/a"}


@pytest.mark.parametrize("how", EVERY_WAY)
async def test_a_refusal_crosses_a_mount(auth: Doorward, how: str) -> None:
    app, below = within(auth, how), BELOW.get(how, "/sub")
    answer = await ask(app, f"{below}/me")
    assert (answer.status, answer.reason) == (401, "missing")
    assert answer.all("www-authenticate") == ['Bearer realm="doorward"']
    held = cookies_of(await (await (await auth.auth()).attempt()).login("ann"))
    assert (await ask(app, f"{below}/me", headers=[held])).status == 200
    if how != "starlette":
        assert (await ask(app, f"{below}/desk", headers=[held])).reason == "insufficient_role"
        closed = await shake_hands(app, f"{below}/socket", [held, (b"origin", b"https://evil")])
        assert closed == [{"type": "websocket.close", "code": 4401}]


async def test_a_mounted_application_that_has_a_gate_too_refuses_by_itself(auth: Doorward) -> None:
    app, sub = FastAPI(), guarded(auth)
    auth.install(sub)
    auth.install(app)
    app.mount("/sub", sub)
    assert (await ask(app, "/sub/me")).reason == "missing"


async def test_the_middleware_of_a_mounted_application_sees_its_refusals(auth: Doorward) -> None:
    app, sub = FastAPI(), guarded(auth)
    sub.add_middleware(CORSMiddleware, allow_origins=["https://app.example"])
    auth.install(app)
    app.mount("/sub", sub)
    answer = await ask(app, "/sub/me", headers=[(b"origin", b"https://app.example")])
    assert (answer.status, answer.all("access-control-allow-origin")) == (
        401,
        ["https://app.example"],
    )


async def test_what_the_middleware_of_a_mounted_application_refuses_crosses_the_mount(
    auth: Doorward,
) -> None:
    app, sub = FastAPI(), FastAPI()

    @sub.middleware("http")
    async def guard_all(request: Request, call_next: Any) -> Any:
        await principal()
        return await call_next(request)

    auth.install(app)
    app.mount("/sub", sub)
    assert (await ask(app, "/sub/anything")).reason == "missing"


async def own(request: Any, error: Exception) -> Response:
    return PlainTextResponse("our own page", 418)


@pytest.mark.parametrize("kind", [Rejected, DoorwardError])
@pytest.mark.parametrize("before", [True, False])
async def test_a_handler_of_the_applications_own_is_kept(
    auth: Doorward, kind: type[Exception], before: bool
) -> None:
    app = guarded(auth)
    if before:
        app.add_exception_handler(kind, own)
    auth.install(app)
    if not before and kind is Rejected:
        app.add_exception_handler(kind, own)
    if before or kind is Rejected:
        assert (await ask(app, "/me")).body == b"our own page"


async def test_a_handler_for_one_refusal_leaves_the_other_to_us(auth: Doorward) -> None:
    app = guarded(auth)
    app.add_exception_handler(StoreUnavailable, own)
    auth.install(app)
    assert (await ask(app, "/me")).reason == "missing"


async def test_a_mounted_application_refuses_as_the_one_around_it_unless_it_has_its_own(
    auth: Doorward,
) -> None:
    async def another(request: Any, error: Exception) -> Response:
        return PlainTextResponse("a page of the mounted one", 418)

    app, alike, apart = FastAPI(), guarded(auth), guarded(auth)
    apart.add_exception_handler(Rejected, another)
    app.add_exception_handler(Rejected, own)
    auth.install(app)
    app.mount("/alike", alike)
    app.mount("/apart", apart)
    assert (await ask(app, "/alike/me")).body == b"our own page"
    assert (await ask(app, "/apart/me", headers=[bearer("x"), OURS])).body.startswith(b"a page of")
