"""Open everything an application needs by a few words: the store, the root key, `Auth`."""

import asyncio
import logging
import os
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path

from .auth import Auth
from .errors import ConfigurationError
from .events import Record, ignore
from .keys import RootKeys, load_root_keys
from .settings import Settings
from .stores import Backend, open_store
from .types import Clock, system_clock

log = logging.getLogger("doorward")


Around = Callable[[Backend], Backend]


def itself(store: Backend) -> Backend:
    """Nothing around a store."""
    return store


async def open_auth(
    database: str,
    settings: Settings,
    *,
    root_key_file: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    clock: Clock = system_clock,
    record: Record = ignore,
    around: Around = itself,
    grants: Collection[Settings] = (),
) -> Auth:
    """Open the database and the root key.  `around` may put something around the store, such as a
    clock that times it; `grants` are the settings of the `Grants` that will be beside it.

    The root key is `DOORWARD_ROOT_KEY`, else the file, which is made at first start while the
    database holds no key sealed under a lost one.  Raises `ConfigurationError`.
    """
    store = around(await _opened(database))
    try:
        sealed = any(key.sealed_private is not None for key in await store.keys())
        root = load_root_keys(root_key_file, environ, sealed_exist=sealed)
        _tell_of(root)
        auth = Auth(store, settings, root, clock=clock, record=record, grants=grants)
        if auth.signs:
            await auth.signing.ring()
        return auth
    except BaseException:
        await store.close()
        raise


async def _opened(database: str) -> Backend:
    """Open the store in a thread: its file may be locked by another application of this event
    loop, which must go on to release it.  When cancelled, the store is closed once it is open."""
    # a future, not a task: a loop that ends cancels every task, and the store would stay open
    opening = asyncio.get_running_loop().run_in_executor(None, open_store, database)
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        with suppress(ConfigurationError):
            await (await asyncio.shield(opening)).close()
        raise


def _tell_of(root: RootKeys) -> None:
    """A key that nobody gave must not go unnoticed: without it, what it seals is lost."""
    if root.made:
        log.warning("made a new root key at %s: keep a copy, apart from the database", root.source)
    else:
        log.info("root key from %s", root.source)
