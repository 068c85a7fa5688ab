"""The service opened: database, sessions and keys, and what is done beside the requests."""

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from ..keys import load_root_keys, root_key_path
from ..passwords import Cost, Passwords
from ..stores import POSTGRES
from ..types import Clock
from ..web.devices import Devices
from ..web.fastapi import Doorward
from ..web.limiter import Limiter
from .accounts.breached import open_breached
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
from .db.database import check_writable, open_database
from .journey import Journey
from .mail.letter import Letters
from .mail.outbox import Outbox
from .mail.password import load_password
from .mail.terminal import Say, Shows, Terminal, always, to_stderr
from .metrics.health import RecentFailure
from .metrics.live_sessions import LiveSessions
from .metrics.metrics import Metrics
from .metrics.scrape import load_token
from .oauth.provider import provider_of
from .options import Options
from .recorder import Recorder
from .service import Service
from .ui.site import Site


@asynccontextmanager
async def opened(
    options: Options,
    doorward: Doorward,
    recorder: Recorder,
    metrics: Metrics,
    clock: Clock,
    cost: Cost | None,
    declared: Journey,
    site: Site,
    listeners: Sequence[Listener] = (),
    shows: Shows = always,
    say: Say = to_stderr,
) -> AsyncIterator[Service]:
    """Open the database and the root key; `declared` is what all journeys declare, `site` how
    pages look, `listeners` who is told of accounts, `shows` whether links may be printed, and `say`
    prints them.  Raises `ConfigurationError`."""
    token = options.metrics_token_file and load_token(options.metrics_token_file)
    password = options.smtp_password_file and load_password(options.smtp_password_file)
    breached = open_breached(options.breached_file)
    database = await open_database(options.database)
    passwords = Passwords(cost)
    try:
        # Opening a file has written to it already, and waiting for its lock here would block its
        # holder in this process.  In PostgreSQL, a role's rights differ by table.
        if options.database.partition(":")[0] in POSTGRES:
            await check_writable(options.database)
        if missing := _missing_root_key(options):
            await check_not_lost(database, missing)
        async with doorward.lifespan(None):
            auth = await doorward.auth()
            # the same that `auth` has: nothing is made here
            root = load_root_keys(options.key_file, os.environ, sealed_exist=True)
            letters = Letters(declared.letters, options.base_url, site.name)
            service = Service(
                options=options,
                doorward=doorward,
                auth=auth,
                users=Users(database),
                email_changes=EmailChanges(database),
                factors=Factors(database),
                passkeys=Passkeys(database),
                totp=Totp(database, auth.factor_seal),
                recovery_codes=RecoveryCodes(database, passwords),
                provider=provider_of(auth, root, recorder.record, database, options.base_url),
                passwords=passwords,
                breached=breached,
                limiter=Limiter(auth.store, clock),
                devices=Devices(auth.device_keys, auth.settings.cookie_suffix or ""),
                recorder=recorder,
                history=History(database),
                kinds=recorder.kinds,
                outbox=Outbox(database, declared.letters, sends=options.mail != "none"),
                letters=letters,
                terminal=Terminal(letters, clock, shows, say),
                notices=declared.notices,
                site=site,
                metrics=metrics,
                live_sessions=LiveSessions(auth),
                metrics_token=token or None,
                recent_failure=RecentFailure(clock),
                sampling=Sampling(),
                guess_alarm=GuessAlarm(),
                clock=clock,
            )
            await service.totp.check_root_key()
            async with doing(service, database, declared.links, password, listeners):
                yield service
    finally:
        passwords.close()
        await database.close()


def _missing_root_key(options: Options) -> Path | None:
    """The file of the root key, if one is needed and is not there."""
    path = root_key_path(options.key_file, os.environ)
    return None if path is None or path.exists() else path
