"""One application's way in: opened with the application, shared by its requests."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from ..auth import Auth
from ..events import Record, ignore
from ..open import Around, itself, open_auth
from ..settings import Settings
from ..stores import check_url
from ..types import Clock, system_clock
from .client import Trusted
from .follower import follow
from .gate import Gate
from .sweeper import sweep_in_turn


class Lifecycle:
    """Opens `Auth` on first use; while the application runs, sweeps dead rows in its turn and
    follows what is decided elsewhere; closes it.

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
        forwarded: bool = False,
        clock: Clock = system_clock,
        record: Record = ignore,
        around: Around = itself,
    ) -> None:
        check_url(database)
        self.gate: Gate | None = None
        self.settings = settings
        self._database = database
        self._root_key_file = None if root_key_file is None else Path(root_key_file)
        self._trusted = Trusted.parse(trusted_proxies, standard=forwarded)
        self._clock = clock
        self._record = record
        self._around = around
        self._opening: asyncio.Task[Gate] | None = None
        self._running: set[object] = set()

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
        """Open for as long as the application runs; where it runs more than once, as under a test
        client within another, the last one closes."""
        gate = await self.open()
        beside = [asyncio.create_task(work(gate.auth)) for work in (sweep_in_turn, follow)]
        this = object()
        self._running.add(this)
        try:
            yield gate.auth
        finally:
            self._running.discard(this)
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            if not self._running:
                await self.close()
            else:
                await gate.streams.stop()

    async def _open(self) -> Gate:
        auth = await open_auth(
            self._database,
            self.settings,
            root_key_file=self._root_key_file,
            clock=self._clock,
            record=self._record,
            around=self._around,
        )
        self.gate = Gate(auth, self._trusted)
        return self.gate

    def _opened(self, task: asyncio.Task[Gate]) -> None:
        self._opening = None
