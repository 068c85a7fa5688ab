"""The HTTP server, and what it does before it ends."""

import asyncio
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

import uvicorn

from ...web.door import Door


class Tie(NamedTuple):
    """What binds a worker to the process that started it, as file descriptors."""

    lifeline: int
    """Readable once that process is gone."""
    news: int
    """Where the worker writes `UP` once it serves."""


UP = b"\0"
"""No signal has this number, so that signals can stand beside it."""


class Server(uvicorn.Server):
    """Uvicorn, which ends the open streams of a door before it waits for requests to finish: a
    console that somebody left open would use up all the time they have.

    With a `tie` it is one of several, and ends when its parent does.
    """

    def __init__(self, config: uvicorn.Config, door: Door, tie: Tie | None = None) -> None:
        super().__init__(config)
        self._door = door
        self._tie = tie

    @contextmanager
    def told_by_signals(self) -> Iterator[None]:
        """Within, being told to stop ends the serving, also before it has begun.

        Uvicorn by itself listens only while it serves, and then raises once more what it heard,
        for whoever waits for it.  Here that is nobody: what is open is closed next, and that is
        all.
        """
        stopping = (signal.SIGINT, signal.SIGTERM)
        before = [signal.signal(each, self.handle_exit) for each in stopping]
        try:
            yield
        finally:
            for each, handler in zip(stopping, before, strict=True):
                signal.signal(each, handler)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve."""
        await super().startup(sockets)
        if self._tie is not None:
            asyncio.get_running_loop().add_reader(self._tie.lifeline, self._orphaned)
            with suppress(BrokenPipeError):  # the parent is gone already: the lifeline tells
                os.write(self._tie.news, UP)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Told to stop."""
        if self._door.gate is not None:
            await self._door.gate.streams.stop()
        await super().shutdown(sockets)

    def _orphaned(self) -> None:
        if self._tie is not None:
            asyncio.get_running_loop().remove_reader(self._tie.lifeline)
        self.should_exit = True
