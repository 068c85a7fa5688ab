"""The first administrator: made with a one-time link that the operator of the server sees."""

import json
from hashlib import sha256
from secrets import token_urlsafe

from ...errors import DoorwardError
from ...settings import DAY
from ...types import Principal
from ...web.asgi import current_visit
from .. import limiter
from ..refusals import Refusal, Refused
from ..service import Service
from ..users import User
from .confirm import owner
from .settle import settle
from .signup import make

LIFETIME = DAY
"""Seconds a link works: once, and not any more when there is an administrator."""

_KIND = "first_admin"


async def setup_link(service: Service) -> str | None:
    """A link with which its bearer becomes the first administrator; None when there is one.

    Only a digest of it is stored.
    """
    if await service.users.any_admin():
        return None
    ticket = token_urlsafe(32)
    await _put(service, ticket, service.clock() + LIFETIME)
    return f"{service.options.origin}/setup?ticket={ticket}"


async def become_first_admin(service: Service, ticket: str, principal: Principal) -> User:
    """Make who is logged in the first administrator."""
    user = await owner(service, principal)
    await _take(service, ticket)
    return await _crowned(service, user)


async def make_first_admin(service: Service, ticket: str, email: str, password: str) -> User:
    """Make an account for the first administrator; sign-up may be closed.  An address or password
    that is refused does not use up the ticket."""
    expires_at = await _take(service, ticket)
    try:
        user = await make(service, email, password)
    except DoorwardError:
        await _put(service, ticket, expires_at)
        raise
    return await _crowned(service, user)


async def _take(service: Service, ticket: str) -> int:
    """Use the ticket up.  When it would have died."""
    visit, store = current_visit(), service.auth.store
    await service.limiter.count(limiter.source(visit.device().address))
    taken = await store.take(_KIND, _digest(ticket), service.clock())
    if taken is None or not taken[1] or await service.users.any_admin():
        raise Refused(Refusal.INVALID_LINK)
    return int(json.loads(taken[0]))


async def _crowned(service: Service, user: User) -> User:
    admin = await service.users.make_first_admin(user.subject)
    if admin is None:
        raise Refused(Refusal.INVALID_LINK)
    await settle(service.users, service.auth, admin)
    await service.recorder.note("first_admin", subject=user.subject)
    return admin


async def _put(service: Service, ticket: str, expires_at: int) -> None:
    await service.auth.store.put(_KIND, _digest(ticket), json.dumps(expires_at), expires_at)


def _digest(ticket: str) -> bytes:
    return sha256(ticket.encode("utf-8", "replace")).digest()
