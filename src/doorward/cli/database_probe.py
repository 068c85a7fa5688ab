"""The databases of a setup, as `doorward doctor` finds them; nothing is changed by looking."""

import logging
import shutil
import sqlite3
import stat
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from ..errors import ConfigurationError, StoreUnavailable
from ..server.db.database import check_writable
from ..server.db.url import shown
from ..server.db.url_security import OpenWay, open_way
from ..server.options import Options
from ..stores import EVERY_ROW, POSTGRES, Backend, open_store
from ..types import Session, SigningKey
from .left_log import Trouble, trouble_of
from .moved_notice import moved
from .tables import SESSIONS, USERS, database_file, tables

MAX_SESSIONS = 200
"""Sessions looked at, those used last."""

MOUNTS = Path("/proc/self/mounts")


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One database: `place` is where, `option` what says so, `what` lies there.

    `path` is None unless the database is a file; for `memory:`, `place` is None too.  `error` is
    why it cannot be used, `left_log` what is wrong with the log beside the file, `ours` whether it
    has Doorward's tables, `filesystem` the kind of file system, if known.  `horizon` is the age in
    seconds of PostgreSQL's oldest transaction that may still write; `opens` is how many connections
    one process may open there, and `takes` how many PostgreSQL accepts.  `remarks` are the warnings
    of a store when it was opened, `moved` is the text of a seal, and `way` what is unprotected
    about the connection to it.
    """

    option: str = "--database"
    what: str = "users and sessions"
    place: str | None = None
    path: Path | None = None
    exists: bool = True
    error: str | None = None
    left_log: Trouble | None = None
    ours: bool = True
    journal: str = "wal"
    mode: int = 0o600
    filesystem: str = ""
    free: int = 2**40
    horizon: float = 0
    opens: int = 0
    takes: int | None = None
    remarks: Sequence[str] = ()
    moved: str | None = None
    way: OpenWay | None = None


class Found(NamedTuple):
    """The databases, and the keys and sessions in the last of them."""

    databases: tuple[Held, ...]
    keys: Sequence[SigningKey] = ()
    logins: Sequence[Session] = ()


async def look(options: Options) -> Found:
    """At both databases, or the one of both."""
    if options.sessions_url == options.database:
        return await _sessions(Held(), options.database)
    users = await _users(Held(what="users"), options.database)
    there = Held(option="--sessions", what="sessions")
    found = await _sessions(there, options.sessions_url)
    return found._replace(databases=(users, *found.databases))


def filesystem_of(path: Path, mounts: str) -> str:
    """The kind of file system that holds `path`, by a table like `/proc/self/mounts`."""
    kinds = {}
    for line in mounts.splitlines():
        _, place, kind, *_ = line.split(" ")
        kinds[Path(place.encode().decode("unicode_escape"))] = kind  # \040 is a space there
    return next((kinds[each] for each in (path, *path.parents) if each in kinds), "")


async def _users(held: Held, url: str) -> Held:
    held = _file(held, url)
    if held.left_log is not None:
        return held
    try:
        found = await tables(url) if url != "memory:" else frozenset({USERS})
        held = replace(held, moved=await moved(url))
        if url != "memory:" and USERS in (found or ()):
            await check_writable(url)
        held = await _counted(held, url)
    except (ConfigurationError, StoreUnavailable) as error:
        return replace(held, error=str(error).rstrip("."))
    return held if found is None else replace(held, ours=USERS in found)


async def _sessions(held: Held, url: str) -> Found:
    """To open a store is the trial of it; but what is not ours is left as it is."""
    held = _file(held, url)
    if not held.exists or url == "memory:" or held.left_log is not None:
        return Found((held,))
    try:
        found = await tables(url) or frozenset()
        if USERS in found or url.partition(":")[0] in POSTGRES:
            await check_writable(url)
        held = await _counted(held, url)
        if SESSIONS not in found:
            return Found((replace(held, ours=False),))
        held = replace(held, moved=await moved(url))
        with _warned() as remarks:
            return await _opened(held, url, remarks)
    except (ConfigurationError, StoreUnavailable) as error:
        return Found((replace(held, error=str(error).rstrip(".")),))


async def _opened(held: Held, url: str, remarks: Sequence[str]) -> Found:
    store = open_store(url)
    try:
        keys = await store.keys()
        logins = await store.sessions(None, EVERY_ROW, limit=MAX_SESSIONS, grants=False)
        horizon = await _horizon(store)
        if held.moved is None:
            await _check_room(store)
    finally:
        await store.close()
    return Found((replace(held, horizon=horizon, remarks=remarks),), keys, logins)


async def _counted(held: Held, url: str) -> Held:
    if url.partition(":")[0] not in POSTGRES:
        return held
    from ..server.db.engines.postgres import CONNECTIONS, connections_of
    from ..stores.postgres.pool import OPENED

    opens = CONNECTIONS * ("users" in held.what) + OPENED * ("sessions" in held.what)
    return replace(held, opens=opens, takes=await connections_of(url))


async def _check_room(store: Backend) -> None:
    """A store that keeps everything in memory may open although it is full."""
    check = getattr(store, "check_room", None)
    if check is not None:
        await check()


async def _horizon(store: Backend) -> float:
    """The age of the oldest transaction that may still write, or 0 where the store does not tell
    it."""
    watch = getattr(store, "watch", None)
    return 0 if watch is None else (await watch()).get("horizon_seconds", 0)


def _file(held: Held, url: str) -> Held:
    """The facts about a file that need no opening."""
    path = database_file(url)
    if path is None:
        return held if url == "memory:" else replace(held, place=shown(url), way=open_way(url))
    held = replace(held, place=str(path), path=path, filesystem=_filesystem(path))
    if not path.exists():
        return replace(held, exists=False)
    if (trouble := trouble_of(path)) is not None:
        return replace(held, error=trouble.says, left_log=trouble)
    try:
        mode, free = stat.S_IMODE(path.stat().st_mode), shutil.disk_usage(path.parent).free
    except FileNotFoundError:  # gone since the look
        return replace(held, exists=False)
    return replace(held, mode=mode, free=free, journal=_journal(path))


def _journal(path: Path) -> str:
    """Empty when the file is no database, which will show."""
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            return str(connection.execute("PRAGMA journal_mode").fetchone()[0])
    except sqlite3.Error:
        return ""


def _filesystem(path: Path) -> str:
    return filesystem_of(path.resolve(), MOUNTS.read_text()) if MOUNTS.exists() else ""


class _Notes(logging.Handler):
    def __init__(self, notes: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._notes = notes

    def emit(self, record: logging.LogRecord) -> None:
        self._notes.append(record.getMessage())


@contextmanager
def _warned() -> Iterator[list[str]]:
    """Collect the warnings that are logged within the block."""
    notes: list[str] = []
    handler, log = _Notes(notes), logging.getLogger("doorward")
    log.addHandler(handler)
    try:
        yield notes
    finally:
        log.removeHandler(handler)
