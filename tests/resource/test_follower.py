"""The way of the order of changes to an API: a stream, else questions."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from doorward.resource import Guard, follower
from tests.resource.issuer import SCOPE, FakeIssuer
from tests.support.until import eventually

pytestmark = pytest.mark.anyio


class Streams(httpx2.AsyncBaseTransport):
    """Streams what is put into `events`; None ends a stream.  `closed` makes them fail."""

    def __init__(self, issuer: FakeIssuer) -> None:
        self._issuer = issuer
        self.events: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self.cursors: list[str] = []
        self.closed = False

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.headers["accept"] != "text/event-stream":
            return self._issuer.answer(request)
        if self.closed:
            raise httpx2.ReadTimeout("nothing arrives")
        self.cursors.append(request.headers["last-event-id"])
        return httpx2.Response(
            200, headers={"content-type": "text/event-stream"}, content=self._lines()
        )

    async def _lines(self) -> AsyncIterator[bytes]:
        yield b"retry: 1000\n\n: a comment\n\n"
        while (message := await self.events.get()) is not None:
            yield f"id: x\ndata: {json.dumps(message)}\n\n".encode()


def guard_of(issuer: FakeIssuer, transport: httpx2.AsyncBaseTransport) -> Guard:
    return issuer.guard(transport=transport)


async def test_a_stream_is_followed_and_resumed(issuer: FakeIssuer) -> None:
    streams = Streams(issuer)
    streams.events.put_nowait({"reset": 0, "cursor": "c1", "elapsed": 0})
    guard = guard_of(issuer, streams)
    async with guard.running():
        await guard.check(issuer.token(), SCOPE)
        issuer.ticks.now += 2
        streams.events.put_nowait({"cursor": "c2", "elapsed": 2})
        streams.events.put_nowait(None)
        streams.events.put_nowait({"cursor": "c3", "elapsed": 0})
        streams.events.put_nowait({"nonsense": 1, "withdrawn": 7})
        async with asyncio.timeout(10):
            while len(streams.cursors) < 3:
                await asyncio.sleep(0)
                issuer.ticks.now += 0.0001
    assert streams.cursors[:3] == ["", "c2", "c3"]


async def test_where_no_stream_arrives_the_server_is_asked(
    issuer: FakeIssuer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(follower, "POLL_EVERY", 0.0)
    monkeypatch.setattr(follower, "RETRY", (0.0, 0.0))
    streams = Streams(issuer)
    streams.closed = True
    issuer.tells(reset=0)
    guard = guard_of(issuer, streams)
    with caplog.at_level(logging.WARNING, "doorward.resource"):
        async with guard.running():
            await guard.check(issuer.token(), SCOPE)
            issuer.tells(changes=[{"sid": "s1", "ver": 2, "ended": True}])
            before = issuer.asked.count("/oauth/changes")
            await eventually(lambda: issuer.asked.count("/oauth/changes") >= before + 2)
            issuer.away = True
            await eventually(lambda: "does not answer" in caplog.text)
            issuer.away = streams.closed = False
            streams.events.put_nowait({"cursor": "c", "elapsed": 0})
            await eventually(lambda: "answers again" in caplog.text)
    assert "no stream of changes arrives" in caplog.text
    assert caplog.text.count("no stream") == 1
    assert len(caplog.records) < 10


async def test_a_fault_is_logged_and_does_not_end_the_following(
    issuer: FakeIssuer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(follower, "POLL_EVERY", 0.0)
    faults = iter([RuntimeError("odd")])
    streams = Streams(issuer)
    streams.closed = True
    issuer.tells(reset=0)

    async def answer(request: httpx2.Request) -> httpx2.Response:
        if request.headers["accept"] == "application/json":
            for fault in faults:
                raise fault
        return await streams.handle_async_request(request)

    guard = guard_of(issuer, httpx2.MockTransport(answer))
    async with guard.running():
        await guard.check(issuer.token(), SCOPE)
    assert "are not followed" in caplog.text


@pytest.mark.parametrize("answer", [(302, "text/html"), (401, "application/json"), (200, "a/b")])
async def test_what_is_no_answer_of_the_server_teaches_nothing(
    issuer: FakeIssuer, answer: tuple[int, str]
) -> None:
    status, media_type = answer
    headers = {"content-type": media_type, "location": "https://elsewhere.example/"}

    def respond(request: httpx2.Request) -> httpx2.Response:
        assert request.url.host == "login.example"
        body = json.dumps({"reset": 0, "cursor": "c", "elapsed": 0})
        return httpx2.Response(status, headers=headers, text=body)

    guard = guard_of(issuer, httpx2.MockTransport(respond))
    await guard.catch_up()
    assert not guard._known.cursor
