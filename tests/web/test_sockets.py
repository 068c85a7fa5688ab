"""WebSockets: a credential that comes in no header, and use that is no request."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import httpx2
import pytest
from fastapi import Depends, FastAPI, Response, WebSocket, WebSocketDisconnect
from fastapi.responses import StreamingResponse
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from doorward import Auth, Event, Issued, Rejected
from doorward.testing import FakeClock
from doorward.types import Mode
from doorward.web.asgi import current_visit, principal
from doorward.web.fastapi import Doorward, Principal
from doorward.web.login import log_out
from tests.support.thread import Served, served
from tests.support.until import PATIENCE, until

HOUR = 3600


@dataclass(frozen=True, slots=True)
class House:
    served: Served
    auth: Doorward
    clock: FakeClock
    heard: list[str]
    told: list[Event]
    over: asyncio.Event

    def run(self, verb: Callable[[Auth], Awaitable[Any]]) -> Any:
        """In the process that holds the sockets."""

        async def run() -> Any:
            return await verb(await self.auth.auth())

        return self.served.call(run())

    def log_in(self, subject: str = "ann", **facts: Any) -> Issued:
        async def begin(auth: Auth) -> Issued:
            return await (await auth.attempt()).login(subject, **facts)

        issued: Issued = self.run(begin)
        return issued

    def revoke(self, issued: Issued) -> None:
        self.run(lambda auth: auth.revoke(sid=issued.session.sid))


def application(auth: Doorward, heard: list[str], over: asyncio.Event) -> FastAPI:  # noqa: C901 - one route after another
    app = FastAPI(lifespan=auth.lifespan)
    auth.install(app)

    async def talk(socket: WebSocket, who: Principal) -> None:
        await socket.send_text(who.subject)
        with suppress(WebSocketDisconnect):
            while True:
                heard.append(await socket.receive_text())
                await socket.send_text("heard")

    @app.websocket("/first")
    async def first(socket: WebSocket) -> None:
        """The credential is in the first message."""
        await socket.accept()
        await talk(socket, await auth.present((await socket.receive_json())["token"]))

    @app.websocket("/protocol")
    async def protocol(socket: WebSocket) -> None:
        """The credential is the second subprotocol, as a browser can send it."""
        who = await auth.present(socket.scope["subprotocols"][-1])
        await socket.accept(subprotocol="bearer")
        await talk(socket, who)

    @app.websocket("/editors")
    async def editors(socket: WebSocket) -> None:
        await socket.accept()
        await auth.present(await socket.receive_text())
        await talk(socket, await auth.requires(role="editor")())

    @app.websocket("/silent")
    async def silent(socket: WebSocket) -> None:
        """Neither speaks nor listens once it knows who is there."""
        await socket.accept()
        if token := await socket.receive_text():
            await auth.present(token)
        else:
            await auth.principal()
        heard.append("waiting")
        await over.wait()

    @app.get("/late")
    async def late() -> StreamingResponse:
        """Asks who it is for after the first part, and then has nothing to say for long."""

        async def parts() -> AsyncIterator[bytes]:
            yield b"hello"
            await principal()
            heard.append("waiting")
            await over.wait()

        return StreamingResponse(parts())

    @app.websocket("/again")
    async def again(socket: WebSocket) -> None:
        """Takes one credential after another."""
        await socket.accept()
        with suppress(WebSocketDisconnect):
            while True:
                try:
                    await socket.send_text(
                        (await auth.present(await socket.receive_text())).subject
                    )
                except Rejected as refused:
                    known = current_visit().known
                    await socket.send_text(f"{refused.reason} {known and known.subject}")

    @app.websocket("/leave")
    async def leave(socket: WebSocket) -> None:
        await socket.accept()
        await auth.present(await socket.receive_text())
        await log_out(current_visit())
        await socket.receive_text()

    @app.websocket("/chat")
    async def chat(socket: WebSocket, who: Annotated[Principal, Depends(auth.principal)]) -> None:
        """Whoever says something is there; `shh` is said by nobody."""
        await socket.accept()
        with suppress(WebSocketDisconnect):
            while True:
                said = await socket.receive_text()
                if said != "shh":
                    who = await auth.touch()
                await socket.send_text(who.subject)

    @app.websocket("/forbidden")
    async def forbidden(
        socket: WebSocket, who: Annotated[Principal, Depends(auth.requires(role="editor"))]
    ) -> None:
        """Nobody gets in."""

    @app.websocket("/denied")
    async def denied(socket: WebSocket, who: Annotated[Principal, Depends(auth.principal)]) -> None:
        """Is refused by an answer of the application's own."""
        await socket.send_denial_response(Response(status_code=403))

    return app


@contextmanager
def opened(mode: Mode, folder: Path, clock: FakeClock, **settings: Any) -> Iterator[House]:
    heard: list[str] = []
    told: list[Event] = []

    async def record(event: Event) -> None:
        told.append(event)

    key = folder / "key"
    auth = Doorward("memory:", mode=mode, root_key_file=key, clock=clock, record=record, **settings)
    over = asyncio.Event()
    with served(application(auth, heard, over)) as running:
        yield House(running, auth, clock, heard, told, over)


@pytest.fixture
def house(mode: Mode, tmp_path: Path, clock: FakeClock) -> Iterator[House]:
    with opened(mode, tmp_path, clock) as found:
        yield found


@contextmanager
def socket_of(house: House, path: str, **more: Any) -> Iterator[ClientConnection]:
    with connect(house.served.url.replace("http:", "ws:") + path, **more) as found:
        yield found


def bearer(issued: Issued) -> dict[str, Any]:
    return {"additional_headers": {"authorization": f"Bearer {issued.credential}"}}


def close_code(socket: ClientConnection) -> int | None:
    with suppress(ConnectionClosed):
        while True:
            socket.recv(timeout=PATIENCE)
    return socket.close_code


# --- a credential that comes in no header ---------------------------------------------------------


def test_a_credential_in_the_first_message_is_watched_as_one_in_a_header(house: House) -> None:
    ann, bob = house.log_in("ann"), house.log_in("bob")
    with socket_of(house, "/first") as hers, socket_of(house, "/first") as his:
        hers.send(json.dumps({"token": ann.credential}))
        his.send(json.dumps({"token": bob.credential}))
        assert (hers.recv(timeout=PATIENCE), his.recv(timeout=PATIENCE)) == ("ann", "bob")
        house.revoke(ann)
        assert close_code(hers) == 4401
        his.send("still here?")
        assert his.recv(timeout=PATIENCE) == "heard"


def test_a_credential_as_a_subprotocol_is_watched_too(house: House) -> None:
    ann = house.log_in("ann")
    protocols = [Subprotocol("bearer"), Subprotocol(ann.credential)]
    with socket_of(house, "/protocol", subprotocols=protocols) as hers:
        assert hers.subprotocol == "bearer"
        assert hers.recv(timeout=PATIENCE) == "ann"
        house.revoke(ann)
        assert close_code(hers) == 4401


def test_a_bad_one_is_refused_before_the_handshake_is_answered(house: House) -> None:
    ann = house.log_in("ann")
    house.revoke(ann)
    protocols = [Subprotocol("bearer"), Subprotocol(ann.credential)]
    with (
        pytest.raises(InvalidStatus) as refused,
        socket_of(house, "/protocol", subprotocols=protocols),
    ):
        pass
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize(
    "token", [None, 5, "", "made up", "dws_", "a,b", "é", "x" * 20_000, ["dws_"]], ids=range(9)
)
def test_what_is_no_credential_closes_the_socket_and_is_told(house: House, token: object) -> None:
    with socket_of(house, "/first") as hers:
        hers.send(json.dumps({"token": token}))
        assert close_code(hers) == 4401
    until(lambda: [event.kind for event in house.told] == ["refused"])
    assert house.told[0].reason == "malformed"


def test_a_refresh_token_opens_no_socket(tmp_path: Path, clock: FakeClock) -> None:
    with opened("token", tmp_path, clock) as house, socket_of(house, "/first") as hers:
        hers.send(json.dumps({"token": house.log_in().refresh_token}))
        assert close_code(hers) == 4401


def test_what_a_handler_was_shown_counts_and_not_the_cookies_beside_it(house: House) -> None:
    ann, bob = house.log_in("ann"), house.log_in("bob")
    name = "__Host-session" if ann.mode == "session" else "__Host-access"
    headers = {"cookie": f"{name}={bob.credential}", "origin": "https://other.example"}
    with socket_of(house, "/first", additional_headers=headers) as hers:
        hers.send(json.dumps({"token": ann.credential}))
        assert hers.recv(timeout=PATIENCE) == "ann"
        house.revoke(bob)
        house.revoke(ann)
        assert close_code(hers) == 4401


def test_what_it_may_do_is_asked_as_of_any_other(house: House) -> None:
    ann, eve = house.log_in("ann", roles=["editor"]), house.log_in("eve")
    with socket_of(house, "/editors") as hers, socket_of(house, "/editors") as others:
        hers.send(ann.credential)
        others.send(eve.credential)
        assert hers.recv(timeout=PATIENCE) == "ann"
        assert close_code(others) == 4401


@pytest.mark.parametrize("shown", ["message", "header"])
def test_a_handler_that_is_silent_from_then_on_is_watched_at_once(house: House, shown: str) -> None:
    ann = house.log_in("ann")
    with socket_of(house, "/silent", **(bearer(ann) if shown == "header" else {})) as hers:
        hers.send("" if shown == "header" else ann.credential)
        until(lambda: house.heard == ["waiting"])
        house.revoke(ann)
        assert close_code(hers) == 4401
        house.served.loop.call_soon_threadsafe(house.over.set)


def test_an_answer_that_is_silent_from_then_on_is_watched_at_once(house: House) -> None:
    ann = house.log_in("ann")
    url, headers = f"{house.served.url}/late", {"authorization": f"Bearer {ann.credential}"}
    with httpx2.stream("GET", url, headers=headers, timeout=PATIENCE) as answer:
        parts = answer.iter_raw()
        assert next(parts) == b"hello"
        until(lambda: house.heard == ["waiting"])
        house.revoke(ann)
        assert list(parts) == []
    house.served.loop.call_soon_threadsafe(house.over.set)


def test_a_newer_credential_of_the_session_may_follow_and_one_of_another_may_not(
    house: House,
) -> None:
    ann, bob = house.log_in("ann"), house.log_in("bob")
    with socket_of(house, "/again") as hers:
        hers.send(ann.credential)
        assert hers.recv(timeout=PATIENCE) == "ann"
        hers.send(bob.credential)
        assert hers.recv(timeout=PATIENCE) == "malformed ann"
        if ann.refresh_token is not None:
            token = ann.refresh_token
            ann = house.run(lambda auth: auth.refresh(token))
        hers.send(ann.credential)
        assert hers.recv(timeout=PATIENCE) == "ann"
        house.revoke(bob)
        house.revoke(ann)
        assert close_code(hers) == 4401


def test_logging_out_ends_the_session_of_the_credential_that_was_shown(house: House) -> None:
    ann = house.log_in("ann")
    with socket_of(house, "/leave", additional_headers={"origin": house.served.url}) as hers:
        hers.send(ann.credential)
        assert close_code(hers) == 4401
    assert house.run(lambda auth: auth.session(ann.session.sid)).revoked_at is not None


# --- use that is no request -----------------------------------------------------------------------


def test_talking_keeps_a_session_in_use_where_the_handler_says_so(
    mode: Mode, tmp_path: Path, clock: FakeClock
) -> None:
    with opened(mode, tmp_path, clock, idle_ttl=HOUR) as house:
        ann, bob = house.log_in("ann"), house.log_in("bob")
        with (
            socket_of(house, "/chat", **bearer(ann)) as hers,
            socket_of(house, "/chat", **bearer(bob)) as his,
        ):
            for _ in range(3):
                clock.advance(HOUR // 3)
                for socket, said, name in ((hers, "hello", "ann"), (his, "shh", "bob")):
                    with suppress(ConnectionClosed):
                        socket.send(said)
                        assert socket.recv(timeout=PATIENCE) == name
            assert close_code(his) == 4401  # idle since an hour
            hers.send("hello")
            assert hers.recv(timeout=PATIENCE) == "ann"
        row = house.run(lambda auth: auth.session(ann.session.sid))
        assert row.ends_at == clock() + HOUR
        if ann.refresh_token is not None:
            token = ann.refresh_token
            house.run(lambda auth: auth.refresh(token))  # the client has what it needs to go on


def test_saying_so_of_a_session_that_ended_closes_the_socket(
    mode: Mode, tmp_path: Path, clock: FakeClock
) -> None:
    with opened(mode, tmp_path, clock, idle_ttl=HOUR) as house:
        ann = house.log_in("ann")
        with socket_of(house, "/chat", **bearer(ann)) as hers:
            hers.send("hello")
            assert hers.recv(timeout=PATIENCE) == "ann"
            clock.advance(HOUR)
            hers.send("hello")
            assert close_code(hers) == 4401


# --- a refresh in the handshake -------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/chat", "/forbidden", "/denied"])
def test_the_cookies_of_a_refresh_reach_the_answer_to_a_handshake_also_if_it_is_refused(
    tmp_path: Path, clock: FakeClock, path: str
) -> None:
    with opened("token", tmp_path, clock) as house:
        ann = house.log_in()
        clock.advance(300)
        held = f"__Host-access={ann.credential}; __Host-refresh={ann.refresh_token}"
        headers = {"cookie": held, "origin": house.served.url}
        try:
            with socket_of(house, path, additional_headers=headers) as hers:
                answer = hers.response
        except InvalidStatus as refused:
            answer = refused.response
        assert answer is not None
        assert answer.status_code == (101 if path == "/chat" else 403)
        names = [line.partition("=")[0] for line in answer.headers.get_all("set-cookie")]
        assert names == ["__Host-access", "__Host-refresh"]
