"""Tells people that too many wrong passwords or codes were tried at their account."""

from ...errors import Reason, Rejected
from ...web import limits
from ..service import Service


async def tell_of_guesses(service: Service) -> None:
    """Record each account in the alarm, at most once a day (ASVS 6.3.5).  The event sends a letter
    to its owner.  Raises `StoreUnavailable`; the accounts that were not recorded yet are lost."""
    for subject, device in service.guess_alarm.take().items():
        try:
            await service.limiter.count(limits.alarms(subject))
        except Rejected as rejected:
            if rejected.reason is not Reason.TOO_MANY_ATTEMPTS:
                raise
            continue
        await service.recorder.note("guesses_limited", subject=subject, actor="", device=device)
