"""Limits that close: each leaves a line, wherever in a flow it is met."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ...errors import Reason, Rejected
from ..refusals import Refusal, Refused
from ..service import Service


@asynccontextmanager
async def noting_limits(service: Service, subject: str = "") -> AsyncIterator[None]:
    """Within, what the limiter rejects is noted on its way out, and refused in the words of a form.
    `subject` is whose account it is about, where that is known."""
    try:
        yield
    except Rejected as rejected:
        if rejected.reason is not Reason.TOO_MANY_ATTEMPTS:
            raise
        refused = Refused(Refusal.TOO_MANY_ATTEMPTS, retry_after=rejected.retry_after)
        await service.recorder.note("limited", subject=subject, outcome=refused.reason)
        raise refused from None
