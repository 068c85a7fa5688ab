"""What a login does."""

from contextlib import suppress

from starlette.responses import Response

from ....errors import Busy, Reason, Rejected
from ....types import Issued
from ....web import limits
from ....web.asgi import current_visit
from ....web.limits import Bucket
from ....web.transport import Transport
from ...accounts.apply_decisions import apply_decisions
from ...accounts.devices import whose
from ...accounts.email import InvalidEmail, canonical
from ...accounts.user import User
from ...refusals import Refusal, Refused
from ...service import Service
from ...steps.begin_session import PASSWORD
from ...steps.limits import noting_limits
from ...steps.second_step import Asked, log_in


async def login(
    service: Service,
    response: Response,
    email: str,
    password: str,
    via: Transport,
    return_to: str = "",
) -> Issued | Asked:
    """Begin a session, or ask for a second factor; by cookie, `response` carries it.

    Unknown, locked and wrong are one answer, after the same work.  When the person's roles change
    meanwhile, it is tried once again with the new ones.
    """
    attempt = await service.doorward.attempt()
    user = await service.users.by_email(email)
    buckets = _buckets(service, email, user)
    if not await _guess(service, buckets, user, password) or user is None:
        raise await _failed(service, user)
    if user.ends:  # otherwise a sweep would end the new session
        await apply_decisions(service.users, service.auth, user)
    try:
        issued = await log_in(service, attempt, response, user, via, PASSWORD, return_to)
    except Rejected as refused:
        if refused.reason is not Reason.SUPERSEDED:
            raise
        issued = await _once_more(service, response, user, password, via, return_to)
    await _renew_hash(service, user, password)
    return issued


async def _once_more(
    service: Service,
    response: Response,
    before: User,
    password: str,
    via: Transport,
    return_to: str,
) -> Issued | Asked:
    """The person was changed while logging in: look again at everything that was decided."""
    attempt = await service.doorward.attempt()
    user = await service.users.by_subject(before.subject)
    if user is None or user.locked_at is not None or user.erase_at is not None:
        raise await _failed(service, user)
    if user.password_hash != before.password_hash and not await service.passwords.verify(
        password, user.password_hash
    ):
        raise await _failed(service, user)
    return await log_in(service, attempt, response, user, via, PASSWORD, return_to)


async def _guess(
    service: Service, buckets: tuple[Bucket, ...], user: User | None, password: str
) -> bool:
    async def check() -> bool:
        hashed = None if user is None else user.password_hash
        right = await service.passwords.verify(password, hashed)
        return right and user is not None and user.locked_at is None

    async with noting_limits(service, user.subject if user else ""):
        return await service.limiter.guess(buckets, check)


def _buckets(service: Service, email: str, user: User | None) -> tuple[Bucket, ...]:
    """On a known device the counts of known devices alone, so that strangers cannot lock the owner
    out there."""
    visit = current_visit()
    name = user and service.devices.recognise(visit.headers, whose(user))
    if user and name:
        return limits.device(name, user.subject)
    return limits.stranger(visit.device().address, limits.account_of(_name(email)))


def _name(email: str) -> str:
    try:
        return canonical(email)
    except InvalidEmail:
        return email  # no account can have it, but guesses are counted all the same


async def _renew_hash(service: Service, user: User, password: str) -> None:
    old = user.password_hash
    if old is not None and service.passwords.needs_rehash(old, password):
        with suppress(Busy):  # the next login can do it; this one has begun a session
            await service.users.rehash(user.subject, old, await service.passwords.hash(password))


async def _failed(service: Service, user: User | None) -> Refused:
    refused = Refused(Refusal.INVALID_CREDENTIALS)
    # never the address that was typed: people type passwords into the wrong field
    subject = user.subject if user else ""
    await service.recorder.note("login_failed", subject=subject, outcome=refused.reason)
    return refused
