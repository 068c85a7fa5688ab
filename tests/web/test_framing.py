"""What a client writes after a chunked body is no header, whatever parses HTTP under uvicorn."""

import json
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http.client import HTTPResponse
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket

from doorward import Auth, Issued, Rejected, Settings
from doorward.web.asgi import Middleware, current_visit, principal
from doorward.web.fastapi import Doorward
from doorward.web.framing import mend_framing
from doorward.web.lifecycle import Lifecycle
from doorward.web.origin import csrf_token
from tests.support.thread import Served, served
from tests.web.driver import OURS, Header, bearer, cookies_of

IMPLEMENTATION = "uvicorn.protocols.http.httptools_impl"
FORWARDED = b"x-forwarded-for", b"203.0.113.7"
EXPECT = b"expect", b"100-continue"
HANDSHAKE = (
    (b"connection", b"upgrade"),
    (b"upgrade", b"websocket"),
    (b"sec-websocket-version", b"13"),
    (b"sec-websocket-key", b"AAAAAAAAAAAAAAAAAAAAAA=="),
)

Seen = tuple[int, Any]
"""The status of an answer, and what the handler behind the gate saw."""


@dataclass(frozen=True, slots=True)
class Place:
    """An application whose gate trusts this machine as a proxy, and a session of ann."""

    served: Served
    issued: Issued
    csrf: str

    @property
    def host(self) -> str:
        return self.served.url.removeprefix("http://")

    def head(self, method: str, *fields: Header) -> bytes:
        return method.encode() + b" / HTTP/1.1\r\n" + lines((b"host", self.host.encode()), *fields)

    def body(self, *trailer: Header) -> bytes:
        return b"2\r\nhi\r\n0\r\n" + lines(*trailer)

    def ask(self, *fields: Header, trailer: tuple[Header, ...] = (), late: bool = False) -> Seen:
        """A POST in one segment, or its body and trailer once the handler waits for them."""
        more = [EXPECT] if late else []
        head = self.head("POST", (b"transfer-encoding", b"chunked"), *more, *fields)
        with self.connect() as connection:
            if late:
                connection.sendall(head)
                assert b" 100 " in read_head(connection)
                connection.sendall(self.body(*trailer))
            else:
                connection.sendall(head + self.body(*trailer))
            return answer(connection)

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", int(self.host.rpartition(":")[2])), 10)

    def case(self, name: str) -> tuple[list[Header], Header]:
        """The headers of a request, and a field that changes what the gate makes of them."""
        cookie, origin = cookies_of(self.issued), (b"origin", self.served.url.encode())
        return {
            "cookie": ([OURS], cookie),
            "authorization": ([], bearer(self.issued.credential)),
            "address": ([], FORWARDED),
            "site": ([cookie], OURS),
            "origin": ([cookie], origin),
            "csrf token": ([cookie], (b"x-csrf-token", self.csrf.encode())),
            "host": ([cookie, origin], (b"host", b"elsewhere.example")),
        }[name]


def lines(*fields: Header) -> bytes:
    return b"".join(name + b": " + value + b"\r\n" for name, value in fields) + b"\r\n"


def read_head(connection: socket.socket) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        assert byte, head
        head += byte
    return head


def answer(connection: socket.socket) -> Seen:
    with HTTPResponse(connection) as response:
        response.begin()
        body = response.read()
        return response.status, json.loads(body) if response.status == 200 else None


async def tell(request: Request) -> JSONResponse:
    """What the gate makes of a request, asked after its trailer came."""
    await request.body()
    visit = current_visit()
    try:
        who = (await principal()).subject
    except Rejected as refused:
        who = refused.reason
    fields = [(name.decode(), value.decode()) for name, value in visit.headers]
    return JSONResponse({"who": who, "address": visit.device().address, "fields": fields})


async def talk(websocket: WebSocket) -> None:
    await principal()
    await websocket.accept()
    await websocket.close()


def routes() -> list[BaseRoute]:
    return [Route("/", tell, methods=["POST"]), WebSocketRoute("/", talk)]


def fastapi_app(folder: Path) -> tuple[ASGIApp, Lifecycle]:
    auth = Doorward("memory:", trusted_proxies=["127.0.0.1"], root_key_file=folder / "key")
    app = FastAPI(lifespan=auth.lifespan)
    auth.install(app)
    app.router.routes += routes()
    return app, auth.lifecycle


def asgi_app(folder: Path) -> tuple[ASGIApp, Lifecycle]:
    settings = Settings(mode="session")
    lifecycle = Lifecycle(
        "memory:", settings, trusted_proxies=["127.0.0.1"], root_key_file=folder / "key"
    )

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with lifecycle.running():
            yield

    return Middleware(Starlette(routes=routes(), lifespan=lifespan), lifecycle), lifecycle


@pytest.fixture(scope="module", params=["httptools", "h11"])
def http(request: pytest.FixtureRequest) -> Literal["httptools", "h11"]:
    found: Literal["httptools", "h11"] = request.param
    return found


@pytest.fixture(scope="module", params=[fastapi_app, asgi_app])
def place(
    request: pytest.FixtureRequest,
    http: Literal["httptools", "h11"],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Place]:
    app, lifecycle = request.param(tmp_path_factory.mktemp("place"))

    async def log_in() -> tuple[Auth, Issued]:
        auth = (await lifecycle.open()).auth
        return auth, await (await auth.attempt()).login("ann")

    with served(app, http) as running:
        auth, issued = running.call(log_in())
        yield Place(running, issued, csrf_token(auth.csrf_keys, issued.session.sid))


@pytest.mark.parametrize("late", [False, True], ids=["one segment", "in pieces"])
@pytest.mark.parametrize(
    "name", ["cookie", "authorization", "address", "site", "origin", "csrf token", "host"]
)
def test_a_field_after_the_body_changes_nothing_that_it_would_change_as_a_header(
    place: Place, name: str, late: bool
) -> None:
    headers, field = place.case(name)
    without = place.ask(*headers, late=late)
    assert place.ask(*headers, trailer=(field,), late=late) == without
    assert without[0] == 200
    assert place.ask(*headers, field) != place.ask(*headers)


def test_every_request_of_a_connection_has_its_own_headers(place: Place) -> None:
    one, other = (b"x-one", b"1"), (b"x-other", b"2")
    chunked = (b"transfer-encoding", b"chunked")
    with place.connect() as connection:
        for fields in ([one], [other], [one, other]):
            connection.sendall(place.head("POST", chunked, *fields) + place.body(FORWARDED))
            status, seen = answer(connection)
            assert (status, seen["address"]) == (200, "127.0.0.1")
            assert seen["fields"][2:] == [[name.decode(), text.decode()] for name, text in fields]


def test_pipelined_requests_have_their_own_headers(place: Place) -> None:
    first = place.head("POST", (b"transfer-encoding", b"chunked")) + place.body(FORWARDED)
    second = place.head("POST", (b"content-length", b"0"), cookies_of(place.issued), OURS)
    with place.connect() as connection, connection.makefile("rb") as reader:
        connection.sendall(first + second)
        seen = [read_answer(reader) for _ in range(2)]
    assert [(told["who"], told["address"]) for told in seen] == [
        ("missing", "127.0.0.1"),
        ("ann", "127.0.0.1"),
    ]


def read_answer(reader: Any) -> Any:
    """Of two answers on one connection: the next, and no byte of the one after it."""
    length = 0
    while (line := reader.readline()) != b"\r\n":
        name, _, value = line.partition(b":")
        length = int(value) if name == b"content-length" else length
    return json.loads(reader.read(length))


def test_a_handshake_keeps_its_headers(place: Place) -> None:
    cookie = cookies_of(place.issued)
    assert status_of(place, place.head("GET", *HANDSHAKE, OURS, cookie)) == b"101"
    assert status_of(place, place.head("GET", *HANDSHAKE, OURS)) == b"403"


def test_a_trailer_makes_no_websocket_of_a_request(place: Place) -> None:
    """Both the handler and the handshake would answer on one connection."""
    fields = (b"connection", b"upgrade"), (b"upgrade", b"other"), *HANDSHAKE[2:]
    upgrade = place.head("POST", *fields, (b"transfer-encoding", b"chunked"))
    sent = upgrade + place.body(*HANDSHAKE[:2], OURS, cookies_of(place.issued))
    assert status_of(place, sent) in (b"200", b"400")


def test_no_request_is_smuggled_in_the_body_of_an_upgrade(place: Place) -> None:
    inner = place.head("GET", OURS, cookies_of(place.issued))
    length = (b"content-length", b"%d" % len(inner))
    outer = place.head("POST", (b"connection", b"upgrade, close"), (b"upgrade", b"other"), length)
    with place.connect() as connection:
        connection.sendall(outer + inner)
        first = read_head(connection)
        assert first.split(b" ", 2)[1] in (b"200", b"400", b"401", b"403")
        rest = b""
        while part := connection.recv(65_536):
            rest += part
        assert b"HTTP/1.1" not in rest


def status_of(place: Place, sent: bytes) -> bytes:
    with place.connect() as connection:
        connection.sendall(sent)
        return read_head(connection).split(b" ", 2)[1]


@pytest.fixture
def untouched(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Uvicorn's class as it is before anything of ours was made."""
    package = import_module("uvicorn.protocols.http")
    monkeypatch.setattr(package, "httptools_impl", None, raising=False)
    monkeypatch.delitem(sys.modules, IMPLEMENTATION, raising=False)
    return import_module(IMPLEMENTATION).HttpToolsProtocol


def test_uvicorn_is_changed_once(untouched: Any) -> None:
    before = untouched.on_headers_complete
    mend_framing()
    once = untouched.on_headers_complete
    mend_framing()
    assert once is not before
    assert untouched.on_headers_complete is once


def test_an_installed_gate_changes_uvicorn_before_it_is_asked(untouched: Any) -> None:
    before = untouched.on_headers_complete
    Doorward("memory:").install(FastAPI())
    assert untouched.on_headers_complete is not before


def test_a_middleware_changes_uvicorn_before_it_is_asked(untouched: Any, tmp_path: Path) -> None:
    before = untouched.on_headers_complete
    asgi_app(tmp_path)
    assert untouched.on_headers_complete is not before


@pytest.mark.anyio
async def test_a_uvicorn_that_comes_after_the_middleware_is_changed_as_the_application_starts(
    untouched: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = untouched.on_headers_complete
    with monkeypatch.context() as absent:
        absent.delitem(sys.modules, "uvicorn")
        app, _ = asgi_app(tmp_path)
    assert untouched.on_headers_complete is before

    async def receive() -> Any:
        assert untouched.on_headers_complete is not before
        return {"type": "lifespan.startup"}

    async def send(message: Any) -> None:
        raise ConnectionError(message)

    with pytest.raises(ConnectionError):
        await app({"type": "lifespan", "state": {}}, receive, send)


@pytest.mark.parametrize("module", [None, ModuleType("other")], ids=["no httptools", "other"])
def test_a_uvicorn_without_that_class_is_left_alone(
    module: ModuleType | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, IMPLEMENTATION, module)
    mend_framing()


@pytest.mark.parametrize("headers", [None, ((b"host", b"x"),)], ids=["none", "no list"])
def test_a_uvicorn_that_keeps_no_list_of_headers_goes_on(
    headers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class HttpToolsProtocol:
        def __init__(self) -> None:
            if headers is not None:
                self.headers = headers
            self.complete = False

        def on_headers_complete(self) -> None:
            self.complete = True

    module = ModuleType("later")
    monkeypatch.setattr(module, "HttpToolsProtocol", HttpToolsProtocol, raising=False)
    monkeypatch.setitem(sys.modules, IMPLEMENTATION, module)
    before = HttpToolsProtocol.on_headers_complete
    mend_framing()
    assert HttpToolsProtocol.on_headers_complete is not before
    protocol = HttpToolsProtocol()
    protocol.on_headers_complete()
    assert protocol.complete
    assert getattr(protocol, "headers", None) is headers
