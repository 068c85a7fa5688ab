"""Raw bytes on a socket: whatever is no good request is refused at once, and nothing hangs."""

import socket
from collections.abc import Callable
from time import perf_counter

import pytest

from tests.support.server import RunningServer, Serve
from tests.support.until import PATIENCE

HEAD = b" HTTP/1.1\r\nHost: x\r\n"
JSON = b"Content-Type: application/json\r\n"
UPGRADE = b"Connection: Upgrade\r\nUpgrade: websocket\r\n"

REFUSED: dict[str, tuple[bytes, int]] = {
    "1 MB cookie": (b"GET /" + HEAD + b"Cookie: " + b"a" * 1_000_000 + b"\r\n\r\n", 431),
    "1 MB that never ends": (b"GET /" + HEAD + b"Cookie: " + b"a" * 1_000_000, 431),
    "1 MB address": (b"GET /" + b"a" * 1_000_000 + HEAD + b"\r\n", 431),
    "20 KB in headers": (b"GET /" + HEAD + (b"A: " + b"a" * 4000 + b"\r\n") * 5 + b"\r\n", 431),
    "5000 headers": (b"GET /" + HEAD + b"A: b\r\n" * 5000 + b"\r\n", 431),
    "empty lines": (b"\r\n" * 100_000, 431),
    "10 MB body": (
        b"POST /api/login" + HEAD + JSON + b"Content-Length: 10000000\r\n\r\n" + b"a" * 10**7,
        413,
    ),
    "10 MB body, not sent": (
        b"POST /api/login" + HEAD + JSON + b"Content-Length: 10000000\r\n\r\n",
        413,
    ),
    "1 MB body in pieces": (
        b"POST /api/login"
        + HEAD
        + JSON
        + b"Transfer-Encoding: chunked\r\n\r\n"
        + (b"8000\r\n" + b"a" * 0x8000 + b"\r\n") * 32,
        413,
    ),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "words": (b"hello\r\n\r\n", 400),
    "unknown method": (b"BREW /" + HEAD + b"\r\n", 400),
    "known but odd method": (b"PROPFIND /login" + HEAD + b"\r\n", 405),
    "trace": (b"TRACE /login" + HEAD + b"\r\n", 405),
    "two lengths": (
        b"POST /api/login" + HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcde",
        400,
    ),
    "length and chunks": (
        b"POST /api/login"
        + HEAD
        + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    "negative length": (b"POST /api/login" + HEAD + b"Content-Length: -5\r\n\r\n", 400),
    "bare line feeds": (b"GET / HTTP/1.1\nHost: x\n\n", 400),
    "folded header": (b"GET /" + HEAD + b"Cookie: a\r\n b\r\n\r\n", 400),
    "space before the colon": (b"GET /" + HEAD + b"Cookie : a\r\n\r\n", 400),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "two hosts": (b"GET /" + HEAD + b"Host: x\r\n\r\n", 400),
    "two hosts of HTTP/1.0": (b"GET / HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n", 400),
    "HTTP/0.9": (b"GET /\r\n\r\n", 400),
    "HTTP/0.9, named": (b"GET / HTTP/0.9\r\n\r\n", 400),
    "HTTP/2.0 without its preface": (b"GET / HTTP/2.0\r\nHost: x\r\n\r\n", 400),
    **{
        f"{coding} encoding": (
            b"POST /api/login" + HEAD + JSON + lines.encode() + b"\r\n2\r\n{}\r\n0\r\n\r\n",
            400,
        )
        for coding, lines in {
            "gzip and chunked": "Transfer-Encoding: gzip, chunked\r\n",
            "chunked twice": "Transfer-Encoding: chunked, chunked\r\n",
            "chunked on two lines": "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
            "gzip": "Transfer-Encoding: gzip\r\n",
            "identity": "Transfer-Encoding: identity\r\n",
            "empty": "Transfer-Encoding:\r\n",
            "xchunked": "Transfer-Encoding: xchunked\r\n",
        }.items()
    },
    "NUL": (b"GET /a\0b" + HEAD + b"\r\n", 400),
    "an address without a slash": (b"GET *@evil.example" + HEAD + b"\r\n", 400),
    "no address": (b"OPTIONS *" + HEAD + b"\r\n", 400),
    "an upgrade with a body": (
        b"POST /api/login" + HEAD + UPGRADE + JSON + b"Content-Length: 2\r\n\r\n{}",
        400,
    ),
}


@pytest.fixture(scope="module")
def server(serve: Serve) -> RunningServer:
    return serve()


AT_ONCE = 0.5
"""Seconds: a wide bound, for other tests run beside this one; a timer would take ten or more."""


def status(server: RunningServer, request: bytes) -> tuple[int, bytes]:
    """The status of the answer, and all of its head."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection:
        connection.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            part = connection.recv(65_536)
            assert part, "closed without an answer"
            answer += part
    return int(answer.split(b" ", 2)[1]), answer.lower()


def fastest(ask: Callable[[], object]) -> float:
    """The best of three: what else the machine does is not measured here."""
    times = []
    for _ in range(3):
        began = perf_counter()
        ask()
        times.append(perf_counter() - began)
    return min(times)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_good_request_is_refused_at_once(server: RunningServer, name: str) -> None:
    request, expected = REFUSED[name]
    found, head = status(server, request)
    assert found == expected
    assert fastest(lambda: status(server, request)) < AT_ONCE
    assert b"content-security-policy" in head
    assert b"x-content-type-options: nosniff" in head
    assert b"\r\nserver:" not in head


@pytest.mark.parametrize("name", ["no host", "two hosts", "gzip and chunked encoding"])
def test_who_frames_badly_is_asked_nothing_more(server: RunningServer, name: str) -> None:
    request = REFUSED[name][0]
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection:
        connection.sendall(request + b"GET /healthz" + HEAD + b"\r\n")
        answers = b""
        while part := connection.recv(65_536):
            answers += part
    assert answers.count(b"HTTP/1.1 ") == 1


def test_a_client_of_http_1_0_may_leave_out_the_host(server: RunningServer) -> None:
    assert status(server, b"GET /healthz HTTP/1.0\r\n\r\n")[0] == 200


def test_chunks_may_be_announced_in_capitals(server: RunningServer) -> None:
    chunked = b"Transfer-Encoding: Chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    assert status(server, b"POST /api/refresh" + HEAD + JSON + chunked)[0] in (400, 404)


def test_two_requests_in_one_write_get_two_answers(server: RunningServer) -> None:
    request = b"GET /healthz" + HEAD + b"\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection:
        connection.sendall(request * 2)
        answers = b""
        while answers.count(b'"view"') < 2:
            answers += connection.recv(65_536)
    assert answers.count(b"HTTP/1.1 200 OK") == 2


def test_large_bodies_on_one_connection_are_no_large_head(server: RunningServer) -> None:
    body = b'{"refresh_token":"' + b"a" * 60_000 + b'"}'
    request = b"POST /api/refresh" + HEAD + JSON + b"Content-Length: %d\r\n\r\n" % len(body) + body
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection:
        for _ in range(3):
            connection.sendall(request)
            answer = b""
            while b"not_found" not in answer:
                part = connection.recv(65_536)
                assert part
                answer += part


def test_garbage_leaves_no_line_in_the_log_but_those_that_name_it(server: RunningServer) -> None:
    before = server.output
    for name in ("words", "TLS", "an upgrade with a body"):
        status(server, REFUSED[name][0])
    lines = server.output.removeprefix(before).splitlines()
    assert [line for line in lines if '"event":"request_refused"' not in line] == []
