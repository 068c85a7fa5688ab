"""The background tasks of a server."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

from ..errors import StoreUnavailable
from ..settings import MINUTE
from ..web.follower import follow
from ..web.sweeper import in_turn
from .accounts.apply_decisions import keep_sweeping
from .accounts.listeners import Listener, keep_telling
from .audit.log import Audit, nothing
from .db.database import Database
from .journey import MakeLink
from .mail.letter import Filled, Letter
from .metrics.lag import Lag
from .oauth.apply_decisions import keep_sweeping as keep_sweeping_clients
from .retention import erase_due, prune_all
from .service import Service
from .steps.tell_of_guesses import tell_of_guesses


@asynccontextmanager
async def doing(
    service: Service,
    database: Database,
    links: Mapping[str, MakeLink],
    smtp_password: str | None,
    listeners: Sequence[Listener] = (),
) -> AsyncIterator[None]:
    """Enter what happens into the audit log, and do what is to be done again and again, until this
    ends."""
    store, outbox, options = service.auth.store, service.outbox, service.options
    audit = Audit(database, nothing if options.mail == "none" else outbox.put)
    lag = Lag(store, (await store.changes(None)).cursor, service.metrics.revocation_seen)
    prune = partial(prune_all, audit, outbox, database, service.clock, options.audit_ttl)
    erase = partial(erase_due, service.users, service.auth, service.recorder)
    async with (
        service.recorder.entering(audit, lag),
        _beside(_reseal(service)),
        _beside(in_turn("prune", store, service.clock, prune)),
        _beside(in_turn("erase", store, service.clock, erase)),
        _beside(keep_sweeping(service.users, service.auth)),
        _beside(_end_grants(service)),
        _beside(_follow_grants(service)),
        _beside(_post(service, links, smtp_password)),
        _beside(keep_telling(listeners, database, service.users, store, service.clock)),
        _beside(_look_at_heads(service)),
        _beside(_tell_of_guesses(service)),
        service.live_sessions,
    ):
        yield


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


async def _reseal(service: Service) -> None:
    """Where an older root key is given beside the newest: let the secrets of factors do without it.
    Runs until cancelled."""
    if len(service.auth.factor_seal.keys) > 1:
        await in_turn("reseal", service.auth.store, service.clock, service.totp.reseal)


async def _look_at_heads(service: Service) -> None:
    """Log the heads of entries that the command line wrote, which would otherwise wait for an entry
    of this server.  Runs until cancelled."""
    while True:
        await asyncio.sleep(MINUTE)
        with suppress(StoreUnavailable):
            await service.recorder.look_at_head()


async def _tell_of_guesses(service: Service) -> None:
    """Each minute, tell people of too many guesses at their account; not in the request, whose time
    strangers can measure.  Runs until cancelled."""
    while True:
        await asyncio.sleep(MINUTE)
        with suppress(StoreUnavailable):
            await tell_of_guesses(service)


async def _end_grants(service: Service) -> None:
    """End the grants of applications that were disabled, until cancelled."""
    if service.options.provider:
        await keep_sweeping_clients(service.provider)


async def _follow_grants(service: Service) -> None:
    """Let this node know of grants that end at another one, until cancelled: they are remembered
    apart from logins, which the gate follows."""
    if service.options.provider:
        await follow(service.provider.grants)


async def _post(service: Service, links: Mapping[str, MakeLink], password: str | None) -> None:
    """Send what is in the outbox, until cancelled; where no mail is sent, print its links for who
    tries the server on their own machine, or do nothing."""
    options, auth = service.options, service.auth
    fill = partial(filled, service, links)
    if options.mail == "outbox":
        await service.terminal.walk(service.outbox, fill)
    if options.smtp_url is None or options.mail_from is None:
        return
    from .mail.postman import Postman  # its library is slow to import, and few need it

    relay, sender, letters = options.smtp_url, options.mail_from, service.letters
    await Postman(service.outbox, relay, sender, password, letters, fill, auth.clock).walk()


async def filled(service: Service, links: Mapping[str, MakeLink], letter: Letter) -> Filled | None:
    """A letter with its link, made at this moment; None when it has become pointless."""
    make = links.get(letter.kind)
    made = "" if make is None else await make(service, letter)
    return Filled(letter, made) if isinstance(made, str) else made
