"""What a step-up does."""

from collections.abc import Awaitable, Callable

from ....types import Issued, Principal
from ....web import limits
from ...accounts.user import User
from ...refusals import Refusal, Refused
from ...service import Service
from ...steps.confirm_password import confirm, owner
from ...steps.elevated import elevated
from ...steps.recovery_code import use_recovery_code
from ...steps.second_step import guess_code

ASKS_FOR_ANOTHER = (
    "Your account has a second factor: confirm with a passkey, a code of your authenticator app or"
    " a recovery code."
)


async def elevate(service: Service, principal: Principal, password: str) -> Issued:
    """A new secret for the same session, authenticated now (RFC 9470).  Refused if they hold a
    second factor: whoever found a browser open and knows the password could otherwise take that
    factor away, in a session that proved it once (ASVS 7.5.1)."""
    if (await service.factors.held(principal.subject)).second:
        raise Refused(Refusal.FACTOR_REQUIRED, ASKS_FOR_ANOTHER)
    await confirm(service, principal, password, field="password")
    return await elevated(service, principal, "pwd")


async def elevate_by_code(service: Service, principal: Principal, code: str) -> Issued:
    """The same, by a code of the person's authenticator app."""
    user = await owner(service, principal)

    async def check() -> bool:
        return await service.totp.use(user.subject, code, at=service.clock())

    return await _by_code(service, principal, user, check, "otp")


async def elevate_by_recovery_code(service: Service, principal: Principal, code: str) -> Issued:
    """The same, by an unused recovery code, for people who lost their second factor."""
    user = await owner(service, principal)

    async def check() -> bool:
        held = await service.factors.held(user.subject)
        return await use_recovery_code(service, user.subject, held, code)

    return await _by_code(service, principal, user, check, "recovery")


async def _by_code(
    service: Service,
    principal: Principal,
    user: User,
    check: Callable[[], Awaitable[bool]],
    proved: str,
) -> Issued:
    """Wrong codes are counted for this session."""
    buckets = limits.codes_at(f"session:{principal.sid}", user.subject)
    await guess_code(service, user, check, buckets, principal.sid)
    return await elevated(service, principal, proved)
