"""Open streams end with their sessions: real sockets, one process and two."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Annotated, Any

import httpx2
import pytest
from fastapi import Depends, FastAPI, WebSocket, WebSocketDisconnect
from fastapi.responses import StreamingResponse
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from doorward import Auth, Issued, Settings, StoreUnavailable
from doorward.testing import FakeClock
from doorward.types import Mode
from doorward.web.asgi import Middleware, principal
from doorward.web.fastapi import Doorward, Principal
from doorward.web.lifecycle import Lifecycle
from doorward.web.streams import Why
from tests.support.thread import Served, served
from tests.support.until import PATIENCE, until
from tests.web.driver import Answer, ask, bearer, request

BOUND = 1.0
"""Seconds within which a decision closes a stream; more is allowed for a machine that is busy."""

ELSEWHERE = """
import asyncio, sys, time
from pathlib import Path
from doorward import Settings
from doorward.open import open_auth

async def main(database, key, mode, verb, what):
    auth = await open_auth(database, Settings(mode=mode), root_key_file=Path(key))
    if verb == "revoke":
        await auth.revoke(sid=what)
    else:
        await auth.change(what, roles=["editor"])
    print(time.monotonic())
    await auth.store.close()

asyncio.run(main(*sys.argv[1:]))
"""


@dataclass(slots=True)
class Seen:
    """What the handlers noticed."""

    left: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True, slots=True)
class House:
    served: Served
    auth: Doorward
    clock: FakeClock
    seen: Seen
    folder: Path

    def log_in(self, subject: str = "ann", **facts: Any) -> Issued:
        async def begin() -> Issued:
            return await (await (await self.auth.auth()).attempt()).login(subject, **facts)

        return self.served.call(begin())

    def use(self, issued: Issued) -> Issued:
        """Another request of the same session, which counts as activity."""

        async def use() -> Issued:
            auth = await self.auth.auth()
            if issued.refresh_token is not None:
                return await auth.refresh(issued.refresh_token)
            await auth.authenticate(issued.credential)
            return issued

        return self.served.call(use())

    def decide(self, verb: str, *args: Any, **more: Any) -> float:
        """In the process that holds the stream.  Returns when it was acknowledged."""

        async def run() -> float:
            await getattr(await self.auth.auth(), verb)(*args, **more)
            return monotonic()

        return self.served.call(run())

    def decide_elsewhere(self, verb: str, what: str) -> float:
        """In a process of its own."""
        database, mode = f"sqlite:///{self.folder}/app.db", self.auth.lifecycle.settings.mode
        command = [sys.executable, "-c", ELSEWHERE, database, str(self.folder / "key"), mode]
        done = subprocess.run([*command, verb, what], capture_output=True, check=True, text=True)
        return float(done.stdout)


def application(auth: Doorward, seen: Seen) -> FastAPI:  # noqa: C901 - one small route after another
    app = FastAPI(lifespan=auth.lifespan)
    auth.install(app)

    @app.get("/events")
    async def events(
        who: Annotated[Principal, Depends(auth.principal)], length: int | None = None
    ) -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            try:
                yield b"data: hello\n\n"
                while True:
                    await asyncio.sleep(0.05 if length else 60)
                    yield b"data: more\n\n"
            finally:
                seen.left.append(who.subject)

        headers = {"content-length": str(length)} if length else {}
        return StreamingResponse(parts(), media_type="text/event-stream", headers=headers)

    @app.get("/public")
    async def public() -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            yield b"hello"
            await seen.go_on.wait()
            yield b"goodbye"

        return StreamingResponse(parts())

    @app.websocket("/socket")
    async def conversation(
        websocket: WebSocket, who: Annotated[Principal, Depends(auth.principal)]
    ) -> None:
        await websocket.accept()
        await talk(websocket, who.subject)

    @app.websocket("/late")
    async def late(websocket: WebSocket) -> None:
        """Asks who it is only when the first message comes."""
        await websocket.accept()
        await websocket.receive_text()
        await talk(websocket, (await principal()).subject)

    @app.websocket("/push")
    async def push(
        websocket: WebSocket, who: Annotated[Principal, Depends(auth.principal)]
    ) -> None:
        """Never listens."""
        await websocket.accept()
        try:
            while True:
                await websocket.send_text("tick")
                await asyncio.sleep(0.02)
        except WebSocketDisconnect:
            seen.left.append(who.subject)

    async def talk(websocket: WebSocket, subject: str) -> None:
        await websocket.send_text("hello")
        try:
            while True:
                seen.messages.append(await websocket.receive_text())
                await websocket.send_text("heard")
        except WebSocketDisconnect:
            seen.left.append(subject)

    return app


@contextmanager
def opened(mode: Mode, database: str, folder: Path, clock: FakeClock) -> Iterator[House]:
    auth = Doorward(database, mode=mode, root_key_file=folder / "key", clock=clock)
    seen = Seen()
    with served(application(auth, seen)) as running:
        yield House(running, auth, clock, seen, folder)


@pytest.fixture
def house(mode: Mode, tmp_path: Path, clock: FakeClock) -> Iterator[House]:
    """On SQLite, so that another process can decide too."""
    with opened(mode, f"sqlite:///{tmp_path}/app.db", tmp_path, clock) as found:
        yield found


@pytest.fixture
def brief_house(mode: Mode, tmp_path: Path, clock: FakeClock) -> Iterator[House]:
    """In memory."""
    with opened(mode, "memory:", tmp_path, clock) as found:
        yield found


def headers(issued: Issued) -> dict[str, str]:
    return {"authorization": f"Bearer {issued.credential}"}


@contextmanager
def socket_of(house: House, issued: Issued, path: str = "/socket") -> Iterator[ClientConnection]:
    url = house.served.url.replace("http:", "ws:") + path
    with connect(url, additional_headers=headers(issued), max_queue=None) as found:
        yield found


@contextmanager
def events_of(
    house: House, issued: Issued | None, path: str = "/events"
) -> Iterator[Iterator[bytes]]:
    """The parts of a stream, of which the first has come."""
    sent = headers(issued) if issued else {}
    with (
        httpx2.Client(base_url=house.served.url, timeout=PATIENCE) as client,
        client.stream("GET", path, headers=sent) as answer,
    ):
        assert answer.status_code == 200
        parts = answer.iter_raw()
        next(parts)
        yield parts


def close_code(socket: ClientConnection) -> int:
    """Waits for the end, whatever is still said before it."""
    with suppress(ConnectionClosed):
        while True:
            socket.recv(timeout=PATIENCE)
    assert socket.close_code is not None
    return socket.close_code


@pytest.mark.engine
def test_a_revoked_session_loses_its_streams_and_nobody_else_does(house: House) -> None:
    ann, bob = house.log_in("ann"), house.log_in("bob")
    with (
        socket_of(house, ann) as hers,
        socket_of(house, bob) as his,
        events_of(house, ann) as her_events,
        events_of(house, bob),
    ):
        assert (hers.recv(), his.recv()) == ("hello", "hello")
        acknowledged = house.decide("revoke", sid=ann.session.sid)
        assert list(her_events) == []  # the end, as the protocol says it, not a broken line
        assert close_code(hers) == 4401
        assert monotonic() - acknowledged < BOUND
        until(lambda: house.seen.left == ["ann", "ann"])
        his.send("still here?")
        assert his.recv(timeout=PATIENCE) == "heard"


@pytest.mark.parametrize("verb", ["revoke", "change"])
@pytest.mark.process
def test_a_decision_of_another_process_closes_them_too(house: House, verb: str) -> None:
    ann, bob = house.log_in("ann"), house.log_in("bob")
    with (
        socket_of(house, ann) as hers,
        socket_of(house, bob) as his,
        events_of(house, ann) as her_events,
    ):
        assert (hers.recv(), his.recv()) == ("hello", "hello")
        what = ann.session.sid if verb == "revoke" else "ann"
        acknowledged = house.decide_elsewhere(verb, what)
        assert close_code(hers) == 4401
        assert list(her_events) == []
        assert monotonic() - acknowledged < BOUND
        his.send("still here?")
        assert his.recv(timeout=PATIENCE) == "heard"


@pytest.mark.engine
def test_other_roles_close_a_stream_and_it_may_come_back_with_them(house: House) -> None:
    ann = house.log_in("ann", roles=["reader"])
    with socket_of(house, ann) as hers:
        hers.recv()
        house.decide("change", "ann", roles=["reader", "editor"])
        assert close_code(hers) == 4401
    with socket_of(house, ann) as hers:
        hers.recv()
        house.decide("change", "ann", roles=["editor", "reader"])  # the same as before
        hers.send("x")
        assert hers.recv(timeout=PATIENCE) == "heard"


def test_a_step_up_closes_nothing(brief_house: House) -> None:
    house, ann = brief_house, brief_house.log_in("ann")
    with socket_of(house, ann) as hers:
        hers.recv()

        async def elevate() -> None:
            auth = await house.auth.auth()
            await auth.elevate(await auth.authenticate(ann.credential))

        house.served.call(elevate())
        other = house.log_in("bob")
        with socket_of(house, other) as his:
            his.recv()
            house.decide("revoke", sid=other.session.sid)
            assert close_code(his) == 4401  # so the follower has seen the step-up as well
        hers.send("x")
        assert hers.recv(timeout=PATIENCE) == "heard"


def test_who_asks_late_is_watched_from_then_on(brief_house: House) -> None:
    ann = brief_house.log_in("ann")
    with socket_of(brief_house, ann, "/late") as hers:
        hers.send("who am I?")
        assert hers.recv(timeout=PATIENCE) == "hello"
        brief_house.decide("revoke", sid=ann.session.sid)
        assert close_code(hers) == 4401


def test_a_handler_that_never_listens_is_stopped_when_it_speaks(brief_house: House) -> None:
    ann = brief_house.log_in("ann")
    with socket_of(brief_house, ann, "/push") as hers:
        assert hers.recv() == "tick"
        brief_house.decide("revoke", sid=ann.session.sid)
        assert close_code(hers) == 4401
        until(lambda: brief_house.seen.left == ["ann"])


def test_a_body_of_announced_length_is_broken_off(brief_house: House) -> None:
    ann = brief_house.log_in("ann")
    with events_of(brief_house, ann, "/events?length=1000000") as events:
        brief_house.decide("revoke", sid=ann.session.sid)
        with pytest.raises(httpx2.RemoteProtocolError):
            list(events)


def test_a_stream_whose_handler_asked_nobody_goes_on(brief_house: House) -> None:
    house, ann = brief_house, brief_house.log_in()
    with socket_of(house, ann) as hers, events_of(house, ann, "/public") as events:
        hers.recv()
        house.decide("revoke", subject="ann")
        assert close_code(hers) == 4401
        house.served.loop.call_soon_threadsafe(house.seen.go_on.set)
        assert list(events) == [b"goodbye"]


def test_a_session_that_expires_closes_its_streams_and_one_in_use_keeps_them(
    brief_house: House,
) -> None:
    idle, busy = brief_house.log_in("ann"), brief_house.log_in("bob")
    with socket_of(brief_house, idle) as hers, socket_of(brief_house, busy) as his:
        assert (hers.recv(), his.recv()) == ("hello", "hello")
        week = 7 * 86400
        brief_house.clock.advance(week)
        busy = brief_house.use(busy)
        brief_house.clock.advance(week)
        assert close_code(hers) == 4401
        his.send("x")
        assert his.recv(timeout=PATIENCE) == "heard"


def test_streams_end_soon_after_their_sessions_also_when_another_one_just_ended(
    brief_house: House,
) -> None:
    first, half_a_minute = brief_house.log_in("ann"), 30
    brief_house.clock.advance(half_a_minute)
    second = brief_house.log_in("bob")
    with socket_of(brief_house, first) as hers, socket_of(brief_house, second) as his:
        assert (hers.recv(), his.recv()) == ("hello", "hello")
        brief_house.clock.advance(14 * 86400 - half_a_minute)
        assert close_code(hers) == 4401
        brief_house.clock.advance(half_a_minute)
        assert close_code(his) == 4401


def test_a_withdrawn_key_closes_what_it_may_have_opened(tmp_path: Path, clock: FakeClock) -> None:
    with opened("token", "memory:", tmp_path, clock) as house:
        ann = house.log_in("ann")
        with socket_of(house, ann) as hers:
            hers.recv()

            async def withdraw() -> None:
                auth = await house.auth.auth()
                await auth.withdraw_key((await auth.signing.keys())[0].kid)

            house.served.call(withdraw())
            assert close_code(hers) == 4401


def test_streams_are_closed_when_the_store_is_gone_and_told_to_try_again(
    brief_house: House,
) -> None:
    house, ann = brief_house, brief_house.log_in("ann")
    with socket_of(house, ann) as hers, events_of(house, ann) as her_events:
        hers.recv()

        async def gone(cursor: object) -> None:
            raise StoreUnavailable("pulled out")

        async def pull() -> float:
            (await house.auth.auth()).store.changes = gone  # type: ignore[method-assign, assignment]
            return monotonic()

        pulled = house.served.call(pull())
        assert close_code(hers) == 1013
        assert list(her_events) == []
        assert monotonic() - pulled < 2 * BOUND


def test_while_no_stream_is_open_nobody_follows_the_store(brief_house: House) -> None:
    ann = brief_house.log_in("ann")

    def followers() -> int:
        async def count() -> int:
            return sum("Streams._follow" in str(task.get_coro()) for task in asyncio.all_tasks())

        return brief_house.served.call(count())

    assert followers() == 0
    with socket_of(brief_house, ann) as hers, socket_of(brief_house, ann) as other:
        assert (hers.recv(), other.recv()) == ("hello", "hello")
        assert followers() == 1
    until(lambda: len(brief_house.seen.left) == 2)
    until(lambda: followers() == 0)


# --- by hand: what no timing can show -------------------------------------------------------------


@pytest.fixture
async def by_hand(mode: Mode, tmp_path: Path, clock: FakeClock) -> AsyncIterator[Lifecycle]:
    lifecycle = Lifecycle(
        "memory:", Settings(mode=mode), root_key_file=tmp_path / "key", clock=clock
    )
    await lifecycle.open()
    yield lifecycle
    await lifecycle.close()


@pytest.mark.anyio
async def test_who_does_not_read_does_not_keep_an_application_from_ending(
    by_hand: Lifecycle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("doorward.web.streams.FAREWELL", 0.05)
    gate = await by_hand.open()
    issued = await (await gate.auth.attempt()).login("ann")
    reads = asyncio.Event()

    async def close(why: Why) -> None:
        await reads.wait()  # as a server does whose buffers are full

    stream = gate.streams.begin(await gate.auth.authenticate(issued.credential), close)
    try:
        async with asyncio.timeout(PATIENCE):
            await gate.streams.stop()
            await gate.streams.finish(stream)
    finally:
        reads.set()  # else the end of the test would wait as well
    assert stream.closing is not None
    assert stream.closing.cancelled()


async def streamed(
    lifecycle: Lifecycle, meanwhile: Callable[[Auth, Issued], Awaitable[object]]
) -> Answer:
    """A stream that goes on until its handler is told that nobody reads; `meanwhile` happens after
    it knows who asks, and before it begins."""
    auth = (await lifecycle.open()).auth
    issued = await (await auth.attempt()).login("ann")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await principal()
        await meanwhile(auth, issued)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        async with asyncio.timeout(PATIENCE):
            while True:
                await send({"type": "http.response.body", "body": b".", "more_body": True})
                await auth.store.wait(0.01)

    return await ask(Middleware(app, lifecycle), headers=[bearer(issued.credential)])


@pytest.mark.anyio
async def test_what_is_decided_between_the_check_and_the_beginning_is_not_missed(
    by_hand: Lifecycle,
) -> None:
    async def revoke(auth: Auth, issued: Issued) -> None:
        other = await (await auth.attempt()).login("bob")
        await auth.revoke(sid=issued.session.sid)
        await auth.authenticate(other.credential)  # so this process knows, but no stream was told

    answer = await streamed(by_hand, revoke)
    assert answer.messages[-1] == {"type": "http.response.body", "body": b""}


@pytest.mark.anyio
async def test_a_follower_that_fails_leaves_nothing_open(
    by_hand: Lifecycle, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(cursor: object) -> None:
        raise ZeroDivisionError

    async def break_it(auth: Auth, issued: Issued) -> None:
        auth.store.changes = broken  # type: ignore[method-assign, assignment]

    answer = await streamed(by_hand, break_it)
    assert answer.messages[-1] == {"type": "http.response.body", "body": b""}
    assert "nobody can tell" in caplog.text


@pytest.mark.anyio
async def test_an_application_that_ends_closes_its_streams(by_hand: Lifecycle) -> None:
    async def end_soon(auth: Auth, issued: Issued) -> None:
        asyncio.get_running_loop().call_later(
            0.05, lambda: ends.append(asyncio.create_task(by_hand.close()))
        )

    ends: list[asyncio.Task[None]] = []
    answer = await streamed(by_hand, end_soon)
    assert answer.messages[-1] == {"type": "http.response.body", "body": b""}
    await ends[0]


@pytest.mark.anyio
async def test_a_body_in_two_parts_is_over_before_anybody_looks_at_it(by_hand: Lifecycle) -> None:
    """As every answer is behind some middlewares: it costs no look at the store."""
    auth = (await by_hand.open()).auth
    issued = await (await auth.attempt()).login("ann")
    looked: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await principal()
        auth.store.get = get  # type: ignore[method-assign]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b".", "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def get(sid: str) -> None:
        looked.append(sid)

    answer = await ask(Middleware(app, by_hand), headers=[bearer(issued.credential)])
    await auth.store.wait(0.05)
    assert (answer.body, looked) == (b".", [])


@pytest.mark.anyio
async def test_a_client_that_ignores_the_close_is_not_heard_any_more(by_hand: Lifecycle) -> None:
    auth = (await by_hand.open()).auth
    issued = await (await auth.attempt()).login("ann")
    sent: list[Any] = []
    heard: list[Any] = []

    async def receive() -> Any:
        await asyncio.sleep(0)
        return {"type": "websocket.receive", "text": "I go on talking"}

    async def send(message: Any) -> None:
        sent.append(message)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await principal()
        await send({"type": "websocket.accept"})
        async with asyncio.timeout(PATIENCE):
            while not heard or heard[-1]["type"] == "websocket.receive":
                heard.append(await receive())
                if len(heard) == 3:
                    await auth.revoke(sid=issued.session.sid)
        await send({"type": "websocket.send", "text": "and so do I"})

    scope = request("GET", "/", [bearer(issued.credential)], type="websocket", scheme="wss")
    await Middleware(app, by_hand)(scope, receive, send)
    assert heard[-1] == {"type": "websocket.disconnect", "code": 4401}
    assert sent == [{"type": "websocket.accept"}, {"type": "websocket.close", "code": 4401}]
