"""A server that is not one: it gives each command the answer it was told to give."""

from asyncio import StreamReader, StreamWriter, start_server
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

FIT = {
    "INFO": b"$34\r\nredis_version:7.2.4\r\nrole:master\r\n\r\n",
    "appendonly": b"*2\r\n$10\r\nappendonly\r\n$3\r\nyes\r\n",
    "maxmemory-policy": b"*2\r\n$16\r\nmaxmemory-policy\r\n$10\r\nnoeviction\r\n",
}
"""What is asked at the start, answered well."""


@asynccontextmanager
async def answering(answers: dict[str, bytes]) -> AsyncIterator[str]:
    """The URL of such a server; what stands in `answers` is found by any word of a command."""

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        while head := await reader.readline():
            words = []
            for _ in range(int(head[1:])):
                length = int((await reader.readline())[1:])
                words.append((await reader.readexactly(length + 2))[:-2].decode())
            writer.write(next((answers[word] for word in words if word in answers), b"+OK\r\n"))
        writer.close()

    async with await start_server(serve, "127.0.0.1", 0) as listener:
        yield f"redis://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
