"""The service opened: database, sessions and keys, and what is done beside the requests."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from ..keys import load_root_keys, root_key_path
from ..passwords import Cost, Passwords
from ..stores import POSTGRES
from ..types import Clock
from ..web.devices import Devices
from ..web.fastapi import Doorward
from ..web.limiter import Limiter
from .accounts.breached import BreachedPasswords, open_breached
from .accounts.email_changes import EmailChanges
from .accounts.factors import Factors
from .accounts.guess_alarm import GuessAlarm
from .accounts.listeners import Listener
from .accounts.passkeys import Passkeys
from .accounts.recovery_codes import RecoveryCodes
from .accounts.totp import Totp, check_not_lost
from .accounts.users import Users
from .audit.history import History
from .audit.sampling import Sampling
from .background import doing
from .db.database import Database, check_writable, open_database
from .journey import Journey
from .mail.letter import Letters
from .mail.outbox import Outbox
from .mail.password import load_password
from .mail.terminal import Say, Shows, Terminal, always, to_stderr
from .metrics.health import RecentFailure
from .metrics.live_sessions import LiveSessions
from .metrics.metrics import Metrics
from .metrics.scrape import load_token
from .oauth.provider import Lifetimes, provider_of
from .options import Options
from .recorder import Recorder
from .service import Service
from .ui.site import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What stands before the service is opened: the gate, and what takes down what happens.
    `listeners` are told of accounts."""

    options: Options
    doorward: Doorward
    recorder: Recorder
    metrics: Metrics
    clock: Clock
    cost: Cost | None
    listeners: list[Listener] = field(default_factory=list)


class _Files(NamedTuple):
    """What was read from the files that options name."""

    metrics_token: bytes | None
    smtp_password: str | None
    breached: BreachedPasswords | None


@asynccontextmanager
async def opened(
    found: Base, declared: Journey, site: Site, shows: Shows = always, say: Say = to_stderr
) -> AsyncIterator[Service]:
    """Open the database and the root key; `declared` is what all journeys declare, `site` how
    pages look, `shows` whether links may be printed, and `say` prints them.  Raises
    `ConfigurationError`."""
    files = _read_files(found.options)
    database = await open_database(found.options.database)
    passwords = Passwords(found.cost)
    try:
        await _check(found.options, database)
        async with found.doorward.lifespan(None):
            letters = Letters(declared.letters, found.options.base_url, site.name)
            terminal = Terminal(letters, found.clock, shows, say)
            service = await _service(found, declared, site, files, database, passwords, terminal)
            await service.totp.check_root_key()
            if found.options.provider:
                await service.provider.make_keys()
            links, listeners = declared.links, found.listeners
            async with doing(service, database, links, files.smtp_password, listeners):
                yield service
    finally:
        passwords.close()
        await database.close()


def _lifetimes(options: Options) -> Lifetimes:
    return Lifetimes(options.grant_access_ttl, options.grant_idle_ttl, options.grant_absolute_ttl)


async def _service(
    found: Base,
    declared: Journey,
    site: Site,
    files: _Files,
    database: Database,
    passwords: Passwords,
    terminal: Terminal,
) -> Service:
    """All that journeys need, on an open database."""
    options, recorder, clock = found.options, found.recorder, found.clock
    auth = await found.doorward.auth()
    # the same that `auth` has: nothing is made here
    root = load_root_keys(options.key_file, os.environ, sealed_exist=True)
    return Service(
        options=options,
        doorward=found.doorward,
        auth=auth,
        users=Users(database),
        email_changes=EmailChanges(database),
        factors=Factors(database),
        passkeys=Passkeys(database),
        totp=Totp(database, auth.factor_seal),
        recovery_codes=RecoveryCodes(database, passwords),
        provider=provider_of(
            auth,
            root,
            recorder.record,
            database,
            options.base_url,
            _lifetimes(options),
            applications=options.applications,
            hosts=options.document_hosts,
        ),
        passwords=passwords,
        breached=files.breached,
        limiter=Limiter(auth.store, clock),
        devices=Devices(auth.device_keys, auth.settings.cookie_suffix or ""),
        recorder=recorder,
        history=History(database),
        kinds=recorder.kinds,
        outbox=Outbox(database, declared.letters, sends=options.mail != "none"),
        letters=terminal.letters,
        terminal=terminal,
        notices=declared.notices,
        site=site,
        metrics=found.metrics,
        live_sessions=LiveSessions(auth),
        metrics_token=files.metrics_token,
        recent_failure=RecentFailure(clock),
        sampling=Sampling(),
        guess_alarm=GuessAlarm(),
        clock=clock,
    )


def _read_files(options: Options) -> _Files:
    token = options.metrics_token_file and load_token(options.metrics_token_file)
    password = options.smtp_password_file and load_password(options.smtp_password_file)
    return _Files(token or None, password or None, open_breached(options.breached_file))


async def _check(options: Options, database: Database) -> None:
    """See that the database can be written, and that no factor in it lost its root key."""
    # Opening a file has written to it already, and waiting for its lock here would block its
    # holder in this process.  In PostgreSQL, a role's rights differ by table.
    if options.database.partition(":")[0] in POSTGRES:
        await check_writable(options.database)
    if missing := _missing_root_key(options):
        await check_not_lost(database, missing)


def _missing_root_key(options: Options) -> Path | None:
    """The file of the root key, if one is needed and is not there."""
    path = root_key_path(options.key_file, os.environ)
    return None if path is None or path.exists() else path
