"""Set up and remove the authenticator app of somebody who is logged in."""

from ....types import Issued, Principal
from ....web import limits
from ...refusals import Refusal, Refused
from ...service import Service
from ...steps.confirm_password import owner
from ...steps.elevated import elevated
from ...steps.enrol_totp import Enrolment, begin_totp, confirm_totp
from ...steps.factors import remove_factor


async def begin(service: Service, principal: Principal, *, again: bool = False) -> Enrolment:
    """A secret that waits for its first code, in this session.  `again`: the one that waits."""
    user = await owner(service, principal)
    if (await service.factors.held(user.subject)).totp:
        raise Refused(Refusal.FACTOR_EXISTS)
    return await begin_totp(service, user, principal.sid, again=again)


async def confirm(
    service: Service, principal: Principal, code: str
) -> tuple[Issued, tuple[str, ...]]:
    """Keep the app, if this is its code.  The session goes on with two factors proved, under a new
    secret; also the recovery codes that were made, none where the person has some."""
    user = await owner(service, principal)
    sid = principal.sid
    buckets = limits.codes_at(f"session:{sid}", user.subject)
    codes = await confirm_totp(service, user, sid, code, buckets, sid=sid)
    return await elevated(service, principal, "otp"), codes


async def remove(service: Service, principal: Principal) -> None:
    """Forget the app.  Refuses to remove the last second factor of somebody who must have one."""
    user = await remove_factor(service, principal)
    await service.recorder.note("totp_removed", subject=user.subject, sid=principal.sid)
