"""The factors of somebody who is logged in."""

from collections.abc import Sequence
from typing import NamedTuple

from ...types import Principal
from ..accounts.factor_policy import must_have_second
from ..accounts.factors import Held
from ..accounts.passkeys import Passkey
from ..accounts.user import User
from ..refusals import Refusal, Refused
from ..service import Service
from .confirm_password import owner


class Mine(NamedTuple):
    """The factors of a person.  `required`: whether they must have a second one."""

    user: User
    held: Held
    passkeys: Sequence[Passkey]
    totp_since: int | None
    required: bool


async def factors_of(service: Service, principal: Principal) -> Mine:
    """What this person holds now."""
    user = await owner(service, principal)
    held = await service.factors.held(user.subject)
    passkeys = await service.passkeys.of(user.subject) if held.passkeys else ()
    since = await service.totp.since(user.subject) if held.totp else None
    required = must_have_second(service.options.require_factor, user.roles)
    return Mine(user, held, passkeys, since, required)


async def check_removable(service: Service, principal: Principal, remaining: Held) -> User:
    """Refuse to leave somebody with only what would be `remaining`, if they must have a second
    factor and that is none."""
    user = await owner(service, principal)
    required = must_have_second(service.options.require_factor, user.roles)
    if required and not remaining.second:
        raise Refused(Refusal.FACTOR_REQUIRED)
    return user
