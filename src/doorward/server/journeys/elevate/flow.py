"""What a step-up does."""

from ....factors import together
from ....types import Issued, Principal
from ....web import limiter
from ....web.asgi import current_visit
from ...service import Service
from ...steps.confirm_password import confirm, owner
from ...steps.second_step import guess_code


async def elevate(service: Service, principal: Principal, password: str) -> Issued:
    """A new secret for the same session, authenticated now (RFC 9470)."""
    await confirm(service, principal, password, field="password")
    return await _elevated(service, principal, "pwd")


async def elevate_by_code(service: Service, principal: Principal, code: str) -> Issued:
    """The same, by a code of the person's authenticator app.  Wrong ones are counted for this
    session."""
    user = await owner(service, principal)

    async def check() -> bool:
        return await service.totp.use(user.subject, code, at=service.clock())

    buckets = limiter.codes_at(f"session:{principal.sid}", user.subject)
    await guess_code(service, user, check, buckets, principal.sid)
    return await _elevated(service, principal, "otp")


async def _elevated(service: Service, principal: Principal, proved: str) -> Issued:
    amr, device = together(*principal.amr, proved), current_visit().device()
    return await service.auth.elevate(principal, amr=amr, device=device)
