"""How somebody who is logged in adds, renames and removes passkeys."""

from collections.abc import Sequence
from dataclasses import replace
from secrets import token_bytes
from typing import NamedTuple

from starlette.responses import Response

from ....keys import base64url
from ....types import Principal
from ....web.asgi import current_visit
from ...accounts.ceremony import Answer, BadPasskey, Json
from ...accounts.passkeys import MOST, Passkey, named
from ...accounts.user import User
from ...refusals import Refusal, Refused
from ...service import Service
from ...steps.confirm_password import owner
from ...steps.factors import remove_factor
from .challenge import REGISTER, UNASKED, answered, ceremony_of, challenge, refusal


class Added(NamedTuple):
    """A passkey that was added, with the recovery codes that were made on the way: none where the
    person has some."""

    passkey: Passkey
    codes: tuple[str, ...]


async def begin(
    service: Service, principal: Principal, response: Response, *, unasked: bool = False
) -> Json:
    """The options for a new passkey of this person, whose answer comes in this session.

    `unasked`: for one that a password manager makes on the way after a login.  Only a person who
    has another second factor gets one: it would be the first, and ask for itself at each login with
    the password, without a word to its owner.
    """
    user = await owner(service, principal)
    known = await service.passkeys.of(user.subject)
    if len(known) >= MOST:
        raise Refused(Refusal.TOO_MANY_PASSKEYS)
    if unasked and (known or not (await service.factors.held(user.subject)).second):
        raise Refused(Refusal.NOT_FOUND, "No passkey is made on the way here.")
    handle = known[0].user_handle if known else base64url.encode(token_bytes(32)).decode()
    act = UNASKED if unasked else REGISTER
    text = await challenge(service, response, act, _whose(principal, user), handle)
    return ceremony_of(service).creation(text, handle, user.email, known, unasked)


async def add(
    service: Service, principal: Principal, answer: Answer, name: str, *, unasked: bool = False
) -> Added:
    """Keep the passkey that the browser made."""
    user = await owner(service, principal)
    act = UNASKED if unasked else REGISTER
    asked = await answered(service, answer, act, _whose(principal, user))
    try:
        made = ceremony_of(service).registered(
            answer,
            asked.text,
            subject=user.subject,
            handle=asked.handle,
            unasked=unasked,
            at=service.clock(),
        )
    except BadPasskey as bad:
        raise await refusal(service, str(bad), user.subject) from None
    passkey = replace(made, name=named(name or current_visit().device().label))
    if not await service.passkeys.add(passkey, ending=user.ending):
        raise await refusal(service, "its id is taken, or there are too many", user.subject)
    codes = () if unasked else await _codes(service, user)
    await service.recorder.note(
        "passkey_added",
        subject=user.subject,
        sid=principal.sid,
        passkey=passkey.name,
        recovery_codes=len(codes),
    )
    return Added(passkey, codes)


async def mine(service: Service, principal: Principal) -> Sequence[Passkey]:
    """The passkeys of this person."""
    return await service.passkeys.of((await owner(service, principal)).subject)


async def one_of(service: Service, principal: Principal, credential_id: str) -> Passkey:
    """A passkey of this person.  Refuses anybody else's as not found."""
    for passkey in await mine(service, principal):
        if passkey.credential_id == credential_id:
            return passkey
    raise Refused(Refusal.NOT_FOUND)


async def rename(service: Service, principal: Principal, credential_id: str, name: str) -> Passkey:
    """Give a passkey another name."""
    passkey = await one_of(service, principal, credential_id)
    renamed = replace(passkey, name=named(name))
    if not await service.passkeys.rename(principal.subject, credential_id, renamed.name):
        raise Refused(Refusal.NOT_FOUND)
    return renamed


async def remove(service: Service, principal: Principal, credential_id: str) -> None:
    """Forget a passkey.  Refuses to remove the only way in, and the last second factor of somebody
    who must have one."""
    passkey = await one_of(service, principal, credential_id)
    user = await remove_factor(service, principal, credential_id)
    await service.recorder.note(
        "passkey_removed", subject=user.subject, sid=principal.sid, passkey=passkey.name
    )


def _whose(principal: Principal, user: User) -> str:
    """Who may answer: this session, until the account gets a new password or changes hands."""
    return f"{principal.sid} {user.ending}"


async def _codes(service: Service, user: User) -> tuple[str, ...]:
    """Recovery codes, if there are none: from now on the password alone does not log in."""
    return await service.recovery_codes.renew(
        user.subject, at=service.clock(), ending=user.ending, missing_only=True
    )
