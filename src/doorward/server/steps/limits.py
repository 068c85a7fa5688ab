"""Records each refusal by a limit, wherever in a flow it happens."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ...web.asgi import current_visit
from ...web.limiter import Full
from ..refusals import Refusal, Refused
from ..service import Service


@asynccontextmanager
async def noting_limits(service: Service, subject: str = "") -> AsyncIterator[None]:
    """Record what the limiter rejects within this block, and refuse it with a sentence for a form.
    `subject` is the owner of the account, if known, who is told of too many guesses."""
    try:
        yield
    except Full as full:
        if full.bucket.is_of_account:
            service.guess_alarm.ring(subject, current_visit().device())
        refused = Refused(Refusal.TOO_MANY_ATTEMPTS, retry_after=full.retry_after)
        await service.recorder.note("limited", subject=subject, outcome=refused.reason)
        raise refused from None
