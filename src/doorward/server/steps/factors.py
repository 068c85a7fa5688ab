"""The factors of somebody who is logged in."""

from collections.abc import Sequence
from typing import NamedTuple

from ...types import Principal
from ..accounts.factor_policy import must_have_second
from ..accounts.factors import Held, LastFactor
from ..accounts.passkeys import Passkey
from ..accounts.user import User
from ..refusals import Refusal, Refused
from ..service import Service
from .confirm_password import owner

ONLY_WAY = "You have no password, so this passkey is your only way to log in."


class OwnFactors(NamedTuple):
    """The factors of a person.  `required`: whether they must have a second one."""

    user: User
    held: Held
    passkeys: Sequence[Passkey]
    totp_since: int | None
    required: bool


async def factors_of(service: Service, principal: Principal) -> OwnFactors:
    """What this person holds now."""
    user = await owner(service, principal)
    held = await service.factors.held(user.subject)
    passkeys = await service.passkeys.of(user.subject) if held.passkeys else ()
    since = await service.totp.since(user.subject) if held.totp else None
    required = must_have_second(service.options.require_factor, user.roles)
    return OwnFactors(user, held, passkeys, since, required)


async def remove_factor(
    service: Service, principal: Principal, credential_id: str | None = None
) -> User:
    """Forget a passkey, or without a `credential_id` the app.  Refuses to remove the last second
    factor of somebody who must have one, the only way in of somebody without a password, and what
    is not there."""
    user = await owner(service, principal)
    required = must_have_second(service.options.require_factor, user.roles)

    def may_hold(left: Held) -> bool:
        enters = user.password_hash is not None or left.passkeys > 0 or credential_id is None
        return enters and (left.second or not required)

    try:
        removed = await service.factors.remove(user.subject, credential_id, may_hold=may_hold)
    except LastFactor:
        only = user.password_hash is None and credential_id is not None
        raise Refused(Refusal.FACTOR_REQUIRED, ONLY_WAY if only else "") from None
    if not removed:
        sentence = "There is no authenticator app." if credential_id is None else ""
        raise Refused(Refusal.NOT_FOUND, sentence)
    return user
