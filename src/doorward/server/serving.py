"""The HTTP server, and what it does before it ends."""

import socket

import uvicorn

from ..web.door import Door


class Server(uvicorn.Server):
    """Uvicorn, which ends the open streams of a door before it waits for requests to finish: a
    console that somebody left open would use up all the time they have."""

    def __init__(self, config: uvicorn.Config, door: Door) -> None:
        super().__init__(config)
        self._door = door

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Told to stop."""
        if self._door.gate is not None:
            await self._door.gate.streams.stop()
        await super().shutdown(sockets)
