"""A pooler in front of PostgreSQL that treats the settings of a connection as PgBouncer does."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

KNOWN = (b"user", b"database", b"application_name", b"client_encoding")


@asynccontextmanager
async def running_pooler(port: int, *, ignores: bool) -> AsyncIterator[int]:
    """Its port.  Settings that it does not know are refused, or ignored."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with suppress(OSError, asyncio.IncompleteReadError):
            await _serve(reader, writer, port, ignores=ignores)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await asyncio.wait(tasks, timeout=1)


async def _serve(reader: StreamReader, writer: StreamWriter, port: int, *, ignores: bool) -> None:
    size = int.from_bytes(await reader.readexactly(4), "big")
    start = await reader.readexactly(size - 4)
    words = start[4:].rstrip(b"\0").split(b"\0")
    pairs = dict(zip(words[::2], words[1::2], strict=True))
    unknown = [name for name in pairs if name not in KNOWN]
    if unknown and not ignores:
        said = b"SFATAL\0C08P01\0Munsupported startup parameter: " + unknown[0] + b"\0\0"
        writer.write(b"E" + (len(said) + 4).to_bytes(4, "big") + said)
        await writer.drain()
        return
    kept = b"".join(name + b"\0" + pairs[name] + b"\0" for name in pairs if name in KNOWN)
    start = start[:4] + kept + b"\0"
    answers, there = await asyncio.open_connection("127.0.0.1", port)
    there.write((len(start) + 4).to_bytes(4, "big") + start)
    await asyncio.gather(_pipe(reader, there), _pipe(answers, writer))


async def _pipe(reader: StreamReader, writer: StreamWriter) -> None:
    with suppress(OSError):
        while some := await reader.read(65536):
            writer.write(some)
            await writer.drain()
    writer.close()
