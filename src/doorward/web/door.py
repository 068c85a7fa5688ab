"""One application's way in: opened with the application, shared by its requests."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from ..auth import Auth, Record, ignore
from ..errors import StoreUnavailable
from ..opening import open_auth
from ..settings import HOUR, Settings
from ..stores import check_url
from ..types import Clock, system_clock
from .client import Trusted
from .gate import Gate

log = logging.getLogger("doorward")


class Door:
    """Opens `Auth` on first use, sweeps dead rows hourly while the application runs, closes it.

    `gate` is None until then.  A URL that names no database and proxies that are no networks raise
    `ConfigurationError` at once, all else when it opens.
    """

    def __init__(
        self,
        database: str,
        settings: Settings,
        *,
        root_key_file: str | Path | None = None,
        trusted_proxies: Sequence[str] = (),
        clock: Clock = system_clock,
        record: Record = ignore,
    ) -> None:
        check_url(database)
        self.gate: Gate | None = None
        self.settings = settings
        self._database = database
        self._root_key_file = None if root_key_file is None else Path(root_key_file)
        self._trusted = Trusted.parse(trusted_proxies)
        self._clock = clock
        self._record = record
        self._opening: asyncio.Task[Gate] | None = None

    async def open(self) -> Gate:
        """The gate.  Many may ask at once; one opens."""
        if self.gate is not None:
            return self.gate
        if self._opening is None:
            self._opening = asyncio.create_task(self._open())
            self._opening.add_done_callback(self._opened)
        return await asyncio.shield(self._opening)

    async def close(self) -> None:
        """End open streams and let go of the database; a later request opens it again."""
        gate, self.gate = self.gate, None
        if gate is not None:
            await gate.streams.stop()
            await gate.auth.store.close()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Auth]:
        """Open for as long as the application runs."""
        gate = await self.open()
        sweeper = asyncio.create_task(_sweep(gate.auth))
        try:
            yield gate.auth
        finally:
            sweeper.cancel()
            await asyncio.gather(sweeper, return_exceptions=True)
            await self.close()

    async def _open(self) -> Gate:
        auth = await open_auth(
            self._database,
            self.settings,
            root_key_file=self._root_key_file,
            clock=self._clock,
            record=self._record,
        )
        self.gate = Gate(auth, self._trusted)
        return self.gate

    def _opened(self, task: asyncio.Task[Gate]) -> None:
        self._opening = None


async def _sweep(auth: Auth) -> None:
    while True:
        try:
            await auth.purge()
        except StoreUnavailable as error:
            log.warning("dead sessions wait an hour to be deleted: %s", error)
        await asyncio.sleep(HOUR)
