"""Records each refusal by a limit, wherever in a flow it happens."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ...errors import Reason, Rejected
from ..refusals import Refusal, Refused
from ..service import Service


@asynccontextmanager
async def noting_limits(service: Service, subject: str = "") -> AsyncIterator[None]:
    """Record what the limiter rejects within this block, and refuse it with a sentence for a form.
    `subject` is the owner of the account, if known."""
    try:
        yield
    except Rejected as rejected:
        if rejected.reason is not Reason.TOO_MANY_ATTEMPTS:
            raise
        refused = Refused(Refusal.TOO_MANY_ATTEMPTS, retry_after=rejected.retry_after)
        await service.recorder.note("limited", subject=subject, outcome=refused.reason)
        raise refused from None
