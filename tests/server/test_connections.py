"""Connections that are many, that read nothing, that say too much before they are answered or after
their body."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from doorward.server.edge.bounds import MOST_BODY, Bounds
from doorward.server.edge.connection import Shared
from doorward.server.edge.headers import Headers, always
from doorward.server.edge.wire import MOST_AHEAD, MOST_HEAD
from doorward.server.refusals import Refused
from doorward.web.client import Trusted
from tests.server.talks import HEAD, Connect, Hasty, Patient, hello, listening
from tests.support.certificate import make_certificate
from tests.support.until import eventually

pytestmark = pytest.mark.anyio


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    """Who serves has uvloop, but on Windows."""
    return "asyncio", {"use_uvloop": request.param}


REQUEST = HEAD + b"\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"
LARGE = 16 * 2**20
"""Bytes that no system keeps for a client that reads none."""


class Large:
    """Answers with more than fits between the two ends."""

    def __init__(self) -> None:
        self.asked = count()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        next(self.asked)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"a" * LARGE})


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the names of the headers, once the whole request is there."""
    while (await receive()).get("more_body"):
        pass
    names = b",".join(name for name, _ in scope["headers"])
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"<" + names + b">"})


async def never(scope: Any, receive: Any, send: Any) -> None:
    await asyncio.Event().wait()


def quiet(refused: Refused, scope: Any) -> None: ...


async def is_served(connect: Connect, **how: Any) -> bool:
    reader, writer = await connect(**how)
    writer.write(REQUEST)
    with suppress(ConnectionResetError):
        return b"200 OK" in await reader.read(20)
    return False


# --- trailers ---


@pytest.mark.parametrize("pieces", [1, 2, 30])
async def test_no_field_of_a_trailer_is_a_header(pieces: int) -> None:
    trailer = b"X-Forwarded-For: 203.0.113.7\r\nCookie: a=b\r\nHost: y\r\n\r\n"
    request = CHUNKED + trailer + CHUNKED + b"\r\n"
    step = -(-len(request) // pieces)
    async with listening(Patient, echo) as connect:
        reader, writer = await connect()
        for start in range(0, len(request), step):
            writer.write(request[start : start + step])
            await writer.drain()
            await asyncio.sleep(0)
        for _ in range(2):
            assert b"<host,transfer-encoding>" in await reader.readuntil(b"\r\n0\r\n\r\n")


@pytest.mark.parametrize("begin", [b"x: ", b""])
async def test_a_trailer_is_bounded_like_a_head(begin: bytes) -> None:
    line = b"a" * 8000 if begin else b"x: " + b"a" * 8000 + b"\r\n"
    async with listening(Patient, echo) as connect:
        reader, writer = await connect()
        writer.write(CHUNKED + begin)
        with suppress(ConnectionResetError):
            for _ in range(8 * MOST_HEAD // len(line)):  # what came with the body does not count
                writer.write(line)
                await writer.drain()
        answer = await reader.read()
        assert answer.startswith(b"HTTP/1.1 431 ")
        assert answer.count(b"HTTP/1.1") == 1


async def test_a_large_body_is_no_long_trailer() -> None:
    chunk = b"8000\r\n" + b"a" * 0x8000 + b"\r\n"
    async with listening(Patient, echo) as connect:
        reader, writer = await connect()
        writer.write(CHUNKED[:-3] + chunk * 10 + b"0\r\nx: y\r\n\r\n")
        assert b"200 OK" in await reader.readuntil(b"\r\n0\r\n\r\n")


# --- requests ahead of their answers ---


@pytest.mark.parametrize(("more", "served"), [(0, True), (1, False)])
async def test_a_client_may_be_ahead_by_some_requests_and_no_more(more: int, served: bool) -> None:
    sent = 1 + MOST_AHEAD + more
    async with listening(Patient) as connect:
        reader, writer = await connect()
        writer.write(REQUEST * sent)
        answers = b""
        with suppress(ConnectionResetError):
            while answers.count(b"hello") < sent:
                part = await reader.read(65_536)
                if not part:
                    break
                answers += part
        assert (answers.count(b"hello") == sent) is served


async def test_what_was_sent_too_far_ahead_reaches_no_application() -> None:
    app = Large()
    async with listening(Patient, app) as connect:
        reader, writer = await connect()
        writer.write(REQUEST * 5000)
        with suppress(ConnectionResetError):
            await reader.read()
    assert next(app.asked) <= 1


# --- too many ---


async def test_one_more_than_may_be_ends_the_one_that_waited_longest() -> None:
    async with listening(Hasty, timeout_keep_alive=3600) as connect:
        kept = []
        for _ in range(Hasty.most_connections):
            reader, writer = await connect()
            writer.write(REQUEST)
            await reader.readuntil(b"0\r\n\r\n")
            kept.append((reader, writer))
        kept[0][1].write(REQUEST)
        await kept[0][0].readuntil(b"0\r\n\r\n")
        assert await is_served(connect)
        with suppress(ConnectionResetError):
            assert await kept[1][0].read() == b""
        for reader, writer in (kept[0], kept[2]):
            writer.write(REQUEST)
            assert b"200 OK" in await reader.readuntil(b"hello")


@pytest.mark.parametrize("begin", [b"", HEAD, REQUEST[:-2] + b"Content-Length: 9\r\n\r\na"])
async def test_those_who_say_nothing_or_not_all_shut_out_nobody(begin: bytes) -> None:
    class Few(Patient):
        most_connections = 3

    async with listening(Few, Bounds(hello, quiet)) as connect:
        for _ in range(20):
            _, writer = await connect()
            writer.write(begin)
        assert await is_served(connect)


async def test_a_connection_that_is_ended_before_it_began_leaves_no_socket() -> None:
    config = Config(hello, ws="none", lifespan="off", log_config=None)
    config.load()
    one, other = socket.socketpair()
    with other:
        made = Patient(config, ServerState(), {}, shared=Shared())
        made.welcome(one)
        made.cut()
        assert one.fileno() == -1
        assert not made.connections


async def test_nobody_is_ended_who_waits_for_an_answer() -> None:
    async with listening(Hasty, never) as connect:
        for _ in range(Hasty.most_connections):
            _, writer = await connect()
            writer.write(REQUEST)
            await asyncio.sleep(0.01)
        reader, _ = await connect()
        with suppress(ConnectionResetError):
            assert await reader.read() == b""
        assert len(asyncio.all_tasks()) >= Hasty.most_connections


@pytest.fixture
def tls(tmp_path: Path) -> tuple[Shared, ssl.SSLContext]:
    trusting = make_certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    return Shared(tls=context), trusting


@pytest.mark.parametrize("begin", [b"", b"\x16"])
async def test_those_who_never_begin_tls_shut_out_nobody(
    tls: tuple[Shared, ssl.SSLContext], begin: bytes
) -> None:
    class Few(Patient):
        most_connections = 3

    shared, trusting = tls
    async with listening(Few, hello, shared) as connect:
        for _ in range(20):
            _, writer = await connect()
            writer.write(begin)
        assert await is_served(connect, ssl=trusting, server_hostname="localhost")
        assert len(shared.waiting) <= Few.most_connections


async def test_tls_has_to_begin_in_time(tls: tuple[Shared, ssl.SSLContext]) -> None:
    async with listening(Hasty, hello, tls[0]) as connect:
        reader, _ = await connect()
        assert await reader.read() == b""
    assert not tls[0].waiting


# --- answers that are not taken ---


async def test_who_takes_nothing_of_an_answer_is_cut_off() -> None:
    shared = Shared()
    async with listening(Hasty, Large(), shared) as connect:
        _, writer = await connect(limit=1024)
        writer.write(REQUEST)
        await eventually(lambda: bool(shared.waiting))
        async with asyncio.timeout(20 * Hasty.slowest_reader):
            await eventually(lambda: not shared.waiting)


async def test_who_takes_an_answer_slowly_gets_all_of_it() -> None:
    async with listening(Hasty, Large()) as connect:
        reader, writer = await connect()
        writer.write(REQUEST)
        taken = 0
        while taken < LARGE:
            taken += len(await reader.read(2**20))
            await asyncio.sleep(Hasty.slowest_reader / 20)


async def test_who_hangs_up_in_the_midst_of_answers_leaves_no_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    shared = Shared()
    async with listening(Patient, Large(), shared) as connect:
        _, writer = await connect(limit=1024)
        writer.write(REQUEST * 8)
        await eventually(lambda: bool(shared.waiting))
        writer.transport.abort()
        await eventually(lambda: not shared.waiting)
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


# --- refusals ---


@pytest.mark.parametrize(
    "head",
    [
        HEAD + b"Content-Length: %d\r\n\r\n" % (MOST_BODY + 1),
        HEAD + b"x: " + b"a" * 9000 + b"\r\nContent-Length: 5\r\n\r\n",
        HEAD + b"Host: y\r\nContent-Length: 5\r\n\r\n",
    ],
)
async def test_a_refusal_is_the_last_answer_of_its_connection(
    head: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("doorward.server.edge.bounds.LINGER", 0.05)
    async with listening(Patient, Bounds(hello, quiet)) as connect:
        reader, writer = await connect()
        writer.write(head)
        answer = await reader.read()
        assert answer.startswith(b"HTTP/1.1 4")
        assert b"connection: close" in answer


async def test_who_sends_on_after_a_refusal_still_reads_it() -> None:
    async with listening(Patient, Bounds(hello, quiet)) as connect:
        reader, writer = await connect()
        writer.write(HEAD + b"Content-Length: 9999999\r\n\r\n")
        for _ in range(100):
            writer.write(b"a" * 65_536)
            await writer.drain()
        assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 413 ")


async def test_a_body_that_does_not_come_is_answered_408_and_ends_its_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("doorward.server.edge.bounds.SLOWEST", 0.05)
    monkeypatch.setattr("doorward.server.edge.bounds.LINGER", 0.05)
    async with listening(Patient, Bounds(hello, quiet)) as connect:
        reader, writer = await connect()
        writer.write(HEAD + b"Content-Length: 100\r\n\r\na")
        answer = await reader.read()
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"connection: close" in answer


@pytest.mark.parametrize("bad", [b"hello\r\n\r\n", HEAD + b"x: " + b"a" * 2 * MOST_HEAD])
@pytest.mark.parametrize("origin", ["http://localhost", "https://login.example"])
async def test_what_is_no_request_is_answered_with_the_headers_of_every_answer(
    bad: bytes, origin: str
) -> None:
    async with listening(Patient, hello, Shared(always(origin))) as connect:
        reader, writer = await connect()
        writer.write(bad)
        answer = await reader.read()
        assert (b"strict-transport-security: max-age=" in answer) is origin.startswith("https")
        assert b"x-content-type-options: nosniff" in answer


@pytest.mark.parametrize("target", [b"*@evil.example", b"*.evil.example/", b"*"])
async def test_nobody_is_moved_to_another_host(target: bytes) -> None:
    said = b" HTTP/1.1\r\nHost: x\r\nX-Forwarded-Proto: http\r\n\r\n"
    for trusted in ([], ["127.0.0.1"]):
        app = Headers(hello, "https://login.example", Trusted.parse(trusted), quiet)
        async with listening(Patient, app) as connect:
            reader, writer = await connect()
            writer.write(b"GET " + target + said)
            answer = await reader.readuntil(b"\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 400 ")
            assert b"\r\nlocation:" not in answer


async def test_what_is_refused_before_it_is_a_request_is_told() -> None:
    told: list[tuple[str, str]] = []
    tell: Callable[..., None] = lambda refused, address: told.append((refused.reason, address))  # noqa: E731
    async with listening(Hasty, hello, Shared(told=tell)) as connect:
        for bad in (b"hello\r\n\r\n", HEAD + b"x: " + b"a" * 2 * MOST_HEAD, HEAD):
            reader, writer = await connect()
            writer.write(bad)
            await reader.read()
    reasons = ("invalid_request", "headers_too_large", "too_slow")
    assert told == [(reason, "127.0.0.1") for reason in reasons]
