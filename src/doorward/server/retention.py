"""How long the audit log and the letters are kept."""

import asyncio
import logging

from ..errors import StoreUnavailable
from ..types import Clock
from ..web.sweeper import PAUSE
from .audit import event_log
from .audit.log import PAGE, PRUNED, Audit
from .mail.outbox import Outbox


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


async def prune_all(audit: Audit, outbox: Outbox, clock: Clock, keep: int) -> None:
    """Delete old entries and letters.  A database that does not answer is only noted."""
    try:
        await prune(audit, clock, keep)
        await outbox.forget(clock())
    except StoreUnavailable as error:  # the next hour will do
        event_log.write(logging.WARNING, "audit_not_pruned", clock(), {"reason": str(error)})
