"""Limits that close: each leaves a line, wherever in a flow it is met."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ..refusals import Refusal, Refused
from ..service import Service


@asynccontextmanager
async def noting_limits(service: Service, subject: str = "") -> AsyncIterator[None]:
    """Within, `too_many_attempts` is noted on its way out.  `subject` is whose account it is about,
    where that is known."""
    try:
        yield
    except Refused as refused:
        if refused.reason is Refusal.TOO_MANY_ATTEMPTS:
            await service.recorder.note("limited", subject=subject, outcome=refused.reason)
        raise
