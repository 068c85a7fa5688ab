"""Being woken by a change: LISTEN, on a connection of its own."""

from asyncio import Event, Task, create_task, gather, sleep, timeout
from contextlib import suppress

from ...errors import DoorwardError
from .connection import answering
from .connector import Connector

CHANNEL = "doorward"

LOOK_AGAIN = 5.0
"""Seconds after which a silent connection is asked whether it is still there."""

REDIAL = 0.5
"""Seconds between two tries to connect.  Until one succeeds, waiting is plain sleep."""


class Listener:
    """Rings for every announced change, and for every new connection, because nobody knows what the
    last one missed."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector
        self._waiting: set[Event] = set()
        self._listening: Task[None] | None = None

    async def wait(self, seconds: float) -> None:
        if self._listening is None:
            self._listening = create_task(self._listen())
        rung = Event()
        self._waiting.add(rung)
        try:
            with suppress(TimeoutError):
                async with timeout(seconds):
                    await rung.wait()
        finally:
            self._waiting.discard(rung)

    async def close(self) -> None:
        if self._listening is not None:
            self._listening.cancel()
            await gather(self._listening, return_exceptions=True)

    async def _listen(self) -> None:
        while True:
            with suppress(DoorwardError):
                await self._listen_once()
            await sleep(REDIAL)

    async def _listen_once(self) -> None:
        """Until the connection is lost."""
        line = await self._connector.connect(self._connector.deadline())
        try:
            with answering(line.connection, self._connector.deadline()):
                await line.connection.add_listener(CHANNEL, self._ring)
            self._ring()
            lost = Event()
            line.connection.add_termination_listener(lambda _: lost.set())
            while True:
                with suppress(TimeoutError):
                    async with timeout(LOOK_AGAIN):
                        await lost.wait()
                await line.fetch(self._connector.deadline(), "SELECT")
        finally:
            await line.close()

    def _ring(self, *_: object) -> None:
        for rung in self._waiting:
            rung.set()
