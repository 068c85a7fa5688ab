"""Connections that say too little: real sockets, before a protocol with a short patience."""

import asyncio
from typing import Any

import pytest

from tests.server.talks import HEAD, Hasty, Patient, hello, listening

pytestmark = pytest.mark.anyio


async def test_a_head_that_does_not_end_is_answered_408_and_closed() -> None:
    async with listening(Hasty) as connect:
        reader, _ = await connect(says=HEAD + b"Cookie: a")
        answer = await reader.read()
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"connection: close" in answer
        assert b'"too_slow"' in answer


@pytest.mark.parametrize("drop", [b"\r\n", b"a"])
async def test_a_byte_now_and_then_gains_no_time(drop: bytes) -> None:
    async with listening(Hasty) as connect:
        reader, writer = await connect(says=b"G" if drop == b"a" else drop)
        answer = asyncio.create_task(reader.read())
        while not answer.done():
            writer.write(drop)
            await asyncio.wait([answer], timeout=Hasty.head_timeout / 4)
        assert answer.result().startswith(b"HTTP/1.1 40")


async def test_a_connection_on_which_nothing_is_said_is_closed_without_a_word() -> None:
    async with listening(Hasty) as connect:
        reader, _ = await connect()
        assert await reader.read() == b""


async def test_the_second_head_of_a_connection_is_timed_too() -> None:
    async with listening(Hasty) as connect:
        reader, writer = await connect()
        writer.write(HEAD + b"\r\n")
        assert b"200 OK" in await reader.readuntil(b"\r\n\r\n")
        writer.write(HEAD)
        assert b"HTTP/1.1 408 " in await reader.read()


async def test_between_two_requests_keep_alive_counts() -> None:
    async with listening(Hasty, timeout_keep_alive=3600) as connect:
        reader, writer = await connect()
        for _ in range(2):
            writer.write(HEAD + b"\r\n")
            assert b"200 OK" in await reader.readuntil(b"hello\r\n0\r\n\r\n")
            later = asyncio.create_task(reader.read(1))
            done, _ = await asyncio.wait([later], timeout=2 * Hasty.head_timeout)
            assert not done
            later.cancel()
            await asyncio.wait([later])


async def test_a_head_in_time_may_be_answered_at_leisure() -> None:
    gone_on = asyncio.Event()

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await gone_on.wait()
        await hello(scope, receive, send)

    async with listening(Hasty, slow) as connect:
        reader, writer = await connect()
        writer.write(HEAD + b"\r\n")
        answer = asyncio.create_task(reader.readuntil(b"\r\n\r\n"))
        done, _ = await asyncio.wait([answer], timeout=2 * Hasty.head_timeout)
        assert not done
        gone_on.set()
        assert b"200 OK" in await answer


async def test_no_408_is_written_into_an_answer_that_is_under_way() -> None:
    begun, gone_on = asyncio.Event(), asyncio.Event()

    async def stream(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"hello", "more_body": True})
        begun.set()
        await gone_on.wait()

    async with listening(Hasty, stream) as connect:
        reader, writer = await connect()
        writer.write(HEAD + b"\r\n")
        await begun.wait()
        writer.write(HEAD)
        later = asyncio.create_task(reader.read())
        await asyncio.wait([later], timeout=2 * Hasty.head_timeout)
        gone_on.set()
        assert b"408" not in await later


@pytest.mark.parametrize("first", [b"", HEAD + b"\r\n"])
async def test_a_head_found_bad_after_its_end_is_answered_once(first: bytes) -> None:
    async with listening(Hasty) as connect:
        reader, writer = await connect()
        writer.write(first + HEAD + b"Transfer-Encoding: gzip\r\n\r\n{}")
        answer = await reader.read()
        assert answer.count(b"HTTP/1.1 400 ") + answer.count(b"HTTP/1.1 200 ") <= 1
        assert (b" 400 " in answer) is (first == b"")


async def test_whoever_hangs_up_leaves_no_timer_behind() -> None:
    made: list[Patient] = []

    class Noted(Patient):
        def __init__(self, *args: Any, **more: Any) -> None:
            super().__init__(*args, **more)
            made.append(self)

    async with listening(Noted) as connect:
        reader, writer = await connect()
        writer.write(HEAD)
        writer.write_eof()
        assert await reader.read() == b""
    (one,) = made
    assert one._head_timer._handle is None
