"""Connections that are many, that never begin, or that do not take their answers."""

import asyncio
import errno
import socket
import ssl
import struct
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from doorward.server.http.acceptor import Acceptor
from doorward.server.http.connection import Shared
from doorward.server.http.limits import RequestLimits
from doorward.server.refusals import Refused
from tests.server.talks import HEAD, Connect, Hasty, Patient, hello, listening, sharing
from tests.support.certificate import make_certificate
from tests.support.until import eventually

pytestmark = pytest.mark.anyio


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    """Who serves has uvloop, but on Windows."""
    return "asyncio", {"use_uvloop": request.param}


REQUEST = HEAD + b"\r\n"
FEW = 3
LARGE = 16 * 2**20
"""Bytes that no system keeps for a client that reads none."""


async def large(scope: Any, receive: Any, send: Any) -> None:
    """Answers with more than fits between the two ends."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"a" * LARGE})


def quiet(refused: Refused, scope: Any) -> None: ...


def few() -> Shared:
    return sharing(max_connections=FEW)


def waited_for(waits: list[Any], number: int) -> bool:
    return len(waits) == number


async def is_served(connect: Connect, **how: Any) -> bool:
    reader, writer = await connect(**how)
    writer.write(REQUEST)
    with suppress(ConnectionResetError):
        return b"200 OK" in await reader.read(20)
    return False


# --- too many ---


async def test_one_more_than_may_be_ends_the_one_that_waited_longest() -> None:
    async with listening(Hasty, shared=few(), timeout_keep_alive=3600) as connect:
        kept = []
        for _ in range(FEW):
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


SLOW_BODY = HEAD + b"Content-Length: 9\r\n\r\na"


@pytest.mark.parametrize("begin", [b"", HEAD, SLOW_BODY, REQUEST + SLOW_BODY])
async def test_those_who_say_nothing_or_not_all_shut_out_nobody(begin: bytes) -> None:
    async with listening(Patient, RequestLimits(hello, quiet), few()) as connect:
        for _ in range(20):
            _, writer = await connect()
            writer.write(begin)
        assert await is_served(connect)


async def test_those_who_read_no_answer_shut_out_nobody() -> None:
    async def either(scope: Any, receive: Any, send: Any) -> None:
        body = b"hello" if scope["path"] == "/" else b"a" * 2**21
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})

    async with listening(Patient, either, few()) as connect:
        for _ in range(20):
            _, writer = await connect(limit=1024)
            writer.write(REQUEST.replace(b"/ ", b"/large ") * 2)
            await asyncio.sleep(0.01)
        assert await is_served(connect)


async def test_without_a_file_for_another_one_the_connection_that_waits_longest_is_closed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Full(socket.socket):
        def accept(self) -> Any:
            raise OSError(errno.EMFILE, "Too many open files")

    ended: list[str] = []

    class Resting(Patient):
        def abort(self) -> None:
            ended.append("resting")
            self._shared.waiting.pop(self)

    shared = sharing()
    config = Config(hello, ws="none", lifespan="off", log_config=None)
    config.load()
    shared.waiting[Resting(config, ServerState(), {}, shared=shared)] = None
    with Full() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        acceptor = Acceptor(
            listener, lambda: Patient(config, ServerState(), {}, shared=shared), shared
        )
        acceptor.start()
        _, writer = await asyncio.open_connection(*listener.getsockname())
        await eventually(lambda: ended == ["resting"])
        acceptor.stop()
        writer.close()
    warned = [record for record in caplog.records if record.levelname == "WARNING"]
    assert sum("Too many open files" in record.getMessage() for record in warned) == 1


async def test_a_connection_that_is_ended_before_it_began_leaves_no_socket() -> None:
    config = Config(hello, ws="none", lifespan="off", log_config=None)
    config.load()
    one, other = socket.socketpair()
    with other:
        made = Patient(config, ServerState(), {}, shared=sharing())
        made.accept(one, None)
        made.abort()
        assert one.fileno() == -1
        assert not made.connections


async def test_nobody_is_ended_who_waits_for_an_answer() -> None:
    waits: list[Any] = []

    async def never(scope: Any, receive: Any, send: Any) -> None:
        waits.append(asyncio.current_task())
        await asyncio.Event().wait()

    async with listening(Hasty, never, few()) as connect:
        for number in range(FEW):
            _, writer = await connect()
            writer.write(REQUEST)
            await eventually(partial(waited_for, waits, number + 1))
        reader, _ = await connect()
        with suppress(ConnectionResetError):
            assert await reader.read() == b""
        assert len(waits) == FEW
        assert not any(task.done() for task in waits)
        for task in waits:
            task.cancel()
        await asyncio.wait(waits)


@pytest.fixture
def tls(tmp_path: Path) -> tuple[Shared, ssl.SSLContext]:
    trusting = make_certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    return sharing(tls=context, max_connections=FEW), trusting


@pytest.mark.parametrize("begin", [b"", b"\x16"])
async def test_those_who_never_begin_tls_shut_out_nobody(
    tls: tuple[Shared, ssl.SSLContext], begin: bytes
) -> None:
    shared, trusting = tls
    async with listening(Patient, hello, shared) as connect:
        for _ in range(20):
            _, writer = await connect()
            writer.write(begin)
        assert await is_served(connect, ssl=trusting, server_hostname="localhost")
        assert len(shared.waiting) <= FEW


async def test_tls_has_to_begin_in_time(tls: tuple[Shared, ssl.SSLContext]) -> None:
    async with listening(Hasty, hello, tls[0]) as connect:
        reader, _ = await connect()
        assert await reader.read() == b""
    assert not tls[0].waiting


# --- answers that are not taken ---


async def test_who_takes_nothing_of_an_answer_is_cut_off() -> None:
    shared = sharing()
    async with listening(Hasty, large, shared) as connect:
        _, writer = await connect(limit=1024)
        writer.write(REQUEST)
        await eventually(lambda: bool(shared.waiting))
        async with asyncio.timeout(20 * Hasty.write_timeout):
            await eventually(lambda: not shared.waiting)


async def test_who_takes_an_answer_slowly_gets_all_of_it() -> None:
    async with listening(Hasty, large) as connect:
        reader, writer = await connect()
        writer.write(REQUEST)
        taken = 0
        while taken < LARGE:
            taken += len(await reader.read(2**20))
            await asyncio.sleep(Hasty.write_timeout / 20)


async def test_who_takes_little_at_a_time_is_not_cut_off() -> None:
    async with listening(Hasty, large) as connect:
        reader, writer = await connect(limit=1024, receives=4096)
        writer.write(REQUEST)
        for _ in range(12):
            assert len(await reader.readexactly(50_000)) == 50_000
            await asyncio.sleep(Hasty.write_timeout / 2)


async def test_who_resets_a_connection_leaves_no_timer() -> None:
    made: list[Patient] = []

    class Kept(Patient):
        def __init__(self, *args: Any, **more: Any) -> None:
            super().__init__(*args, **more)
            made.append(self)

    shared = sharing()
    async with listening(Kept, hello, shared, timeout_keep_alive=3600) as connect:
        reader, writer = await connect()
        writer.write(REQUEST)
        await reader.readuntil(b"0\r\n\r\n")
        one = writer.get_extra_info("socket")
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
        await eventually(lambda: not shared.waiting)
    assert made[0].timeout_keep_alive_task is None


async def test_a_client_is_known_by_the_address_it_was_accepted_from() -> None:
    """A connection that was reset tells none any more, and its guesses would count for nobody."""
    config = Config(hello, ws="none", lifespan="off", log_config=None)
    config.load()
    one, other = socket.socketpair()
    with other:
        made = Patient(config, ServerState(), {}, shared=sharing())
        made.accept(one, ("203.0.113.7", 1234))
        await eventually(lambda: made.client is not None)
        assert made.client == ("203.0.113.7", 1234)
        made.abort()
        await eventually(lambda: not made.connections)


async def test_who_hangs_up_in_the_midst_of_answers_leaves_no_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    shared = sharing()
    async with listening(Patient, large, shared) as connect:
        _, writer = await connect(limit=1024)
        writer.write(REQUEST * 8)
        await eventually(lambda: bool(shared.waiting))
        writer.transport.abort()
        await eventually(lambda: not shared.waiting)
    failed = [record for record in caplog.records if "failed" in record.getMessage()]
    assert not failed
    assert "ASGI" not in caplog.text
