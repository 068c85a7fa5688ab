"""The gate before applications of any framework: refusals, renewed cookies, handshakes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.exceptions import HTTPException
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket

from doorward import Issued, Reason, Rejected, StoreUnavailable
from doorward.web.asgi import Middleware, NotInstalled, current_visit, principal
from tests.web.conftest import Build, House
from tests.web.driver import (
    FOREIGN,
    OURS,
    Answer,
    App,
    Message,
    ask,
    bearer,
    cookie,
    cookies_of,
    shake_hands,
)

pytestmark = pytest.mark.anyio


async def raw(scope: Any, receive: Any, send: Any) -> None:
    """The whole of an application without any framework."""
    who = await principal()
    body = who.subject.encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


async def me(request: Request) -> Response:
    return JSONResponse({"subject": (await principal()).subject})


def sync_me(request: Request) -> Response:
    return PlainTextResponse(current_visit().headers[0][1])


async def stream(request: Request) -> Response:
    who = await principal()

    async def parts() -> AsyncIterator[str]:
        yield who.subject
        yield "!"

    return StreamingResponse(parts())


async def redirect(request: Request) -> Response:
    await principal()
    return RedirectResponse("/elsewhere", 303)


async def file(request: Request) -> Response:
    await principal()
    return FileResponse(Path(__file__))


async def cached(request: Request) -> Response:
    await principal()
    return Response(b"", headers={"cache-control": "public, max-age=3600"})


async def failing(request: Request) -> Response:
    await principal()
    raise HTTPException(int(request.path_params["status"]))


async def crash(request: Request) -> Response:
    await principal()
    raise ZeroDivisionError


async def socket(websocket: WebSocket) -> None:
    who = await principal()
    await websocket.accept()
    await websocket.send_text(who.subject)


def routes() -> list[Any]:
    return [
        Route("/me", me),
        Route("/sync", sync_me),
        Route("/stream", stream),
        Route("/redirect", redirect, methods=["GET", "POST"]),
        Route("/file", file),
        Route("/cached", cached),
        Route("/crash", crash),
        Route("/failing/{status}", failing),
        WebSocketRoute("/socket", socket),
    ]


def starlette(house: House) -> App:
    app = Starlette(routes=routes())
    app.add_middleware(Middleware, lifecycle=house.lifecycle)
    return house.guard(app)


async def expired(house: House) -> Issued:
    issued = await house.log_in()
    house.clock.advance(house.auth.settings.access_ttl)
    return issued


async def test_an_application_of_no_framework_is_guarded(house: House) -> None:
    app = house.guard(raw)
    held = cookies_of(await house.log_in())
    assert (await ask(app, headers=[held])).body == b"ann"
    answer = await ask(app)
    assert (answer.status, answer.reason) == (401, "missing")
    assert answer.all("www-authenticate") == ['Bearer realm="doorward"']


async def test_whoever_does_not_ask_is_served_without_a_look_at_the_credential(
    house: House,
) -> None:
    answer = await ask(starlette(house), "/sync", headers=[bearer("nonsense")])
    assert (answer.status, answer.body) == (200, b"app.example")


EVERY_KIND = [
    ("GET", "/me", 200),
    ("HEAD", "/me", 200),
    ("GET", "/stream", 200),
    ("GET", "/file", 200),
    ("GET", "/redirect", 303),
    ("POST", "/redirect", 303),
    ("GET", "/cached", 200),
    ("GET", "/failing/404", 404),
    ("GET", "/failing/500", 500),
    ("GET", "/crash", 500),
]


@pytest.mark.parametrize(("method", "path", "status"), EVERY_KIND)
async def test_the_cookies_of_a_refresh_reach_every_kind_of_answer(
    token_house: House, method: str, path: str, status: int
) -> None:
    issued = await expired(token_house)
    answer = await ask(
        starlette(token_house), path, method=method, headers=[cookies_of(issued), OURS], crash=True
    )
    assert answer.status == status
    assert set(answer.cookies) == {"__Host-access", "__Host-refresh"}
    assert answer.all("cache-control") == ["no-store"]
    after = cookie(access=answer.cookies["__Host-access"], refresh=answer.cookies["__Host-refresh"])
    again = await ask(starlette(token_house), "/me", headers=[after])
    assert (again.status, again.cookies) == (200, {})


async def test_a_refresh_survives_a_middleware_that_wraps_the_answer(token_house: House) -> None:
    async def pass_on(
        request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        return await call_next(request)

    app = Starlette(routes=routes())
    app.add_middleware(BaseHTTPMiddleware, dispatch=pass_on)
    answer = await ask(
        token_house.guard(app), "/me", headers=[cookies_of(await expired(token_house))]
    )
    assert set(answer.cookies) == {"__Host-access", "__Host-refresh"}


async def test_only_a_parent_token_is_answered_with_an_access_cookie_alone(
    token_house: House,
) -> None:
    app = starlette(token_house)
    held = [cookies_of(await expired(token_house))]
    first, second = [await ask(app, "/me", headers=held) for _ in range(2)]
    assert set(first.cookies) == {"__Host-access", "__Host-refresh"}
    assert set(second.cookies) == {"__Host-access"}


async def test_a_late_answer_sets_nothing(token_house: House) -> None:
    """The handler is slow; meanwhile the browser is given something newer."""
    issued = await expired(token_house)

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await principal()
        renewed = current_visit().issued
        assert renewed is not None
        assert renewed.refresh_token is not None
        await token_house.auth.refresh(renewed.refresh_token)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    answer = await ask(token_house.guard(slow), headers=[cookies_of(issued)])
    assert (answer.status, answer.cookies) == (200, {})


@pytest.mark.parametrize("grace", [None, 0])
async def test_an_application_mounted_in_another_refreshes_once(
    build: Build, grace: int | None
) -> None:
    """Twice would hand the same refresh token in twice, which at the strictest looks like theft."""
    house = await build("token", refresh_grace=grace)
    issued = await expired(house)
    inner = house.guard(Starlette(routes=routes()))

    async def outer(scope: Any, receive: Any, send: Any) -> None:
        await principal()
        await Mount("/within", inner).app(scope, receive, send)

    answer = await ask(house.guard(outer), "/me", headers=[cookies_of(issued)])
    assert answer.status == 200
    assert len(answer.all("set-cookie")) == 2
    row = await house.auth.session(issued.session.sid)
    assert row is not None
    assert (row.generation, row.revoked_at) == (1, None)


async def test_two_doors_one_within_the_other_each_know_their_own(build: Build) -> None:
    outer, inner = await build("token"), await build("session")
    ann, bob = await outer.log_in("ann"), await inner.log_in("bob")

    async def front(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"].startswith("/within"):
            await within(scope, receive, send)
        else:
            await raw(scope, receive, send)

    within = inner.guard(raw)
    app = outer.guard(front)
    both = [cookie(access=ann.credential, session=bob.credential)]
    assert (await ask(app, "/", headers=both)).body == b"ann"
    assert (await ask(app, "/within", headers=both)).body == b"bob"


async def test_an_answer_to_somebody_is_stored_nowhere_unless_the_application_says_so(
    house: House,
) -> None:
    held = cookies_of(await house.log_in())
    for path, said in (("/me", "no-store"), ("/cached", "public, max-age=3600")):
        answer = await ask(starlette(house), path, headers=[held])
        assert answer.all("cache-control") == [said]
        assert answer.all("vary") == ["Cookie, Authorization"]


async def test_an_answer_varies_if_the_handler_asked_also_if_it_found_nobody(house: House) -> None:
    async def maybe(scope: Any, receive: Any, send: Any) -> None:
        await current_visit().optional_principal()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    answer = await ask(house.guard(maybe))
    assert (answer.all("vary"), answer.all("cache-control")) == (["Cookie, Authorization"], [])
    refused = await ask(starlette(house), "/me")
    assert refused.all("vary") == ["Cookie, Authorization"]
    assert (await ask(starlette(house), "/sync")).all("vary") == []


# --- refusals touch no cookies --------------------------------------------------------------------


async def test_no_401_touches_a_cookie(house: House) -> None:
    issued = await house.log_in()
    await house.auth.revoke(sid=issued.session.sid)
    bad: list[list[tuple[bytes, bytes]]] = [
        [],
        [cookies_of(issued)],
        [bearer("nonsense")],
        [cookie(session="dws_x", access="a.b.c", refresh="dwr_x")],
        [cookies_of(issued), cookies_of(issued)],
    ]
    for headers in bad:
        answer = await ask(starlette(house), "/me", headers=headers)
        assert answer.status == 401
        assert answer.all("www-authenticate") != []
        assert answer.all("set-cookie") == []


async def test_a_store_that_is_gone_is_503_and_touches_no_cookie(house: House) -> None:
    held = cookies_of(await house.log_in())
    broken = house.store
    broken.arm(1)
    answer = await ask(starlette(house), "/me", headers=[held])
    assert (answer.status, answer.reason) == (503, "store_unavailable")
    assert answer.all("retry-after") == ["1"]
    assert answer.all("set-cookie") == answer.all("www-authenticate") == []
    assert (await ask(starlette(house), "/me", headers=[held])).status == 200


async def test_a_store_that_goes_between_refresh_and_answer_sets_no_cookie(
    token_house: House,
) -> None:
    issued = await expired(token_house)
    broken = token_house.store

    async def losing(scope: Any, receive: Any, send: Any) -> None:
        await principal()
        broken.arm(1)  # the look at whether the row still holds what was issued
        raise StoreUnavailable("the handler's own look at the store")

    answer = await ask(token_house.guard(losing), headers=[cookies_of(issued)])
    assert (answer.status, answer.cookies) == (503, {})
    assert broken.calls == ["get"]


async def test_a_refusal_after_the_answer_began_is_the_servers_to_handle(house: House) -> None:
    async def late(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await principal()

    with pytest.raises(Rejected) as error:
        await ask(house.guard(late))
    assert error.value.reason is Reason.MISSING


async def test_a_step_up_that_is_asked_of_a_renewed_login_keeps_the_renewal(
    build: Build,
) -> None:
    """Its refresh token was good, and is used up: to withhold the next would look like theft."""
    house = await build("token", refresh_grace=0)

    async def strict(scope: Any, receive: Any, send: Any) -> None:
        await principal()
        raise Rejected(Reason.STEP_UP_REQUIRED, max_age=1)

    answer = await ask(house.guard(strict), headers=[cookies_of(await expired(house))])
    assert (answer.status, answer.reason) == (401, "step_up_required")
    after = cookie(**{name.removeprefix("__Host-"): v for name, v in answer.cookies.items()})
    assert (await ask(house.guard(raw), headers=[after])).status == 200


# --- WebSockets -----------------------------------------------------------------------------------


def kinds(sent: list[Message]) -> list[str]:
    return [message["type"] for message in sent]


async def test_a_handshake_of_our_own_page_is_accepted(house: House) -> None:
    held = cookies_of(await house.log_in())
    sent = await shake_hands(starlette(house), "/socket", [held, OURS])
    assert kinds(sent)[:2] == ["websocket.accept", "websocket.send"]
    assert sent[1]["text"] == "ann"


async def test_a_handshake_of_another_origin_is_closed(house: House) -> None:
    held = cookies_of(await house.log_in())
    for said in ([FOREIGN], [(b"origin", b"https://evil.example")], []):
        sent = await shake_hands(starlette(house), "/socket", [held, *said])
        assert sent == [{"type": "websocket.close", "code": 4401}]


async def test_a_handshake_says_by_its_code_whether_to_log_in_or_to_try_again(
    house: House,
) -> None:
    held = cookies_of(await house.log_in())
    assert (await shake_hands(starlette(house), "/socket", []))[0]["code"] == 4401
    broken = house.store
    broken.arm(1)
    assert (await shake_hands(starlette(house), "/socket", [held, OURS]))[0]["code"] == 1013


async def test_the_cookies_of_a_refresh_come_with_an_accepted_handshake(
    token_house: House,
) -> None:
    held = cookies_of(await expired(token_house))
    sent = await shake_hands(starlette(token_house), "/socket", [held, OURS])
    answer = Answer([sent[0]])
    assert set(answer.cookies) == {"__Host-access", "__Host-refresh"}


# --- the edges ------------------------------------------------------------------------------------


async def test_what_is_neither_request_nor_socket_passes_through(house: House) -> None:
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])

    await house.guard(app)({"type": "lifespan"}, None, None)
    assert seen == ["lifespan"]


async def test_outside_of_a_request_there_is_nobody_to_ask(house: House) -> None:
    with pytest.raises(LookupError):
        current_visit()


async def test_a_thread_knows_the_request_if_it_takes_the_context_along_and_is_told_so_if_not(
    house: House,
) -> None:
    async def threads(request: Request) -> Response:
        found = await asyncio.to_thread(current_visit)
        assert found is current_visit()
        with pytest.raises(NotInstalled, match=r"run_in_executor.*Use asyncio\.to_thread"):
            await asyncio.get_running_loop().run_in_executor(None, current_visit)
        return Response()

    app = house.guard(Starlette(routes=[Route("/", threads)]))
    assert (await ask(app)).status == 200


async def test_starlettes_own_way_of_adding_middleware_works_too(house: House) -> None:
    class Me(HTTPEndpoint):
        async def get(self, request: Request) -> Response:
            return JSONResponse((await principal()).subject)

    app = Starlette(routes=[Route("/", Me)])
    app.add_middleware(Middleware, lifecycle=house.lifecycle)
    held = cookies_of(await house.log_in())
    assert (await ask(app, headers=[held])).body == b'"ann"'
    assert (await ask(app)).reason == "missing"
