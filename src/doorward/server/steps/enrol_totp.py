"""Sets up an authenticator app: a secret is shown, and kept once a code of it was proved."""

from typing import NamedTuple

from ...settings import MINUTE
from ...web.limits import Bucket
from ..accounts import tickets, totp
from ..accounts.user import User
from ..refusals import Refusal, Refused
from ..service import Service
from .second_step import guess_code

TICKET = "totp"

LIFETIME = 10 * MINUTE
"""Seconds in which a secret that was shown has to be confirmed."""

_NOTHING_WAITS = "No app is being set up, or it took too long; begin again."


class Enrolment(NamedTuple):
    """A secret that is not kept yet: in base32, and as the `uri` that an app reads."""

    secret: str
    uri: str


async def begin_totp(service: Service, user: User, key: str, *, again: bool = False) -> Enrolment:
    """A secret for this user's app, which waits under `key`: a session or a second step.  `again`:
    the one that waits there already, if one does; a page that is reloaded must not void the code
    that was just scanned."""
    store, now = service.auth.store, service.clock()
    waiting = await tickets.look(store, TICKET, key, at=now) if again else None
    secret = _secret(service, user, waiting)
    if secret is None:
        secret = totp.new_secret()
        words = (user.subject, service.totp.sealed(user.subject, secret), str(user.ending))
        await tickets.put_back(store, TICKET, key, tickets.Claim(words, now + LIFETIME))
    return Enrolment(secret, totp.uri(secret, site=service.site.name, email=user.email))


async def confirm_totp(
    service: Service,
    user: User,
    key: str,
    code: str,
    buckets: tuple[Bucket, ...],
    *,
    first: bool = False,
    sid: str = "",
) -> tuple[str, ...]:
    """Keep the secret that waits under `key`, if this is a code of it; that code is used.  Returns
    the recovery codes that were made with it, none where the person has some.

    `first`: refuse if there is any second factor by now.  Of two at once, one is kept.
    """
    store, now = service.auth.store, service.clock()
    waiting = await tickets.look(store, TICKET, key, at=now)
    secret = _secret(service, user, waiting)
    if waiting is None or secret is None:
        raise Refused(Refusal.NOT_FOUND, _NOTHING_WAITS)
    steps = totp.matching(secret, code, at=now)

    async def check() -> bool:
        return bool(steps)

    await guess_code(service, user, check, buckets, sid)
    used = await tickets.use(store, TICKET, key, at=now)
    kept, step = waiting.words[1], steps[-1]
    if used != waiting or not await service.totp.add(
        user.subject, kept, step=step, at=now, ending=user.ending, first=first
    ):
        raise Refused(Refusal.FACTOR_EXISTS)
    codes = await service.recovery_codes.renew(
        user.subject, at=now, ending=user.ending, missing_only=True
    )
    await service.recorder.note(
        "totp_added", subject=user.subject, actor=user.subject, sid=sid, recovery_codes=len(codes)
    )
    return codes


def _secret(service: Service, user: User, waiting: tickets.Claim | None) -> str | None:
    if waiting is None or waiting.words[::2] != (user.subject, str(user.ending)):
        return None  # or the account may have changed hands meanwhile
    return service.totp.opened(user.subject, waiting.words[1])
