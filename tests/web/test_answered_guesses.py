"""A guess is under way until its client hears of it, however long the connection stays open."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence

import pytest

from doorward.passwords import Busy
from doorward.web import limiter
from doorward.web.asgi import Receive, Send, current_visit
from doorward.web.limits import FEW
from doorward.web.login import begin_login
from tests.support.until import PATIENCE
from tests.web.conftest import House
from tests.web.driver import OURS, Answer, Message, ask, request

pytestmark = pytest.mark.anyio

Say = Callable[[str], Awaitable[None]]


@pytest.fixture(autouse=True)
async def nobody_waits(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """A guess that waited for another one would outlast the test."""
    monkeypatch.setattr(limiter, "PATIENCE", 10 * PATIENCE)
    async with asyncio.timeout(PATIENCE):
        yield


async def judge(password: str, say: Say) -> None:
    """What a handler does with a password, and with a text for its client."""
    attempt = await begin_login(current_visit(), "ann")
    if password == "busy":
        raise Busy(3)
    if password == "slow":
        await say("checking")
    if password != "wrong":
        await attempt.login("ann", via="bearer")
    await say(password)


async def socket_app(scope: Message, receive: Receive, send: Send) -> None:
    """Takes passwords for as long as its client stays."""

    async def say(text: str) -> None:
        await send({"type": "websocket.send", "text": text})

    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await judge(message["text"], say)


async def talk(house: House, passwords: Sequence[str]) -> list[str | int]:
    """What one socket answers to passwords: texts, and the code if it was closed."""
    sent: list[Message] = []
    messages: Iterator[Message] = iter(
        [
            {"type": "websocket.connect"},
            *({"type": "websocket.receive", "text": password} for password in passwords),
            {"type": "websocket.disconnect", "code": 1000},
        ]
    )

    async def receive() -> Message:
        return next(messages)

    async def send(message: Message) -> None:
        sent.append(message)

    scope = request("GET", "/", [OURS], type="websocket", scheme="wss", subprotocols=[])
    del scope["method"]
    await house.guard(socket_app)(scope, receive, send)
    return [message["text"] if "text" in message else message["code"] for message in sent[1:]]


async def test_wrong_passwords_on_an_open_socket_run_out_at_once(house: House) -> None:
    assert await talk(house, ["wrong"] * (FEW + 1)) == ["wrong"] * FEW + [4401]


async def test_a_busy_moment_takes_back_no_wrong_password_of_its_socket(house: House) -> None:
    assert await talk(house, [*["wrong"] * (FEW - 1), "busy"]) == ["wrong"] * (FEW - 1) + [1013]
    assert await talk(house, ["wrong", "wrong"]) == ["wrong", 4401]


async def test_a_right_password_is_not_counted_whatever_was_said_before(house: House) -> None:
    for _ in range(2):
        assert await talk(house, ["slow"] * FEW) == ["checking", "slow"] * FEW


async def test_an_answer_whose_handler_goes_on_keeps_nobody_waiting(house: House) -> None:
    answered, done = asyncio.Semaphore(0), asyncio.Event()

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await begin_login(current_visit(), "ann")
        await send({"type": "http.response.start", "status": 401})
        await send({"type": "http.response.body"})
        answered.release()
        await done.wait()

    def guess() -> Awaitable[Answer]:
        return ask(house.guard(app), method="POST", headers=[OURS])

    guesses = [asyncio.ensure_future(guess()) for _ in range(FEW)]
    for _ in guesses:
        await answered.acquire()
    assert (await guess()).status == 429
    done.set()
    assert {(await each).status for each in guesses} == {401}


async def test_a_crash_that_a_framework_answers_tells_nothing_of_a_guess(house: House) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await begin_login(current_visit(), "ann")
        await send({"type": "http.response.start", "status": 500})
        await send({"type": "http.response.body"})
        raise Busy(3)

    for _ in range(FEW + 1):
        with pytest.raises(Busy):
            await ask(house.guard(app), method="POST", headers=[OURS])
