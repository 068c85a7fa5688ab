"""What every journey needs, opened with the application and closed with it."""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from ..auth import Auth
from ..keys import RootKeys, default_root_key_path, load_root_keys
from ..passwords import Cost, Passwords
from ..types import Clock
from ..web.fastapi import Doorward
from .database import open_database
from .devices import Devices
from .limiter import Limiter
from .options import Options
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
    clock: Clock


@asynccontextmanager
async def opened(
    options: Options, doorward: Doorward, clock: Clock, cost: Cost | None
) -> AsyncIterator[Service]:
    """Open the database and the root key.  Raises `ConfigurationError`."""
    database = await open_database(options.database)
    passwords = Passwords(cost)
    try:
        async with doorward.lifespan(None):
            auth = await doorward.auth()
            yield Service(
                options=options,
                doorward=doorward,
                auth=auth,
                users=Users(database),
                passwords=passwords,
                limiter=Limiter(auth.store, clock),
                devices=Devices(_root_keys(options).derive("device")),
                clock=clock,
            )
    finally:
        passwords.close()
        await database.close()


def _root_keys(options: Options) -> RootKeys:
    """The root keys that `Auth` just opened."""
    path = options.key_file or Path()
    if options.key_file is None and "DOORWARD_ROOT_KEY" not in os.environ:
        path = default_root_key_path(os.environ, sys.platform)
    return load_root_keys(path, os.environ, sealed_exist=True)
