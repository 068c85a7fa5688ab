"""What `doorward doctor` looks at: gathered once, and nothing is changed by looking."""

import shutil
import sqlite3
import ssl
import stat
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import ConfigurationError, StoreUnavailable
from ..keys import Keyring, RootKeys, load_root_keys
from ..server.options import Options
from ..settings import Settings
from ..stores import open_store
from ..types import Clock, Session, SigningKey
from ..web.client import Trusted
from .opening import SESSIONS, database_file, root_key_path, tables

MOST_SESSIONS = 200
"""Sessions looked at, those used last."""

MOUNTS = Path("/proc/self/mounts")


@dataclass(frozen=True, slots=True, kw_only=True)
class RootKey:
    """`path` is None when the key itself is in the environment.  `error` is why a server would
    refuse it; `folder_mode` are the permission bits of the folder it lies in."""

    path: Path | None = None
    exists: bool = True
    error: str | None = None
    folder_mode: int = 0o700
    keys: RootKeys | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseFile:
    """`path` is None for `memory:`.  `error` is why it cannot be opened for writing, `ours`
    whether it has our tables, `filesystem` what kind holds it, where the machine tells."""

    path: Path | None = None
    exists: bool = True
    error: str | None = None
    ours: bool = True
    journal: str = "wal"
    mode: int = 0o600
    filesystem: str = ""
    free: int = 2**40
    keys: Sequence[SigningKey] = ()
    sessions: Sequence[Session] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything the checks know.  `refusal` is why a server would not start with these options;
    `sealed` why the root key does not open the signing keys."""

    options: Options
    now: int
    root_key: RootKey
    database: DatabaseFile
    refusal: str | None = None
    sealed: str | None = None


async def gather(options: Options, environ: Mapping[str, str], clock: Clock) -> Facts:
    """Look at the options, the files and the rows."""
    root_key, database = _root_key(options, environ), await _database(options)
    return Facts(
        options=options,
        now=clock(),
        root_key=root_key,
        database=database,
        refusal=_refusal(options),
        sealed=_sealed(root_key.keys, database.keys),
    )


def filesystem_of(path: Path, mounts: str) -> str:
    """The kind of file system that holds `path`, by a table like `/proc/self/mounts`."""
    kinds = {}
    for line in mounts.splitlines():
        _, place, kind, *_ = line.split(" ")
        kinds[Path(place.encode().decode("unicode_escape"))] = kind  # \040 is a space there
    return next((kinds[each] for each in (path, *path.parents) if each in kinds), "")


def _refusal(options: Options) -> str | None:
    try:
        Trusted.parse(options.trusted_proxies)
        Settings(
            mode=options.mode,
            access_ttl=options.access_ttl,
            idle_ttl=options.idle_ttl,
            absolute_ttl=options.absolute_ttl,
            refresh_grace=options.refresh_grace,
            touch_every=options.touch_every,
            max_sessions=options.max_sessions,
            public_origin=options.origin,
        )
        if options.tls_cert is not None:
            ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(
                options.tls_cert, options.tls_key
            )
    except ConfigurationError as error:
        return str(error)
    except OSError as error:  # also what ssl raises
        return f"the TLS certificate or key cannot be used: {error}"
    return None


def _root_key(options: Options, environ: Mapping[str, str]) -> RootKey:
    try:
        path = root_key_path(options, environ)
    except ConfigurationError as error:
        return RootKey(error=str(error))
    if path is not None and not path.exists():
        return RootKey(path=path, exists=False)
    folder_mode = 0o700 if path is None else stat.S_IMODE(path.parent.stat().st_mode)
    try:
        # they exist or not: what is missing must not be made
        keys = load_root_keys(path, environ, sealed_exist=True)
    except ConfigurationError as error:
        return RootKey(path=path, error=str(error), folder_mode=folder_mode)
    return RootKey(path=path, keys=keys, folder_mode=folder_mode)


def _sealed(root: RootKeys | None, keys: Sequence[SigningKey]) -> str | None:
    if root is None or not keys:
        return None
    try:
        Keyring(keys, root, retain=0)
    except ConfigurationError as error:
        return str(error)
    return None


async def _database(options: Options) -> DatabaseFile:
    path = database_file(options.database)
    if path is None:
        known = options.database == "memory:"
        return DatabaseFile(error=None if known else f"cannot open {options.database!r}")
    if not path.exists():
        return DatabaseFile(path=path, exists=False, filesystem=_filesystem(path))
    try:
        found = await _looked_into(options.database, path)
    except (ConfigurationError, StoreUnavailable, sqlite3.Error) as error:
        found = DatabaseFile(error=str(error))
    return replace(
        found,
        path=path,
        mode=stat.S_IMODE(path.stat().st_mode),
        filesystem=_filesystem(path),
        free=shutil.disk_usage(path.parent).free,
    )


async def _looked_into(url: str, path: Path) -> DatabaseFile:
    """Opening for writing is the trial of that; but a file that is not ours is left as it is."""
    if SESSIONS not in tables(path):
        return DatabaseFile(ours=False)
    store = open_store(url)
    try:
        return DatabaseFile(
            journal=_journal(path),
            keys=await store.keys(),
            sessions=await store.list(None, 0, limit=MOST_SESSIONS),
        )
    finally:
        await store.close()


def _journal(path: Path) -> str:
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        return str(connection.execute("PRAGMA journal_mode").fetchone()[0])


def _filesystem(path: Path) -> str:
    return filesystem_of(path.resolve(), MOUNTS.read_text()) if MOUNTS.exists() else ""
