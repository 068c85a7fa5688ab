"""Sessions of years: browsers keep no cookie for longer than 400 days, whatever it says."""

from http.cookies import SimpleCookie
from typing import Any

import pytest

from doorward.types import Mode
from doorward.web.asgi import principal
from tests.web.conftest import Build, House
from tests.web.driver import Answer, App, Header, ask, bearer, cookie, cookies_of

pytestmark = pytest.mark.anyio

DAY = 86_400
YEARS = {"absolute_ttl": 5 * 365 * DAY, "idle_ttl": 60 * DAY}


async def subject(scope: Any, receive: Any, send: Any) -> None:
    body = (await principal()).subject.encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


def ages(answer: Answer) -> dict[str, int]:
    """How long each cookie of an answer is to be kept."""
    return {
        name: int(morsel["max-age"])
        for line in answer.all("set-cookie")
        for name, morsel in SimpleCookie(line).items()
    }


def held(answer: Answer, before: dict[str, str]) -> dict[str, str]:
    """What a browser holds after an answer."""
    return before | answer.cookies


async def test_a_session_used_daily_for_years_keeps_its_cookie(build: Build, mode: Mode) -> None:
    house: House = await build(mode, **YEARS)
    app, issued = house.guard(subject), await house.log_in()
    kept = {"__Host-session": issued.credential}
    if issued.refresh_token is not None:
        kept = {"__Host-access": issued.credential, "__Host-refresh": issued.refresh_token}
    lasting = "__Host-session" if mode == "session" else "__Host-refresh"
    gone_at = house.clock() + 400 * DAY  # as the login gave it
    while house.clock() + DAY < issued.session.expires_at:
        house.clock.advance(DAY)
        assert house.clock() < gone_at
        shown = (b"cookie", "; ".join(f"{name}={value}" for name, value in kept.items()).encode())
        answer = await ask(app, headers=[shown])
        assert answer.body == b"ann"
        assert max(ages(answer).values()) <= 400 * DAY
        if lasting in ages(answer):
            gone_at = house.clock() + ages(answer)[lasting]
            assert answer.all("cache-control") == ["no-store"]
        kept = held(answer, kept)
    assert gone_at == issued.session.expires_at


async def given_again(house: House, *headers: Header) -> bool:
    app: App = house.guard(subject)
    answer = await ask(app, headers=[*headers])
    assert answer.body == b"ann"
    return "set-cookie" in {name.decode() for name, _ in answer.headers}


async def test_it_is_given_again_on_a_touch_alone(build: Build) -> None:
    house: House = await build("session", **YEARS)
    shown = cookies_of(await house.log_in())
    assert not await given_again(house, shown)
    house.clock.advance(300)
    assert await given_again(house, shown)
    assert not await given_again(house, shown)


async def test_a_session_that_a_cookie_outlives_is_given_it_once(build: Build) -> None:
    house: House = await build("session", absolute_ttl=400 * DAY)
    shown = cookies_of(await house.log_in())
    house.clock.advance(DAY)
    assert not await given_again(house, shown)


async def test_a_bearer_client_is_given_none(build: Build) -> None:
    house: House = await build("session", **YEARS)
    token = bearer((await house.log_in()).credential)
    house.clock.advance(DAY)
    assert not await given_again(house, token)


async def test_the_secret_from_before_a_step_up_is_not_given_again(build: Build) -> None:
    house: House = await build("session", **YEARS, touch_every=1)
    issued = await house.log_in()
    await house.auth.elevate(await house.auth.authenticate(issued.credential))
    house.clock.advance(30)
    assert not await given_again(house, cookie(session=issued.credential))


async def test_a_session_that_ends_before_the_answer_begins_is_given_none(build: Build) -> None:
    house: House = await build("session", **YEARS)
    issued = await house.log_in()
    house.clock.advance(DAY)

    async def end(scope: Any, receive: Any, send: Any) -> None:
        await principal()
        await house.auth.revoke(sid=issued.session.sid)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    answer = await ask(house.guard(end), headers=[cookies_of(issued)])
    assert answer.all("set-cookie") == []
