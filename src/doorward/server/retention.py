"""How long the audit log and the letters are kept."""

import asyncio
import logging

from ..errors import StoreUnavailable
from ..settings import DAY
from ..types import Clock
from ..web.sweeper import PAUSE
from .accounts import account_events
from .audit import event_log
from .audit.log import PAGE, PRUNED, Audit
from .db.database import Database
from .mail.outbox import Outbox

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
    """Delete old entries and letters, and account events that nobody asked for.  A database that
    does not answer is only noted."""
    try:
        await prune(audit, clock, keep)
        await outbox.forget(clock())
        await account_events.forget_older(database, UNTOLD)
    except StoreUnavailable as error:  # the next hour will do
        event_log.write(logging.WARNING, "audit_not_pruned", clock(), {"reason": str(error)})
