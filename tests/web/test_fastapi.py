"""Doorward in a FastAPI application that keeps its own users."""

from collections.abc import AsyncIterator, Awaitable, Callable
from json import loads
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response, WebSocket
from fastapi.responses import PlainTextResponse, RedirectResponse, StreamingResponse

from doorward import ConfigurationError, Issued
from doorward.testing import FakeClock
from doorward.types import Mode
from doorward.web import connection
from doorward.web.fastapi import Doorward, Principal
from tests.web.driver import (
    FOREIGN,
    OURS,
    Answer,
    Header,
    ask,
    bearer,
    cookie,
    cookies_of,
    shake_hands,
)

pytestmark = pytest.mark.anyio

ROLES = {"ann": ["editor"]}


def application(  # noqa: C901 - one small route after another
    auth: Doorward,
    meanwhile: Callable[[], Awaitable[object]] | None = None,
    *,
    install: bool = True,
) -> FastAPI:
    """`meanwhile` happens while somebody logs in, after their row in the users table was read."""
    app = FastAPI(lifespan=auth.lifespan)
    if install:
        auth.install(app)
    private = APIRouter(prefix="/private", dependencies=[Depends(auth.principal)])
    Known = Annotated[Principal, Depends(auth.principal)]  # noqa: N806 - a type

    @app.post("/login/{name}")
    async def login(name: str, response: Response) -> dict[str, Any]:
        attempt = await auth.attempt()
        roles = ROLES.get(name)
        if roles is None:
            raise HTTPException(401)
        if meanwhile is not None:
            await meanwhile()
        issued = await attempt.login(response, subject=name, roles=roles, scopes=["read"])
        return {"sid": issued.session.sid}

    @app.post("/login-by-bearer/{name}")
    async def login_by_bearer(name: str, response: Response) -> str:
        attempt = await auth.attempt()
        return (await attempt.login(response, subject=name, transport="bearer")).credential

    @app.post("/elevate")
    async def elevate(response: Response) -> dict[str, str | None] | None:
        issued = await auth.elevate(response, amr=["otp"])
        if issued is None:
            return None
        return {"access": issued.credential, "refresh": issued.refresh_token}

    @app.post("/logout", status_code=204)
    async def logout(request: Request, response: Response) -> None:
        await auth.logout(request, response)

    @app.get("/me")
    async def me(principal: Known) -> Principal:
        return principal

    @app.get("/sync")
    def sync_me(principal: Known) -> str:
        return principal.subject

    @app.get("/maybe")
    async def maybe(
        principal: Annotated[Principal | None, Depends(auth.optional_principal)],
    ) -> str:
        return principal.subject if principal else "nobody"

    @app.delete("/posts/{id}", dependencies=[Depends(auth.requires(role="editor", fresh=300))])
    async def delete_post(id: int) -> int:
        return id

    @app.get("/scoped")
    async def scoped(
        principal: Annotated[Principal, Depends(auth.requires(scope="write"))],
    ) -> str:
        return principal.subject

    @app.get("/stream")
    async def stream(principal: Known) -> StreamingResponse:
        async def parts() -> AsyncIterator[str]:
            yield principal.subject

        return StreamingResponse(parts())

    @app.get("/failing/{status}")
    async def failing(status: int, principal: Known) -> None:
        raise HTTPException(status)

    @app.get("/crash")
    async def crash(principal: Known) -> None:
        raise ZeroDivisionError

    @app.websocket("/socket")
    async def socket(websocket: WebSocket, principal: Known) -> None:
        await websocket.accept()
        await websocket.send_text(principal.subject)

    @private.get("/page")
    async def page() -> PlainTextResponse:
        return PlainTextResponse("private")

    app.include_router(private)
    return app


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def auth(tmp_path: Path, mode: Mode, clock: FakeClock) -> AsyncIterator[Doorward]:
    found = Doorward("memory:", mode=mode, root_key_file=tmp_path / "key", clock=clock)
    yield found
    await found.lifecycle.close()


@pytest.fixture
def app(auth: Doorward) -> FastAPI:
    return application(auth)


async def log_in(auth: Doorward, subject: str = "ann", **facts: Any) -> Issued:
    return await (await (await auth.auth()).attempt()).login(subject, **facts)


def held(answer: Answer) -> Header:
    return cookie(**{name.removeprefix("__Host-"): v for name, v in answer.cookies.items()})


async def test_who_logs_in_is_known_until_they_log_out(app: FastAPI) -> None:
    answer = await ask(app, "/login/ann", method="POST", headers=[OURS])
    assert answer.status == 200
    assert answer.all("cache-control") == ["no-store"]
    now = held(answer)
    assert (await ask(app, "/me", headers=[now])).status == 200
    gone = await ask(app, "/logout", method="POST", headers=[OURS, now])
    assert (gone.status, len(gone.all("set-cookie"))) == (204, 3)
    assert (await ask(app, "/me", headers=[now])).reason in ("revoked", "unknown")


async def test_a_bearer_login_gives_its_token_in_the_body_alone(app: FastAPI) -> None:
    answer = await ask(app, "/login-by-bearer/ann", method="POST")
    assert (answer.cookies, answer.all("cache-control")) == ({}, ["no-store"])
    token = answer.body.decode().strip('"')
    assert (await ask(app, "/sync", headers=[bearer(token)])).body == b'"ann"'


async def test_a_login_another_origin_sent_sets_nothing(app: FastAPI) -> None:
    answer = await ask(app, "/login/ann", method="POST", headers=[FOREIGN])
    assert (answer.status, answer.reason, answer.cookies) == (403, "cross_origin", {})


async def test_a_person_locked_while_logging_in_is_not_let_in(auth: Doorward) -> None:
    async def lock() -> None:
        await (await auth.auth()).revoke(subject="ann")

    app = application(auth, meanwhile=lock)
    answer = await ask(app, "/login/ann", method="POST", headers=[OURS])
    assert (answer.status, answer.reason, answer.cookies) == (401, "superseded", {})


async def test_roles_changed_while_logging_in_do_not_slip_through(auth: Doorward) -> None:
    async def demote() -> None:
        await (await auth.auth()).change("ann", roles=[])

    app = application(auth, meanwhile=demote)
    assert (await ask(app, "/login/ann", method="POST", headers=[OURS])).reason == "superseded"


async def test_an_endpoint_that_is_not_async_is_guarded_alike(app: FastAPI, auth: Doorward) -> None:
    now = cookies_of(await log_in(auth))
    assert (await ask(app, "/sync", headers=[now])).body == b'"ann"'
    assert (await ask(app, "/sync")).reason == "missing"


async def test_a_router_guards_all_of_its_routes(app: FastAPI, auth: Doorward) -> None:
    now = cookies_of(await log_in(auth))
    assert (await ask(app, "/private/page", headers=[now])).body == b"private"
    assert (await ask(app, "/private/page")).reason == "missing"
    assert (await ask(app, "/private/page", headers=[bearer("bad"), now])).reason == "malformed"


async def test_an_optional_principal_may_be_absent_but_not_bad(
    app: FastAPI, auth: Doorward
) -> None:
    now = cookies_of(await log_in(auth))
    assert (await ask(app, "/maybe")).body == b'"nobody"'
    assert (await ask(app, "/maybe", headers=[now])).body == b'"ann"'
    assert (await ask(app, "/maybe", headers=[bearer("bad")])).status == 401


async def test_what_a_route_requires_is_refused_each_in_its_own_words(
    app: FastAPI, auth: Doorward, clock: FakeClock
) -> None:
    async def delete(issued: Issued) -> Answer:
        headers = [bearer(issued.credential)]
        return await ask(app, "/posts/7", method="DELETE", headers=headers)

    reader, editor = await log_in(auth, "bob"), await log_in(auth, roles=["editor"])
    assert (await delete(editor)).body == b"7"
    lacking = await delete(reader)
    assert (lacking.status, lacking.reason) == (403, "insufficient_role")
    assert lacking.all("www-authenticate") == ['Bearer error="insufficient_scope"']
    limited = await log_in(auth, scopes=["read"])
    narrow = await ask(app, "/scoped", headers=[bearer(limited.credential)])
    assert (narrow.status, narrow.reason) == (403, "insufficient_scope")
    for wide in (await log_in(auth, scopes=["write"]), editor):  # the editor has no limit
        assert (await ask(app, "/scoped", headers=[bearer(wide.credential)])).status == 200
    old = await log_in(auth, roles=["editor"])
    clock.advance(299)
    assert (await delete(old)).status == 200
    clock.advance(2)
    stale = await delete(await again(auth, old))
    assert (stale.status, stale.reason) == (401, "step_up_required")
    assert stale.all("www-authenticate") == [
        'Bearer error="insufficient_user_authentication", max_age=300'
    ]


async def again(auth: Doorward, issued: Issued) -> Issued:
    """The same login with an access token that has not expired, in token mode."""
    if issued.refresh_token is None:
        return issued
    return await (await auth.auth()).refresh(issued.refresh_token)


async def stale_editor(auth: Doorward, clock: FakeClock) -> Issued:
    """An editor who proved a factor ten minutes ago."""
    issued = await log_in(auth, roles=["editor"])
    clock.advance(600)
    return issued


async def test_a_step_up_by_cookie_hands_the_new_secret_to_the_cookies_alone(
    app: FastAPI, auth: Doorward, clock: FakeClock
) -> None:
    issued = await stale_editor(auth, clock)
    now = [cookies_of(issued), OURS]
    assert (await ask(app, "/posts/7", method="DELETE", headers=now)).reason == "step_up_required"
    answer = await ask(app, "/elevate", method="POST", headers=now)
    assert (answer.status, answer.body) == (200, b"null")
    assert answer.all("cache-control") == ["no-store"]
    assert len(answer.all("set-cookie")) == len(answer.cookies)  # none of an inline refresh beside
    after = [held(answer), OURS]
    assert (await ask(app, "/posts/7", method="DELETE", headers=after)).body == b"7"
    me = loads((await ask(app, "/me", headers=after)).body)
    assert (me["sid"], me["amr"]) == (issued.session.sid, ["pwd", "otp"])
    clock.advance(61)
    assert (await ask(app, "/me", headers=[cookies_of(issued)])).reason == "superseded"


async def test_a_step_up_by_bearer_gives_what_to_return_and_sets_no_cookie(
    app: FastAPI, auth: Doorward, clock: FakeClock
) -> None:
    issued = await again(auth, await stale_editor(auth, clock))
    other = cookies_of(await log_in(auth, "bob"))  # a cookie beside it does not count
    headers = [bearer(issued.credential), other, OURS]
    answer = await ask(app, "/elevate", method="POST", headers=headers)
    assert (answer.cookies, answer.all("cache-control")) == ({}, ["no-store"])
    given = loads(answer.body)
    headers = [bearer(given["access"])]
    assert (await ask(app, "/posts/7", method="DELETE", headers=headers)).body == b"7"
    assert (given["refresh"] is not None) == (auth.lifecycle.settings.mode == "token")
    if given["refresh"]:
        renewed = await (await auth.auth()).refresh(given["refresh"])
        assert renewed.session.sid == issued.session.sid


async def test_neither_a_stranger_nor_another_origin_steps_up(
    app: FastAPI, auth: Doorward, clock: FakeClock
) -> None:
    issued = await log_in(auth, roles=["editor"])
    begun = issued.session.authenticated_at
    for headers, reason in (
        ([OURS], "missing"),
        ([cookies_of(issued), FOREIGN], "cross_origin"),
        ([cookies_of(issued)], "cross_origin"),
        ([bearer("bad"), cookies_of(issued), OURS], "malformed"),
    ):
        answer = await ask(app, "/elevate", method="POST", headers=headers)
        assert (answer.reason, answer.cookies) == (reason, {})
    row = await (await auth.auth()).session(issued.session.sid)
    assert row is not None
    assert row.authenticated_at == begun


async def test_a_step_up_on_another_response_than_the_one_returned_is_warned_of(
    auth: Doorward, app: FastAPI, caplog: pytest.LogCaptureFixture
) -> None:
    @app.post("/elevate-and-go")
    async def elevate_and_go(response: Response) -> Response:
        await auth.elevate(response)
        return RedirectResponse("/", 303)

    connection._warn_of_lost_login.cache_clear()
    now = [cookies_of(await log_in(auth)), OURS]
    assert (await ask(app, "/elevate-and-go", method="POST", headers=now)).cookies == {}
    assert "auth.elevate(...) the response that you return" in caplog.text


@pytest.mark.parametrize("mode", ["token"])
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/me", 200),
        ("/sync", 200),
        ("/stream", 200),
        ("/maybe", 200),
        ("/private/page", 200),
        ("/scoped", 403),
        ("/failing/404", 404),
        ("/failing/500", 500),
        ("/crash", 500),
    ],
)
async def test_the_cookies_of_a_refresh_reach_every_kind_of_answer(
    app: FastAPI, auth: Doorward, clock: FakeClock, path: str, status: int
) -> None:
    issued = await log_in(auth, scopes=["read"])
    clock.advance(auth.lifecycle.settings.access_ttl)
    answer = await ask(app, path, headers=[cookies_of(issued)], crash=True)
    assert answer.status == status
    assert set(answer.cookies) == {"__Host-access", "__Host-refresh"}
    assert (await ask(app, "/me", headers=[held(answer)])).cookies == {}


async def test_a_handshake_is_guarded_like_a_request(app: FastAPI, auth: Doorward) -> None:
    now = cookies_of(await log_in(auth))
    accepted = await shake_hands(app, "/socket", [now, OURS])
    assert [message["type"] for message in accepted][:2] == ["websocket.accept", "websocket.send"]
    for headers in ([], [now], [now, FOREIGN], [bearer("bad"), now, OURS]):
        assert await shake_hands(app, "/socket", headers) == [
            {"type": "websocket.close", "code": 4401}
        ]


async def test_a_middleware_may_ask_too_wherever_it_was_added(auth: Doorward, app: FastAPI) -> None:
    from doorward.web.asgi import principal

    @app.middleware("http")
    async def guard_all(
        request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        await principal()
        return await call_next(request)

    assert (await ask(app, "/maybe")).reason == "missing"
    now = cookies_of(await log_in(auth))
    assert (await ask(app, "/maybe", headers=[now])).body == b'"ann"'


@pytest.mark.parametrize("mode", ["token"])
async def test_an_application_and_another_mounted_in_it_share_one_login(
    app: FastAPI, auth: Doorward, clock: FakeClock
) -> None:
    inner = FastAPI()
    auth.install(inner)

    @inner.get("/me")
    async def me(principal: Annotated[Principal, Depends(auth.principal)]) -> str:
        return principal.subject

    app.mount("/within", inner)
    issued = await log_in(auth)
    clock.advance(auth.lifecycle.settings.access_ttl)
    answer = await ask(app, "/within/me", headers=[cookies_of(issued)])
    assert (answer.body, len(answer.all("set-cookie"))) == (b'"ann"', 2)
    assert (await ask(app, "/within/me")).reason == "missing"


async def test_without_a_lifespan_the_first_request_opens(app: FastAPI, auth: Doorward) -> None:
    assert auth.lifecycle.gate is None
    assert (await ask(app, "/me")).reason == "missing"
    assert auth.lifecycle.gate is not None


async def test_the_lifespan_opens_and_closes(app: FastAPI, auth: Doorward) -> None:
    async with app.router.lifespan_context(app):
        assert auth.lifecycle.gate is not None
    assert auth.lifecycle.gate is None


@pytest.mark.parametrize("path", ["/me", "/maybe", "/login/ann", "/logout"])
async def test_an_application_that_forgot_to_install_is_told_so(auth: Doorward, path: str) -> None:
    app = application(auth, install=False)
    method = "GET" if path in ("/me", "/maybe") else "POST"
    with pytest.raises(ConfigurationError, match=r"Call auth\.install\(app\) once"):
        await ask(app, path, method=method)


@pytest.mark.parametrize("given", [True, False])
async def test_a_login_on_another_response_than_the_one_returned_is_warned_of_once(
    auth: Doorward, app: FastAPI, caplog: pytest.LogCaptureFixture, given: bool
) -> None:
    @app.post("/login-and-go")
    async def login_and_go(response: Response) -> Response:
        attempt, away = await auth.attempt(), RedirectResponse("/", 303)
        await attempt.login(away if given else response, subject="ann")
        return away

    connection._warn_of_lost_login.cache_clear()
    for _ in range(2):
        answer = await ask(app, "/login-and-go", method="POST")
        assert (answer.status, bool(answer.cookies)) == (303, given)
    await ask(app, "/login/ann", method="POST")
    await ask(app, "/login-by-bearer/ann", method="POST")
    assert caplog.text.count("A login or step-up was answered by another response") == (not given)


async def test_a_login_that_then_fails_is_not_warned_of(
    auth: Doorward, app: FastAPI, caplog: pytest.LogCaptureFixture
) -> None:
    @app.post("/login-and-fail")
    async def login_and_fail(response: Response) -> None:
        await (await auth.attempt()).login(response, subject="ann")
        raise HTTPException(403)

    connection._warn_of_lost_login.cache_clear()
    assert (await ask(app, "/login-and-fail", method="POST")).status == 403
    assert "another response" not in caplog.text


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"role": "the editor"},
        {"scope": ""},
        {"fresh": -1},
        {"fresh": 1.5},
        {"fresh": True},
        {"max_staleness": -1},
    ],
)
async def test_a_guard_that_asks_for_nothing_or_for_what_nobody_has_is_refused(
    auth: Doorward, asked: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match=r".+"):
        auth.requires(**asked)


@pytest.mark.parametrize("what", ["role", "scope"])
async def test_a_list_given_for_one_name_is_named_as_the_mistake(auth: Doorward, what: str) -> None:
    slip: Any = ["editor"]
    with pytest.raises(ValueError, match=rf"{what} is one name, not \['editor'\]"):
        auth.requires(**{what: slip})


async def test_a_client_that_says_nothing_of_its_origin_sends_a_csrf_token(
    auth: Doorward, app: FastAPI
) -> None:
    @app.get("/csrf")
    async def csrf(principal: Annotated[Principal, Depends(auth.principal)]) -> str:
        return auth.csrf_token(principal)

    now, other = cookies_of(await log_in(auth)), cookies_of(await log_in(auth, "bob"))
    token = (await ask(app, "/csrf", headers=[now])).body.strip(b'"')
    sent = (b"x-csrf-token", token)
    assert (await ask(app, "/logout", method="POST", headers=[now])).reason == "cross_origin"
    assert (
        await ask(app, "/logout", method="POST", headers=[other, sent])
    ).reason == "cross_origin"
    assert (await ask(app, "/logout", method="POST", headers=[now, sent])).status == 204
