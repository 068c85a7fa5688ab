"""The password of somebody who is logged in, asked once more."""

from ...errors import Reason, Rejected
from ...types import Principal
from ...web import limits
from ..accounts.user import User
from ..refusals import Refusal, Refused
from ..service import Service
from .limits import noting_limits


async def owner(service: Service, principal: Principal) -> User:
    """Whose session this is.  Raises `Rejected` when the user was locked or deleted a moment
    ago."""
    user = await service.users.by_subject(principal.subject)
    if user is None or user.locked_at is not None or user.erase_at is not None:
        raise Rejected(Reason.REVOKED)
    return user


async def confirm(service: Service, principal: Principal, password: str, *, field: str) -> User:
    """The user, if this is their password.  Wrong ones are counted for this session, so that
    nobody outside it can use up the owner's tries."""
    user = await owner(service, principal)

    async def check() -> bool:
        return await service.passwords.verify(password, user.password_hash)

    async with noting_limits(service, user.subject):
        right = await service.limiter.guess(limits.session(principal.sid), check)
    if not right:
        await service.recorder.note(
            "wrong_password",
            subject=user.subject,
            sid=principal.sid,
            outcome=Refusal.WRONG_PASSWORD,
        )
        raise Refused(Refusal.WRONG_PASSWORD, field=field)
    return user
