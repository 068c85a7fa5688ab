"""Wakes waiters when the server announces a change."""

from asyncio import Event, Task, create_task, gather, sleep, timeout, wait
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from redis.asyncio.connection import Connection
from redis.exceptions import RedisError

from ...errors import ConfigurationError
from .address import Connect
from .checks import CHANNEL, Checks
from .pool import ANSWER_WITHIN

QUIET = 1.0
"""Seconds without a word after which the server is asked whether it is there, and after as many
again is taken for gone."""

RETRY = 0.25
"""Seconds between two attempts to listen again."""


class Announcements:
    """One connection of its own that listens, from the first `wait` on.

    While it is down a wait is a plain sleep.  When it is up again, all are woken: nobody knows what
    was announced meanwhile.
    """

    def __init__(self, connect: Connect, checks: Checks) -> None:
        self._connect = connect
        self._checks = checks
        self._news = Event()
        self._listening: Task[None] | None = None

    async def wait(self, seconds: float) -> None:
        """Return after `seconds`, or when something is announced."""
        if self._listening is None:
            self._listening = create_task(self._listen())
        with suppress(TimeoutError):
            async with timeout(seconds):
                await self._news.wait()

    async def close(self) -> None:
        """Listen no more."""
        if self._listening is not None:
            self._listening.cancel()
            await gather(self._listening, return_exceptions=True)

    def _announce(self) -> None:
        self._news.set()
        self._news = Event()

    async def _listen(self) -> None:
        while True:
            with suppress(RedisError, OSError, TimeoutError, ConfigurationError):
                async with self._subscribed() as connection:
                    await self._follow(connection)
            await sleep(RETRY)

    @asynccontextmanager
    async def _subscribed(self) -> AsyncIterator[Connection]:
        connection = self._connect()
        try:
            async with timeout(ANSWER_WITHIN):
                await self._checks.open(connection)
                await connection.send_command("SUBSCRIBE", CHANNEL)
                await connection.read_response()
            yield connection
        finally:
            await connection.disconnect(nowait=True)

    async def _follow(self, connection: Connection) -> None:
        """Returns when the server has gone silent."""
        self._announce()
        hearing = create_task(connection.read_response())
        quiet = 0
        try:
            while quiet < 2:
                heard, _ = await wait({hearing}, timeout=QUIET)
                if heard:
                    quiet = 0
                    self._take_in(hearing.result())
                    hearing = create_task(connection.read_response())
                else:
                    quiet += 1
                    await connection.send_command("PING")
        finally:
            hearing.cancel()
            await gather(hearing, return_exceptions=True)

    def _take_in(self, message: list[bytes]) -> None:
        # the rest are answers to a PING, and empty announcements by which a node tests its rights
        if message[0] == b"message" and message[2]:
            self._announce()
