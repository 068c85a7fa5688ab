"""How long the audit log is kept."""

import asyncio
import logging

from ..errors import StoreUnavailable
from ..settings import HOUR
from ..types import Clock
from . import events
from .audit import PAGE, PRUNED, Audit


async def prune(audit: Audit, clock: Clock, keep: int) -> int:
    """Delete the entries older than `keep` seconds.  Returns how many went."""
    total, gone = 0, PAGE
    while gone == PAGE:
        now = clock()
        gone = await audit.prune(now - keep, at=now)
        total += gone
    if total:
        events.write(logging.INFO, PRUNED, clock(), {"entries": total})
    return total


async def prune_hourly(audit: Audit, clock: Clock, keep: int) -> None:
    """Until it is cancelled."""
    while True:
        try:
            await prune(audit, clock, keep)
        except StoreUnavailable as error:  # the next hour will do
            events.write(logging.WARNING, "audit_not_pruned", clock(), {"reason": str(error)})
        await asyncio.sleep(HOUR)
