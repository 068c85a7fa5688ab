"""A proxy in front of a real server, through which a network can fail."""

import ssl
from asyncio import (
    Event,
    Server,
    StreamReader,
    StreamWriter,
    TaskGroup,
    open_connection,
    sleep,
    start_server,
)
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from tests.support.until import eventually


class Proxy:
    """Passes bytes on until told otherwise, on a loopback port of its own.

    `delay` is how many seconds each piece is held up, in either direction; `accepted` counts the
    connections, `pieces_held` what is held up at present.  With `tls` the client speaks TLS to it.
    """

    def __init__(self, upstream: int, tls: ssl.SSLContext | None = None) -> None:
        self.port = 0
        self.accepted = 0
        self.delay = 0.0
        self.pieces_held = 0
        self._server: Server | None = None
        self._upstream = upstream
        self._tls = tls
        self._open = Event()
        self._writers: set[StreamWriter] = set()

    @property
    def connected(self) -> int:
        """Connections that are open on both sides."""
        return len(self._writers) // 2

    def black_hole(self) -> None:
        """Take everything and pass nothing on, until `restore`."""
        self._open.clear()

    def lead_to(self, upstream: int) -> None:
        """Where new connections go from now on."""
        self._upstream = upstream

    def reset(self) -> None:
        """Cut every connection off; new ones pass."""
        for writer in tuple(self._writers):
            writer.transport.abort()

    async def refuse(self) -> None:
        """Cut every connection off and refuse new ones, until `restore`."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.reset()

    async def restore(self) -> None:
        """Pass everything on again, also what was held back."""
        self._open.set()
        if self._server is None:
            self._server = await start_server(
                self._serve, "127.0.0.1", self.port, ssl=self._tls, reuse_address=True
            )
            self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Refuse for good, and end with every connection."""
        self._open.set()
        await self.refuse()
        await eventually(lambda: not self._writers)

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        self.accepted += 1
        with suppress(OSError):
            far_reader, far_writer = await open_connection("127.0.0.1", self._upstream)
            ends = {writer, far_writer}
            self._writers |= ends
            try:
                async with TaskGroup() as group:
                    group.create_task(self._pass_on(reader, far_writer))
                    group.create_task(self._pass_on(far_reader, writer))
            finally:
                self._writers -= ends
        writer.close()

    async def _pass_on(self, reader: StreamReader, writer: StreamWriter) -> None:
        with suppress(OSError):
            while piece := await reader.read(65536):
                self.pieces_held += 1
                await self._open.wait()
                await sleep(self.delay)
                self.pieces_held -= 1
                writer.write(piece)
                await writer.drain()
        writer.close()


@asynccontextmanager
async def running_proxy(upstream: int, tls: ssl.SSLContext | None = None) -> AsyncIterator[Proxy]:
    """A proxy that passes everything on to a loopback port."""
    proxy = Proxy(upstream, tls)
    await proxy.restore()
    try:
        yield proxy
    finally:
        await proxy.close()
