"""Make new recovery codes."""

from ....types import Principal
from ...refusals import Refusal, Refused
from ...service import Service
from ...steps.confirm_password import owner


async def make_codes(service: Service, principal: Principal) -> tuple[str, ...]:
    """New codes, to be shown once; the earlier ones no longer work.  Refuses somebody without a
    second factor, for which they could stand in."""
    user = await owner(service, principal)
    codes: tuple[str, ...] = ()
    if (await service.factors.held(user.subject)).second:  # before ten hashes are made
        at = service.clock()
        codes = await service.recovery_codes.renew(user.subject, at=at, ending=user.ending)
    if not codes:
        raise Refused(Refusal.INVALID_REQUEST, "Recovery codes need a second factor; set one up.")
    await service.recorder.note("recovery_codes_made", subject=user.subject, sid=principal.sid)
    return codes
