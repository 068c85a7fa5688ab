"""Guesses at passwords in an application that keeps its own users: they run out by themselves."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, HTTPException, Response

from doorward import Event
from doorward.passwords import Busy
from doorward.testing import FakeClock
from doorward.types import Mode
from doorward.web.devices import COOKIE
from doorward.web.fastapi import Doorward
from doorward.web.limits import DAILY, FEW, FEW_WINDOW, FROM_ONE, FROM_SOURCE
from doorward.web.transport import Transport
from tests.server.databases import FILE, POSTGRES, VALKEY, empty_url
from tests.web.driver import FOREIGN, OURS, Answer, Header, ask, cookie

pytestmark = pytest.mark.anyio

PEER = ("198.51.100.7", 50000)
"""Where the owner is.  Everybody else is where `ask` says."""


class World:
    """An application with one user, and what it recorded."""

    def __init__(self, key: Path, mode: Mode = "session", database: str = "memory:") -> None:
        self.clock = FakeClock()
        self.events: list[Event] = []
        self.auth = Doorward(
            database, mode=mode, root_key_file=key, clock=self.clock, record=self._record
        )
        self.app = application(self.auth)

    async def _record(self, event: Event) -> None:
        self.events.append(event)

    async def log_in(self, password: str, *held: Header, name: str = "ann", **more: Any) -> Answer:
        path = f"/login/{name}/{password}"
        return await ask(self.app, path, method="POST", headers=[OURS, *held], **more)

    async def guess(self, count: int, *held: Header, **more: Any) -> list[int]:
        return [(await self.log_in("wrong", *held, **more)).status for _ in range(count)]

    async def step_up(self, password: str, *held: Header) -> Answer:
        return await ask(self.app, f"/elevate/{password}", method="POST", headers=[OURS, *held])

    async def mark(self, **more: Any) -> Header:
        """The cookie by which the owner's browser is known."""
        answer = await self.log_in("right", client=PEER, **more)
        return cookie(device=answer.cookies[COOKIE])


def session_of(answer: Answer) -> Header:
    """The cookies of a session, without the mark of the browser."""
    held = {name.removeprefix("__Host-"): value for name, value in answer.cookies.items()}
    held.pop("device", None)
    return cookie(**held)


def application(auth: Doorward) -> FastAPI:  # noqa: C901 - one small route after another
    app = FastAPI(lifespan=auth.lifespan)
    auth.install(app)

    @app.post("/login/{name}/{password}")
    async def login(
        name: str, password: str, response: Response, via: Transport = "cookie"
    ) -> None:
        attempt = await auth.attempt(name)
        await asyncio.sleep(0)  # where a hash would be computed
        if password == "busy":
            raise Busy(3)
        if password == "half":
            await attempt.forgive()
        elif password == "right":
            await attempt.login(response, subject=name, transport=via)
        else:
            raise HTTPException(401)

    @app.post("/elevate/{password}")
    async def elevate(password: str, response: Response) -> None:
        await auth.attempt_elevate()
        if password != "right":
            raise HTTPException(403)
        await auth.elevate(response)

    @app.post("/batch/{end}")
    async def batch(end: str, response: Response) -> None:
        """Tries several passwords in one request, as GraphQL lets clients do."""
        await auth.attempt("ann")
        if end == "login":
            await (await auth.attempt("eve")).login(response, subject="eve")
        else:
            await auth.attempt_elevate()
            await auth.elevate(response)

    @app.post("/nameless")
    async def nameless() -> None:
        await auth.attempt(None)  # type: ignore[arg-type]  # no field

    @app.post("/link")
    async def link() -> None:
        await auth.attempt()
        raise HTTPException(401)

    return app


@pytest.fixture
async def world(tmp_path: Path, mode: Mode) -> AsyncIterator[World]:
    found = World(tmp_path / "key", mode)
    yield found
    await found.auth.lifecycle.close()


async def test_the_eleventh_guess_is_refused_with_the_time_to_wait(world: World) -> None:
    assert await world.guess(FEW) == [401] * FEW
    answer = await world.log_in("right")
    assert (answer.status, answer.reason) == (429, "too_many_attempts")
    assert answer.all("retry-after") == [str(FEW_WINDOW)]
    assert not answer.all("www-authenticate")
    world.clock.advance(FEW_WINDOW)
    assert (await world.log_in("right")).status == 200


async def test_a_refusal_is_told_with_the_address_it_came_from(world: World) -> None:
    await world.guess(FEW + 1)
    told = [event for event in world.events if event.kind == "refused"]
    assert [(e.reason, e.device.address) for e in told] == [("too_many_attempts", "203.0.113.9")]


async def test_another_spelling_of_a_name_has_no_guesses_of_its_own(world: World) -> None:
    assert await world.guess(FEW, name="jos\u00e9") == [401] * FEW
    assert await world.guess(1, name="JOSE\u0301") == [429]


async def test_many_good_logins_at_once_are_no_attack(world: World) -> None:
    answers = await asyncio.gather(*(world.log_in("right") for _ in range(3 * FEW)))
    assert {answer.status for answer in answers} == {200}


async def test_a_burst_of_guesses_is_counted_as_one_by_one(world: World) -> None:
    answers = await asyncio.gather(*(world.log_in("wrong") for _ in range(4 * FEW)))
    assert sorted(answer.status for answer in answers) == [401] * FEW + [429] * 3 * FEW


async def test_a_mixed_burst_lets_every_right_one_in_that_comes_before_the_wrong(
    world: World,
) -> None:
    right = [world.log_in("right") for _ in range(FEW)]
    wrong = [world.log_in("wrong") for _ in range(2 * FEW)]
    answers = await asyncio.gather(*right, *wrong)
    assert {answer.status for answer in answers[:FEW]} == {200}
    assert [answer.status for answer in answers].count(401) == FEW


async def test_strangers_never_lock_the_owner_out_of_a_known_browser(world: World) -> None:
    mark = await world.mark()
    for last in range(DAILY // FEW):
        await world.guess(FEW, client=(f"203.0.113.{last}", 1))
    assert await world.guess(1, client=PEER) == [429]
    assert (await world.log_in("right", mark, client=PEER)).status == 200
    assert await world.guess(FEW + 1, mark, client=PEER) == [401] * FEW + [429]


async def test_a_known_browser_helps_with_no_other_account(world: World) -> None:
    mark = await world.mark(name="eve")
    assert await world.guess(FEW + 1, mark) == [401] * FEW + [429]


async def test_a_new_password_can_make_strangers_of_all_known_browsers(world: World) -> None:
    before = await world.mark()
    for _ in range(2):
        await world.auth.forget_browsers("ANN")
    await world.guess(FEW, client=PEER)
    assert (await world.log_in("right", before, client=PEER)).status == 429
    world.clock.advance(FEW_WINDOW)
    after = await world.mark()
    await world.guess(FEW, client=PEER)
    assert (await world.log_in("right", after, client=PEER)).status == 200
    assert (await world.log_in("right", before, client=PEER)).status == 429


async def test_wrong_passwords_at_a_step_up_run_out_for_that_session_alone(world: World) -> None:
    thief, owner = [session_of(await world.log_in("right")) for _ in range(2)]
    tried = [(await world.step_up("wrong", thief)).status for _ in range(FEW + 1)]
    assert tried == [403] * FEW + [429]
    for _ in range(FEW + 1):
        answer = await world.step_up("right", owner)
        assert answer.status == 200
        owner = session_of(answer)


async def test_nobody_who_is_not_logged_in_can_step_up(world: World) -> None:
    assert (await world.step_up("right")).status == 401


async def test_a_program_that_takes_its_tokens_gets_no_cookie(world: World) -> None:
    answer = await world.log_in("right", query_string=b"via=bearer")
    assert (answer.status, answer.cookies) == (200, {})


async def test_a_slow_guesser_runs_out_within_the_day(world: World) -> None:
    tried = 0
    while await world.guess(1) == [401]:
        tried += 1
        world.clock.advance(FEW_WINDOW // FEW + 1)
    assert tried == FROM_ONE


async def test_one_address_runs_out_over_many_accounts(world: World) -> None:
    tried = [(await world.guess(1, name=f"u{n}"))[0] for n in range(FROM_SOURCE + 1)]
    assert tried == [401] * FROM_SOURCE + [429]


async def test_what_nobody_judged_is_not_counted(world: World) -> None:
    for _ in range(FEW + 1):
        answer = await world.log_in("busy")
        assert (answer.status, answer.reason) == (503, "busy")
        assert answer.all("retry-after") == ["3"]
    assert await world.guess(FEW) == [401] * FEW


async def test_a_right_password_before_a_second_factor_is_not_counted(world: World) -> None:
    for _ in range(FEW + 1):
        assert (await world.log_in("half")).status == 200


@pytest.mark.parametrize("end", ["login", "elevate"])
async def test_a_right_password_takes_back_no_other_guess_of_its_request(
    world: World, end: str
) -> None:
    mine = session_of(await world.log_in("right", name="eve"))
    for _ in range(FEW):
        answer = await ask(world.app, f"/batch/{end}", method="POST", headers=[OURS, mine])
        assert answer.status == 200
        mine = session_of(answer)
    assert await world.guess(1) == [429]


async def test_what_another_site_sends_uses_up_nothing(world: World) -> None:
    for _ in range(FEW + 1):
        answer = await ask(world.app, "/login/ann/wrong", method="POST", headers=[FOREIGN])
        assert answer.status == 403
    assert (await world.log_in("right")).status == 200


async def test_a_form_without_a_name_does_not_go_uncounted(world: World) -> None:
    with pytest.raises(ValueError, match="the name of an account is a string, not NoneType"):
        await ask(world.app, "/nameless", method="POST", headers=[OURS])


async def test_a_login_that_guesses_nothing_is_not_counted(world: World) -> None:
    for _ in range(2 * FROM_SOURCE):
        assert (await ask(world.app, "/link", method="POST", headers=[OURS])).status == 401


@pytest.mark.parametrize("kind", [FILE, POSTGRES, VALKEY])
async def test_two_processes_count_as_one_and_know_the_same_browsers(
    tmp_path: Path, request: pytest.FixtureRequest, kind: str
) -> None:
    valkey = kind == "valkey"
    url = request.getfixturevalue(kind).url if valkey else empty_url(kind, request, tmp_path)
    worlds = [World(tmp_path / "key", database=url) for _ in range(2)]
    mark = await worlds[0].mark()
    tried = [(await worlds[turn % 2].guess(1))[0] for turn in range(FEW)]
    assert tried == [401] * FEW
    assert [await world.guess(1) for world in worlds] == [[429], [429]]
    assert (await worlds[1].log_in("right", mark)).status == 200
    await worlds[0].auth.forget_browsers("ann")
    assert (await worlds[1].log_in("right", mark)).status == 429
    for world in worlds:
        await world.auth.lifecycle.close()
