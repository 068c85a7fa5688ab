"""Who asks once the answer has begun: no header can be added to it, so nothing is given out."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from doorward import Issued, Reason, Rejected
from doorward.web.asgi import current_visit, present, principal, touch
from doorward.web.login import begin_login, elevate
from tests.web.conftest import Build, House
from tests.web.driver import (
    OURS,
    Answer,
    App,
    Header,
    Message,
    ask,
    bearer,
    cookie,
    cookies_of,
    request,
)

pytestmark = pytest.mark.anyio

Asking = Callable[[], Awaitable[object]]


async def optional() -> str:
    found = await current_visit().optional_principal()
    return "nobody" if found is None else found.subject


async def of(asking: Asking) -> str:
    """What came of a question: a name, or why there is none."""
    try:
        return str(getattr(found := await asking(), "subject", found))
    except Rejected as refused:
        return refused.reason.value


def streamed(asking: Asking) -> App:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"", "more_body": True})
        await send({"type": "http.response.body", "body": (await of(asking)).encode()})

    return app


def afterwards(asking: Asking) -> App:
    """In a task that a framework runs once the answer is sent."""

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        said: list[str] = []

        async def later() -> None:
            said.append(await of(asking))

        await Response(background=BackgroundTask(later))(scope, receive, send)
        await send({"type": "http.response.body", "body": said[0].encode()})

    return answer


def generated(asking: Asking) -> App:
    async def stream(request: Request) -> Response:
        async def parts() -> Any:
            yield b""
            yield (await of(asking)).encode()

        return StreamingResponse(parts())

    return Starlette(routes=[Route("/", stream)])


async def accepted(house: House, asking: Asking, headers: list[Header]) -> str:
    """Asked on a WebSocket after its handshake."""
    said: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})
        said.append(await of(asking))

    async def ignore(message: Message) -> None:
        pass

    scope = request("GET", "/", [*headers, OURS], type="websocket", scheme="wss")
    del scope["method"]
    await house.guard(app)(scope, None, ignore)
    return said[0]


LATE = [streamed, afterwards, generated, None]


async def late(house: House, way: Any, asking: Asking, *headers: Header) -> str:
    if way is None:
        return await accepted(house, asking, list(headers))
    answer = await ask(house.guard(way(asking)), headers=list(headers))
    assert answer.status == 200
    assert "__Host-" not in str(answer.messages)
    return answer.body.decode()


async def untouched(house: House, issued: Issued) -> bool:
    """Whether the browser's refresh token is still the newest one."""
    return await house.auth.session(issued.session.sid) == issued.session


@pytest.mark.parametrize("way", LATE)
@pytest.mark.parametrize("asking", [principal, touch, optional])
async def test_a_live_credential_is_enough(house: House, way: Any, asking: Asking) -> None:
    issued = await house.log_in()
    for header in (cookies_of(issued), bearer(issued.credential)):
        assert await late(house, way, asking, header) == "ann"


@pytest.mark.parametrize("way", LATE)
@pytest.mark.parametrize("shown", ["both", "refresh"])
@pytest.mark.parametrize(
    ("asking", "said"), [(principal, "expired"), (touch, "expired"), (optional, "nobody")]
)
async def test_a_token_that_is_out_is_not_refreshed(
    token_house: House, way: Any, shown: str, asking: Asking, said: str
) -> None:
    issued = await token_house.log_in()
    token_house.clock.advance(token_house.auth.settings.access_ttl)
    alone = cookie(refresh=issued.refresh_token)
    header = cookies_of(issued) if shown == "both" else alone
    assert await late(token_house, way, asking, header) == said
    assert await untouched(token_house, issued)


@pytest.mark.parametrize("way", LATE)
async def test_a_token_of_a_withdrawn_key_is_not_refreshed(token_house: House, way: Any) -> None:
    issued = await token_house.log_in()
    (key,) = (await token_house.auth.jwks())["keys"][:1]
    await token_house.auth.withdraw_key(key["kid"])
    assert await late(token_house, way, principal, cookies_of(issued)) == "withdrawn"
    assert await untouched(token_house, issued)


@pytest.mark.parametrize("way", LATE)
@pytest.mark.parametrize(("old", "new"), [("session", "token"), ("token", "session")])
async def test_a_credential_of_the_other_mode_is_not_exchanged(
    build: Build, way: Any, old: str, new: str, tmp_path: Any
) -> None:
    url = f"sqlite:///{tmp_path}/app.db"
    issued = await (await build(old, url)).log_in()
    house = await build(new, url, accept=("session", "token"))
    assert await late(house, way, principal, cookies_of(issued)) == "ann"
    assert [event.kind for event in house.events] == []
    assert await untouched(house, issued)


async def test_what_was_asked_before_is_refreshed_and_may_be_asked_again(
    token_house: House,
) -> None:
    issued = await token_house.log_in()
    token_house.clock.advance(token_house.auth.settings.access_ttl)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await principal()
        await streamed(principal)(scope, receive, send)

    answer = await ask(token_house.guard(app), headers=[cookies_of(issued)])
    assert set(answer.cookies) == {"__Host-access", "__Host-refresh"}
    assert answer.body == b"ann"


@pytest.mark.parametrize("kind", ["http", "websocket"])
async def test_an_answer_that_begins_during_a_refresh_waits_for_its_cookies(
    token_house: House, kind: str
) -> None:
    issued = await token_house.log_in()
    token_house.clock.advance(token_house.auth.settings.access_ttl)
    reads, goes_on = asyncio.Event(), asyncio.Event()

    async def stop(method: str) -> None:
        if method == "replace":
            reads.set()
            await goes_on.wait()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        token_house.store.before = stop
        asking = asyncio.create_task(current_visit().principal())
        await reads.wait()
        asyncio.get_running_loop().call_soon(goes_on.set)
        await send(starts)
        assert (await asking).subject == "ann"

    starts: Message = {"type": "http.response.start", "status": 200, "headers": []}
    if kind == "websocket":
        starts = {"type": "websocket.accept"}
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope = request("GET", "/", [cookies_of(issued), OURS], type=kind)
    await token_house.guard(app)(scope, None, send)
    assert set(Answer(sent).cookies) == {"__Host-access", "__Host-refresh"}


async def test_a_question_under_way_when_the_answer_begins_refreshes_nothing_any_more(
    token_house: House,
) -> None:
    issued = await token_house.log_in()
    token_house.clock.advance(token_house.auth.settings.access_ttl)
    reads, goes_on = asyncio.Event(), asyncio.Event()

    async def stop(method: str) -> None:
        reads.set()
        await goes_on.wait()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        token_house.store.before = stop
        asking = asyncio.create_task(of(principal))
        await reads.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        goes_on.set()
        await send({"type": "http.response.body", "body": (await asking).encode()})

    answer = await ask(token_house.guard(app), headers=[cookies_of(issued)])
    assert answer.body == b"expired"
    assert await untouched(token_house, issued)


# --- what the answer lacks ------------------------------------------------------------------------


async def test_that_the_answer_lacks_its_headers_is_told_once_in_an_application(
    build: Build, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        house = await build("session")
        held = cookies_of(await house.log_in())
        caplog.clear()
        for asking in (principal, touch, optional):
            await ask(house.guard(streamed(asking)), "/n\x1b[31mews", headers=[held])
        (record,) = caplog.records
        assert record.levelno == logging.WARNING
        assert record.getMessage().startswith("GET '/n\\x1b[31mews' asked who makes the request")
        assert "Depends(auth.principal)" in record.getMessage()


async def test_who_asked_before_or_on_a_socket_is_not_warned(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    held = cookies_of(await house.log_in())

    async def early(scope: Any, receive: Any, send: Any) -> None:
        await principal()
        await streamed(principal)(scope, receive, send)

    answer = await ask(house.guard(early), headers=[held])
    assert answer.all("vary") == ["Cookie, Authorization"]
    assert await accepted(house, principal, [held]) == "ann"
    assert caplog.records == []


async def test_an_answer_after_a_credential_was_shown_is_not_kept_for_others(
    house: House,
) -> None:
    token = (await house.log_in()).credential

    async def app(scope: Any, receive: Any, send: Any) -> None:
        found = await present(token)
        await PlainTextResponse(found.subject)(scope, receive, send)

    answer: Answer = await ask(house.guard(app))
    assert answer.body == b"ann"
    assert answer.all("vary") == ["Cookie, Authorization"]
    assert answer.all("cache-control") == ["no-store"]


async def test_a_bad_credential_that_was_shown_decides_the_answer_too(house: House) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await PlainTextResponse(await of(lambda: present("bad")))(scope, receive, send)

    answer = await ask(house.guard(app))
    assert answer.all("vary") == ["Cookie, Authorization"]


@pytest.mark.parametrize("way", LATE)
async def test_a_login_or_step_up_by_cookie_is_refused_before_anything_is_done(
    house: House, way: Any
) -> None:
    issued = await house.log_in()

    async def log_in() -> object:
        attempt = await begin_login(current_visit())
        return await attempt.login("bob")

    async def step_up() -> object:
        return await elevate(current_visit())

    async def failing(asking: Asking) -> str:
        with pytest.raises(RuntimeError, match="the answer has begun"):
            await asking()
        return "refused"

    before = await house.auth.sessions()
    for each in (log_in, step_up):
        said = await late(house, way, partial(failing, each), cookies_of(issued))
        assert said == "refused"
    assert await house.auth.sessions() == before


async def test_by_bearer_both_may_come_late_for_they_travel_in_the_body(house: House) -> None:
    issued = await house.log_in()

    async def log_in() -> object:
        attempt = await begin_login(current_visit())
        return (await attempt.login("bob", via="bearer"))[0].session

    async def step_up() -> object:
        return (await elevate(current_visit()))[0].session

    held = bearer(issued.credential)
    assert await late(house, streamed, log_in) == "bob"
    assert await late(house, streamed, step_up, held) == "ann"
    assert Reason.EXPIRED not in {event.reason for event in house.events}
