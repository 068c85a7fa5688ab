"""The database of a server, opened by a command that runs beside it or while it is down."""

import logging
import os
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from .. import keys
from ..auth import Auth
from ..errors import ConfigurationError, StoreUnavailable
from ..events import Record, ignore
from ..open import open_auth
from ..server.accounts.breached_file import read_header
from ..server.db.url import check_database
from ..server.http.tls import tls_context
from ..server.library_settings import library_settings, named
from ..server.mail.password import load_password
from ..server.options import Options
from ..settings import Settings
from ..stores import check_url
from ..types import system_clock
from ..web.client import Trusted
from .output import NotDone, remark
from .tables import SESSIONS, USERS, database_file, place_of, tables

if TYPE_CHECKING:
    from ..server.accounts.users import Users
    from ..server.client_decisions import Registry
    from ..server.db.database import Database
    from ..server.recorder import Recorder

# a command says by itself what its operator should know
logging.getLogger("doorward").addHandler(logging.NullHandler())


@asynccontextmanager
async def opened_auth(
    options: Options, *, make: bool = False, record: Record = ignore
) -> AsyncIterator[Auth]:
    """The sessions and signing keys.  Raises `NotDone` when there is no such database and it is not
    to be made, and `ConfigurationError`."""
    await _check(options, SESSIONS, make)
    path = root_key_path(options, os.environ)
    missing = path is not None and not path.exists()
    try:
        auth = await open_auth(
            options.sessions_url, Settings(), root_key_file=options.key_file, record=record
        )
    except StoreUnavailable as error:
        raise unreached(options.sessions_url, error) from error
    try:
        yield auth
    finally:
        await auth.store.close()
    if missing:
        remark(f"Note: made a new root key, {path}; the server must be given the same one.")


@asynccontextmanager
async def opened_users(options: Options, *, make: bool = False) -> AsyncIterator["Users"]:
    """The users.  Raises like `opened_auth`."""
    from ..server.accounts.users import Users

    async with opened_database(options, make=make) as database:
        yield Users(database)


class Office(NamedTuple):
    """The parts with which an operator decides; each decision is entered into the audit log."""

    users: "Users"
    auth: Auth
    recorder: "Recorder"


@asynccontextmanager
async def opened_office(
    options: Options, *, make: bool = False, letters: Collection[str] = ()
) -> AsyncIterator[Office]:
    """The users and the sessions.  `letters` are the kinds of decisions of which the server is to
    tell the person by mail.  Raises like `opened_auth`."""
    async with (
        opened_register(options, make=make, letters=letters) as (users, recorder),
        opened_auth(options, make=make, record=recorder.record) as auth,
    ):
        yield Office(users, auth, recorder)


@asynccontextmanager
async def opened_register(
    options: Options, *, make: bool = False, letters: Collection[str] = ()
) -> AsyncIterator[tuple["Users", "Recorder"]]:
    """The users, without their sessions.  Raises like `opened_auth`."""
    from ..server.accounts.users import Users

    async with _recorded(options, make=make, letters=letters) as (database, recorder):
        yield Users(database), recorder


@asynccontextmanager
async def opened_registry(
    options: Options,
) -> AsyncIterator[tuple["Registry", "Users"]]:
    """Other applications and their grants, and the people.  Raises like `opened_auth`."""
    from ..server.accounts.users import Users
    from ..server.client_decisions import Registry
    from ..server.oauth.provider import provider_of

    async with (
        _recorded(options) as (database, recorder),
        opened_auth(options, record=recorder.record) as auth,
    ):
        root = keys.load_root_keys(options.key_file, os.environ, sealed_exist=True)
        provider = provider_of(auth, root, recorder.record, database, options.base_url)
        yield Registry(provider, recorder), Users(database)


@asynccontextmanager
async def _recorded(
    options: Options, *, make: bool = False, letters: Collection[str] = ()
) -> AsyncIterator[tuple["Database", "Recorder"]]:
    """The server's own tables, and what enters each decision into the audit log."""
    from ..server.audit.entry import OPERATOR
    from ..server.audit.kinds import Kinds
    from ..server.audit.log import Audit, nothing
    from ..server.mail.outbox import Outbox
    from ..server.metrics.metrics import Metrics
    from ..server.recorder import Recorder

    async with opened_database(options, make=make) as database:
        kinds = Kinds()
        recorder = Recorder(Metrics(kinds), system_clock, kinds, outside=OPERATOR)
        outbox = Outbox(database, letters, sends=options.mail == "smtp")
        put = nothing if options.mail == "none" else outbox.put
        async with recorder.entering(Audit(database, put)):
            yield database, recorder


@asynccontextmanager
async def opened_deciding(options: Options) -> AsyncIterator[Auth]:
    """The sessions and signing keys, to change them.  Raises like `opened_auth`."""
    await _check(options, SESSIONS, make=False)
    if await has_users(options):
        async with opened_office(options) as office:
            yield office.auth
    else:  # an application's own database: what it records is its own affair
        async with opened_auth(options) as auth:
            yield auth


@asynccontextmanager
async def opened_database(options: Options, *, make: bool = False) -> AsyncIterator["Database"]:
    """The server's own tables.  Raises like `opened_auth`."""
    from ..server.db.database import open_database

    await _check(options, USERS, make)
    path = database_file(options.database)
    missing = path is not None and not path.exists()
    database = await open_database(options.database)
    try:
        yield database
    finally:
        await database.close()
    if missing:
        remark(f"Note: made a new database, {path}.")


def check_options(options: Options) -> None:
    """Check the options, and the files they name, without a database.  Raises
    `ConfigurationError`."""
    check_databases(options)
    Trusted.parse(options.trusted_proxies)
    try:
        Settings(**library_settings(options))
    except ConfigurationError as error:
        raise ConfigurationError(named(options, str(error))) from None
    if options.smtp_password_file is not None:
        load_password(options.smtp_password_file)
    if options.breached_file is not None:
        read_header(
            Path(options.breached_file)
        )  # all of it only once, by the server: it may be big
    tls_context(options)


def check_databases(options: Options) -> None:
    """Whether both URLs name what their option is for, told without opening anything.  Raises
    `ConfigurationError`."""
    check_database(options.database)
    check_url(options.sessions_url)


def check_folders(
    options: Options, database: str = "--database", sessions: str = "--sessions"
) -> None:
    """A slip in a path must not make folders with an empty database in them.  Raises
    `ConfigurationError`; `database` and `sessions` are the options that named the places."""
    for name, url in ((database, options.database), (sessions, options.sessions_url)):
        path = database_file(url)
        if path is not None and not path.parent.is_dir():
            raise ConfigurationError(
                f"There is no folder {path.parent} for the database; make it, or name another"
                f" place with {name}."
            )


def unreached(url: str, error: StoreUnavailable) -> NotDone:
    """That the store at this URL does not answer, in one sentence."""
    cause = str(error).rstrip(".")
    return NotDone(f"The store at {place_of(url)} cannot be reached: {cause}.")


async def has_users(options: Options) -> bool:
    """Whether the server's users are in the database: an application's own has none."""
    return USERS in (await tables(options.database) or ())


def root_key_path(options: Options, environ: Mapping[str, str]) -> Path | None:
    """The root key file, or None when the key itself stands in the environment."""
    return keys.root_key_path(options.key_file, environ)


async def _check(options: Options, table: str, make: bool) -> None:
    """A slip in a URL must not make a new, empty database and then find nobody in it."""
    name, url = _named(options, table)
    if table == USERS:
        check_databases(options)
    if url == "memory:":
        raise NotDone("A database in memory: can be reached by its server alone; name a file.")
    if make:
        check_folders(options)
    found = await tables(url)
    if make:
        return
    if found is None:
        raise NotDone(
            f"There is no database {database_file(url)}; name the server's with {name}, or make it"
            " with `doorward migrate` or `doorward serve`."
        )
    if not found & {table, USERS}:  # beside users, sessions may still be made
        what = "users" if table == USERS else "sessions"
        raise NotDone(
            f"The database {place_of(url)} keeps no {what} of Doorward; is it the right one?"
        )


def _named(options: Options, table: str) -> tuple[str, str]:
    """The option that says where a table is, and what it says."""
    if table == USERS or options.sessions is None:
        return "--database", options.database
    return "--sessions", options.sessions
