"""What comes after a body or ahead of an answer, and how a refusal ends its connection."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from doorward.server.http.headers import always
from doorward.server.http.https import HttpsOnly
from doorward.server.http.limits import MAX_BODY, RequestLimits
from doorward.server.http.protocol import MAX_AHEAD, MAX_HEAD
from doorward.server.refusals import Refused
from doorward.web.client import Trusted
from tests.server.talks import HEAD, Hasty, Patient, hello, listening, sharing

pytestmark = pytest.mark.anyio


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    """Who serves has uvloop, but on Windows."""
    return "asyncio", {"use_uvloop": request.param}


REQUEST = HEAD + b"\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the names of the headers, once the whole request is there."""
    while (await receive()).get("more_body"):
        pass
    names = b",".join(name for name, _ in scope["headers"])
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"<" + names + b">"})


def quiet(refused: Refused, scope: Any) -> None: ...


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
            for _ in range(8 * MAX_HEAD // len(line)):  # what came with the body does not count
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


async def test_a_trailer_that_ends_the_connection_ends_it() -> None:
    """The parser believes it, and would read nothing more of a connection that stays open."""
    async with listening(Patient, echo, timeout_keep_alive=3600) as connect:
        reader, writer = await connect()
        writer.write(CHUNKED + b"Connection: close\r\n\r\n")
        assert b"200 OK" in await reader.read()


async def test_a_head_of_many_small_fields_is_refused() -> None:
    async with listening(Patient, echo) as connect:
        reader, writer = await connect()
        writer.write(HEAD + b"a:\r\n" * 300)
        assert (await reader.read()).startswith(b"HTTP/1.1 431 ")


async def test_half_a_head_behind_a_request_is_timed() -> None:
    async with listening(Hasty, echo) as connect:
        reader, writer = await connect()
        writer.write(REQUEST + HEAD)
        answers = await reader.read()
        assert answers.startswith(b"HTTP/1.1 200 ")
        assert b"HTTP/1.1 408 " in answers


# --- upgrades ---

UPGRADE = HEAD + b"Connection: Upgrade\r\nUpgrade: foo\r\n"


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("before", [b"", b"\r\n" * 5000])
@pytest.mark.parametrize("framing", [b"Content-Length: %d", b"Transfer-Encoding: chunked\r\nX: %d"])
async def test_no_request_is_smuggled_in_the_body_of_an_upgrade(
    framing: bytes, before: bytes, apart: bool
) -> None:
    asked: list[str] = []

    async def kept(scope: Any, receive: Any, send: Any) -> None:
        asked.append(scope["path"])
        await echo(scope, receive, send)

    body = before + REQUEST.replace(b"/ ", b"/smuggled ")
    async with listening(Patient, kept) as connect:
        reader, writer = await connect()
        writer.write(UPGRADE + framing % len(body) + b"\r\n\r\n" + (b"" if apart else body))
        answer = await reader.readuntil(b"\r\n\r\n")
        with suppress(ConnectionResetError):
            writer.write(body)
            answer += await reader.read()
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1") == 1
    assert asked == []


async def test_an_upgrade_that_is_not_spoken_is_answered_and_is_the_last_request() -> None:
    async with listening(Patient, echo, timeout_keep_alive=3600) as connect:
        reader, writer = await connect()
        writer.write(UPGRADE + b"\r\n" + REQUEST)
        answer = await reader.read()
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert answer.count(b"HTTP/1.1") == 1


# --- requests ahead of their answers ---


@pytest.mark.parametrize("more", [0, 1, 5000])
async def test_a_client_may_be_ahead_by_some_requests_and_no_more(more: int) -> None:
    async with listening(Patient, echo) as connect:
        reader, writer = await connect()
        writer.write(REQUEST * (1 + MAX_AHEAD + more))
        for _ in range(1 + MAX_AHEAD):
            assert b"200 OK" in await reader.readuntil(b"\r\n0\r\n\r\n")
        if more:
            with suppress(ConnectionResetError):
                assert await reader.read() == b""


async def test_garbage_after_a_request_is_not_its_answer() -> None:
    async with listening(Patient, echo) as connect:
        reader, writer = await connect()
        writer.write(REQUEST + b"hello\r\n\r\n")
        answer = await reader.read()
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert answer.count(b"HTTP/1.1") == 1


# --- refusals ---


@pytest.mark.parametrize(
    "head",
    [
        HEAD + b"Content-Length: %d\r\n\r\n" % (MAX_BODY + 1),
        HEAD + b"x: " + b"a" * 9000 + b"\r\nContent-Length: 5\r\n\r\n",
        HEAD + b"Host: y\r\nContent-Length: 5\r\n\r\n",
    ],
)
async def test_a_refusal_is_the_last_answer_of_its_connection(
    head: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("doorward.server.http.limits.LINGER", 0.05)
    async with listening(Patient, RequestLimits(hello, quiet), timeout_keep_alive=3600) as connect:
        reader, writer = await connect()
        writer.write(head)
        answer = await reader.read()
        assert answer.startswith(b"HTTP/1.1 4")
        assert b"\r\nconnection: close" in answer


async def test_who_sends_on_after_a_refusal_still_reads_it() -> None:
    async with listening(Patient, RequestLimits(hello, quiet), timeout_keep_alive=3600) as connect:
        reader, writer = await connect()
        writer.write(HEAD + b"Content-Length: 9999999\r\n\r\n")
        for _ in range(100):
            writer.write(b"a" * 65_536)
            await writer.drain()
        assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 413 ")


async def test_a_body_that_does_not_come_is_answered_408_and_ends_its_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("doorward.server.http.limits.SLOWEST", 0.05)
    monkeypatch.setattr("doorward.server.http.limits.LINGER", 0.05)
    async with listening(Patient, RequestLimits(hello, quiet), timeout_keep_alive=3600) as connect:
        reader, writer = await connect()
        writer.write(HEAD + b"Content-Length: 100\r\n\r\na")
        answer = await reader.read()
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"\r\nconnection: close" in answer


@pytest.mark.parametrize("bad", [b"hello\r\n\r\n", HEAD + b"x: " + b"a" * 2 * MAX_HEAD])
@pytest.mark.parametrize("origin", ["http://localhost", "https://login.example"])
async def test_what_is_no_request_is_answered_with_the_headers_of_every_answer(
    bad: bytes, origin: str
) -> None:
    async with listening(Patient, hello, sharing(always=always(origin))) as connect:
        reader, writer = await connect()
        writer.write(bad)
        answer = await reader.read()
        assert (b"strict-transport-security: max-age=" in answer) is origin.startswith("https")
        assert b"x-content-type-options: nosniff" in answer


LOCAL = Trusted.parse(["127.0.0.1"])


@pytest.mark.parametrize("target", [b"*@evil.example", b"*.evil.example/", b"*"])
async def test_nobody_is_moved_to_another_host(target: bytes) -> None:
    app = RequestLimits(HttpsOnly(hello, "https://login.example", LOCAL, quiet), quiet)
    async with listening(Patient, app) as connect:
        reader, writer = await connect()
        said = b" HTTP/1.1\r\nHost: x\r\nX-Forwarded-Proto: http\r\n\r\n"
        writer.write(b"GET " + target + said)
        answer = await reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert b"\r\nlocation:" not in answer


async def test_what_is_refused_before_it_is_a_request_is_told() -> None:
    told: list[tuple[str, str]] = []

    def tell(refused: Refused, address: str) -> None:
        told.append((refused.reason, address))

    async with listening(Hasty, hello, sharing(on_refused=tell)) as connect:
        for bad in (b"hello\r\n\r\n", HEAD + b"x: " + b"a" * 2 * MAX_HEAD, HEAD):
            reader, writer = await connect()
            writer.write(bad)
            await reader.read()
    reasons = ("invalid_request", "headers_too_large", "too_slow")
    assert told == [(reason, "127.0.0.1") for reason in reasons]
