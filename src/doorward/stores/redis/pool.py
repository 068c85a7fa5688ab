"""Connections to the server, kept open between calls."""

from asyncio import Semaphore, timeout
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from hiredis import pack_command
from redis.asyncio.connection import Connection
from redis.exceptions import NoScriptError, RedisError

from ...errors import StoreUnavailable
from ..read_only import failure
from .address import Connect
from .checks import Checks
from .errors import without_arguments
from .scripts import Script

ANSWER_WITHIN = 2.0
"""Seconds a call may take, connecting included, before the store counts as gone."""

Word = str | bytes | int


class PooledConnection:
    """One connection, one question after another."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def ask(self, *words: Word) -> Any:
        """The answer to one command.  Raises what redis-py raises."""
        # redis-py packs word by word, in Python
        # the stub of hiredis knows only a tuple of one
        await self._connection.send_packed_command(pack_command(words))  # type: ignore[arg-type]
        return await self._connection.read_response()

    async def run(self, script: Script, *words: Word) -> Any:
        """What a script returns, given to the server again when it has forgotten it."""
        try:
            return await self.ask("EVALSHA", script.sha, 0, *words)
        except NoScriptError:
            return await self.ask("EVAL", script.text, 0, *words)


class Pool:
    """At most so many connections; who finds all of them taken waits for one.

    A connection on which anything went wrong is closed.  When that was the server's doing, those
    that lie idle go with it: they lead to the same server, which may be another one tomorrow.
    """

    def __init__(self, connect: Connect, checks: Checks, most: int) -> None:
        self._connect = connect
        self._checks = checks
        self._free = Semaphore(most)
        self._idle: list[Connection] = []
        self._closed = False

    @asynccontextmanager
    async def line(self, within: float = ANSWER_WITHIN) -> AsyncIterator[PooledConnection]:
        """A connection for as long as the block lasts.  Raises `StoreUnavailable` for whatever
        goes wrong with the server, also inside the block, and after `within` seconds."""
        try:
            async with timeout(within), self._free:
                connection = await self._take()
                try:
                    yield PooledConnection(connection)
                except BaseException:
                    await connection.disconnect(nowait=True)
                    raise
                await self._give_back(connection)
        except (RedisError, OSError, TimeoutError) as error:
            await self._drop_idle()
            without_arguments(error)
            said = str(error) or f"no answer within {ANSWER_WITHIN:g} seconds"
            raise failure(error, f"Redis: {said}") from error

    async def close(self) -> None:
        """Let go of them all; those in use go when they come back."""
        self._closed = True
        await self._drop_idle()

    async def _take(self) -> Connection:
        if self._closed:
            raise StoreUnavailable("the store was closed")
        while self._idle:
            connection = self._idle.pop()
            if not await connection.can_read():  # else the server closed it
                return connection
            await connection.disconnect(nowait=True)
        connection = self._connect()
        try:
            await self._checks.open(connection)
        except BaseException:
            await connection.disconnect(nowait=True)
            raise
        return connection

    async def _give_back(self, connection: Connection) -> None:
        if self._closed:
            await connection.disconnect(nowait=True)
        else:
            self._idle.append(connection)

    async def _drop_idle(self) -> None:
        idle, self._idle = self._idle, []
        for connection in idle:
            await connection.disconnect(nowait=True)
