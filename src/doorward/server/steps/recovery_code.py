"""A recovery code in the place of a factor that was lost."""

from ..accounts.factors import Held
from ..service import Service


async def use_recovery_code(service: Service, subject: str, held: Held, code: str) -> bool:
    """Whether this is an unused code of somebody who holds `held`; it is used up.  The owner is
    told at once, with how many are left."""
    # without a factor that the codes stand in for there is nothing to recover
    if not held.second or not await service.recovery_codes.use(subject, code):
        return False
    left = held.recovery_codes - 1
    await service.recorder.note("recovery_code_used", subject=subject, actor=subject, left=left)
    return True
