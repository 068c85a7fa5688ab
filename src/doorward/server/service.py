"""What every journey needs, opened with the application and closed with it."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..auth import Auth
from ..keys import RootKeys, default_root_key_path, load_root_keys
from ..passwords import Cost, Passwords
from ..types import Clock
from ..web.fastapi import Doorward
from .audit import Audit
from .census import Census
from .database import open_database
from .devices import Devices
from .flows.settle import keep_sweeping
from .history import History
from .lag import Lag
from .limiter import Limiter
from .metrics import Metrics
from .options import Options
from .recorder import Recorder
from .retention import prune_hourly
from .scrape import load_token
from .timed import timed
from .trouble import Trouble
from .users import Users


@dataclass(frozen=True, slots=True)
class Service:
    """The users, the sessions, and what stands between them and guessing."""

    options: Options
    doorward: Doorward
    auth: Auth
    users: Users
    passwords: Passwords
    limiter: Limiter
    devices: Devices
    recorder: Recorder
    history: History
    metrics: Metrics
    census: Census
    metrics_token: bytes | None
    trouble: Trouble
    clock: Clock


@asynccontextmanager
async def opened(
    options: Options,
    doorward: Doorward,
    recorder: Recorder,
    metrics: Metrics,
    clock: Clock,
    cost: Cost | None,
) -> AsyncIterator[Service]:
    """Open the database and the root key.  Raises `ConfigurationError`."""
    token = options.metrics_token_file and load_token(options.metrics_token_file)
    database = await open_database(options.database)
    passwords = Passwords(cost)
    try:
        async with doorward.lifespan(None):
            auth = await doorward.auth()
            auth.store = timed(auth.store, metrics.store_answered)
            begun = (await auth.store.changes(None)).cursor
            audit, census = Audit(database), Census(auth)
            lag = Lag(auth.store, begun, metrics.revocation_seen)
            pruning = prune_hourly(audit, clock, options.audit_ttl)
            users = Users(database)
            sweeping = keep_sweeping(users, auth)
            async with recorder.entering(audit, lag), _beside(pruning), _beside(sweeping), census:
                yield Service(
                    options=options,
                    doorward=doorward,
                    auth=auth,
                    users=users,
                    passwords=passwords,
                    limiter=Limiter(auth.store, clock),
                    devices=Devices(_root_keys(options).derive("device")),
                    recorder=recorder,
                    history=History(database),
                    metrics=metrics,
                    census=census,
                    metrics_token=token or None,
                    trouble=Trouble(clock),
                    clock=clock,
                )
    finally:
        passwords.close()
        await database.close()


@asynccontextmanager
async def _beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Do it in the background until this ends."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _root_keys(options: Options) -> RootKeys:
    """The root keys that `Auth` just opened."""
    path = options.key_file or Path()
    if options.key_file is None and "DOORWARD_ROOT_KEY" not in os.environ:
        path = default_root_key_path(os.environ, sys.platform)
    return load_root_keys(path, os.environ, sealed_exist=True)
