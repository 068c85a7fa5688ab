"""The database of a server, opened by a command that runs beside it or while it is down."""

import logging
import os
import sqlite3
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..auth import Auth, Record, ignore
from ..errors import ConfigurationError
from ..keys import default_root_key_path
from ..opening import open_auth
from ..server.options import Options
from ..settings import Settings
from ..types import system_clock
from .output import NotDone, remark

if TYPE_CHECKING:
    from ..server.database import Database
    from ..server.recorder import Recorder
    from ..server.users import Users

# a command says by itself what its operator should know
logging.getLogger("doorward").addHandler(logging.NullHandler())

USERS, SESSIONS = "doorward_users", "doorward_sessions"
"""The tables that tell whose file this is."""


@asynccontextmanager
async def opened_auth(
    options: Options, *, make: bool = False, record: Record = ignore
) -> AsyncIterator[Auth]:
    """The sessions and signing keys.  Raises `NotDone` when there is no such database and it is not
    to be made, and `ConfigurationError`."""
    _check(options.database, SESSIONS, make)
    path = root_key_path(options, os.environ)
    missing = path is not None and not path.exists()
    auth = await open_auth(
        options.database, Settings(), root_key_file=options.key_file, record=record
    )
    try:
        yield auth
    finally:
        await auth.store.close()
    if missing:
        remark(f"Note: made a new root key, {path}; the server must be given the same one.")


@asynccontextmanager
async def opened_users(options: Options, *, make: bool = False) -> AsyncIterator["Users"]:
    """The users.  Raises like `opened_auth`."""
    from ..server.users import Users

    async with opened_database(options, make=make) as database:
        yield Users(database)


class Office(NamedTuple):
    """What an operator decides with; each decision is entered into the audit log."""

    users: "Users"
    auth: Auth
    recorder: "Recorder"


@asynccontextmanager
async def opened_office(options: Options, *, make: bool = False) -> AsyncIterator[Office]:
    """The users and the sessions.  Raises like `opened_auth`."""
    async with (
        opened_register(options, make=make) as (users, recorder),
        opened_auth(options, make=make, record=recorder.record) as auth,
    ):
        yield Office(users, auth, recorder)


@asynccontextmanager
async def opened_register(
    options: Options, *, make: bool = False
) -> AsyncIterator[tuple["Users", "Recorder"]]:
    """The users, without their sessions.  Raises like `opened_auth`."""
    from ..server.audit import Audit
    from ..server.entry import OPERATOR
    from ..server.metrics import Metrics
    from ..server.recorder import Recorder
    from ..server.users import Users

    async with opened_database(options, make=make) as database:
        recorder = Recorder(Metrics(), system_clock, outside=OPERATOR)
        async with recorder.entering(Audit(database)):
            yield Users(database), recorder


@asynccontextmanager
async def opened_deciding(options: Options) -> AsyncIterator[Auth]:
    """The sessions and signing keys, to change them.  Raises like `opened_auth`."""
    _check(options.database, SESSIONS, make=False)
    if has_users(options):
        async with opened_office(options) as office:
            yield office.auth
    else:  # an application's own file: what it records is its own affair
        async with opened_auth(options) as auth:
            yield auth


@asynccontextmanager
async def opened_database(options: Options, *, make: bool = False) -> AsyncIterator["Database"]:
    """The server's own tables.  Raises like `opened_auth`."""
    from ..server.database import open_database

    _check(options.database, USERS, make)
    path = database_file(options.database)
    missing = path is not None and not path.exists()
    database = await open_database(options.database)
    try:
        yield database
    finally:
        await database.close()
    if missing:
        remark(f"Note: made a new database, {path}.")


def database_file(url: str) -> Path | None:
    """The file that a database URL names, or None."""
    path = url.removeprefix("sqlite:///")
    return None if path in ("", url) else Path(path).absolute()


def check_folder(url: str) -> None:
    """A slip in a path must not make folders with an empty database in them.  Raises
    `ConfigurationError`."""
    path = database_file(url)
    if path is not None and not path.parent.is_dir():
        raise ConfigurationError(
            f"There is no folder {path.parent} for the database; make it, or name another place"
            " with --database."
        )


def tables(path: Path) -> frozenset[str]:
    """The names of the tables in a database file.  Changes nothing; raises `sqlite3.Error`."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        rows = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    return frozenset(name for (name,) in rows)


def has_users(options: Options) -> bool:
    """Whether the server's users are in the database: an application's own file has none."""
    path = database_file(options.database)
    return path is not None and USERS in tables(path)


def root_key_path(options: Options, environ: Mapping[str, str]) -> Path | None:
    """The root key file, or None when the key itself stands in the environment."""
    if "DOORWARD_ROOT_KEY" in environ:
        return None
    return options.key_file or default_root_key_path(environ, sys.platform)


def _check(url: str, table: str, make: bool) -> None:
    """A slip in a path must not make a new, empty database and then find nobody in it."""
    if url == "memory:":
        raise NotDone("What is in memory: can be reached by its server alone; name a file.")
    if make:
        check_folder(url)
    path = database_file(url)
    if path is None or make:
        return
    if not path.exists():
        raise NotDone(f"There is no database {path}; name the server's with --database.")
    try:
        found = tables(path)
    except sqlite3.Error as error:
        raise ConfigurationError(f"The database {path} cannot be read: {error}.") from error
    if not found & {table, USERS}:  # beside users, sessions may still be made
        what = "users" if table == USERS else "sessions"
        raise NotDone(f"The database {path} keeps no {what} of Doorward; is it the right one?")
