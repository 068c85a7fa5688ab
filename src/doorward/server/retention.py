"""How long the audit log, the letters and deleted accounts are kept."""

import asyncio
import logging

from ..auth import Auth
from ..errors import StoreUnavailable
from ..settings import DAY
from ..types import Clock
from ..web.sweeper import PAUSE
from .accounts import account_events, email_changes
from .accounts.deletion import erase
from .accounts.users import Users
from .audit import event_log
from .audit.log import PAGE, PRUNED, Audit
from .db.database import Database
from .mail.outbox import Outbox
from .oauth.clients import Clients
from .recorder import Recorder

UNTOLD = 7 * DAY
"""Seconds for which an account event waits for an application that asks."""


async def prune(audit: Audit, clock: Clock, keep: int) -> int:
    """Delete the entries older than `keep` seconds.  Returns how many went."""
    total, gone = 0, PAGE
    while gone == PAGE:
        now = clock()
        gone = await audit.prune(now - keep, at=now)
        total += gone
        await asyncio.sleep(PAUSE)
    if total:
        event_log.write(logging.INFO, PRUNED, clock(), {"entries": total})
    return total


async def prune_all(
    audit: Audit, outbox: Outbox, database: Database, clock: Clock, keep: int
) -> None:
    """Delete old entries, letters and changes of address, account events that nobody asked for, and
    clients that only strangers named.  A database that does not answer is only noted."""
    try:
        await prune(audit, clock, keep)
        await outbox.forget(clock())
        await account_events.forget_older(database, UNTOLD)
        await email_changes.forget_older(database, clock() - email_changes.KEPT)
        await Clients(database).forget_described(clock())
    except StoreUnavailable as error:  # the next hour will do
        event_log.write(logging.WARNING, "audit_not_pruned", clock(), {"reason": str(error)})


async def erase_due(users: Users, auth: Auth, recorder: Recorder) -> int:
    """Erase the accounts that their owners deleted, once the days of grace are over, and enter each
    into the audit log.  How many there were.  Raises `StoreUnavailable`: what is left stays due."""
    total = 0
    while found := await users.due(auth.clock()):
        for user in found:
            if await erase(users, auth, user, at=auth.clock()):
                await recorder.note("user_erased", subject=user.subject)
                total += 1
        await asyncio.sleep(PAUSE)
    return total
