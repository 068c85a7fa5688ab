"""A one-time link for a person who forgot the password."""

import json
from hashlib import sha256
from secrets import token_urlsafe
from typing import NamedTuple

from ...errors import DoorwardError
from ...settings import HOUR
from ...stores import Tickets
from ...web.asgi import current_visit
from .. import limiter
from ..refusals import Refusal, Refused
from ..service import Service
from ..users import User
from .signup import acceptable

LIFETIME = HOUR
"""Seconds a link works: once, and not after the password or address was changed."""

_KIND = "reset"


class _Claim(NamedTuple):
    """What a ticket is good for: this user, as long as nothing changed, until then."""

    subject: str
    state: str
    expires_at: int


async def reset_link(tickets: Tickets, user: User, public_origin: str, *, at: int) -> str:
    """A link with which its bearer, once, chooses a new password for `user`.

    Only a digest of it is stored.  Whoever gets it becomes the user: hand it over in person, or by
    a way that is as safe as the account should be.
    """
    ticket = token_urlsafe(32)
    await _put(tickets, ticket, _Claim(user.subject, _state(user), at + LIFETIME))
    return f"{public_origin}/reset?ticket={ticket}"


async def reset_password(service: Service, ticket: str, new: str) -> None:
    """Set the password that the bearer of a ticket chose, and end all sessions of its user.

    A password that is refused does not use up the ticket, unless it is refused for being too close
    to the user's address: that cannot be known before the ticket is taken, so it is put back.  Of
    two tickets at once, or a ticket and a change by who is logged in, one wins.
    """
    visit, minimum = current_visit(), service.options.min_password
    await visit.check_origin()
    acceptable(new, email="", minimum=minimum, field="new")
    await service.limiter.count(limiter.source(visit.device().address))
    claim, user = await _take(service, ticket)
    try:
        acceptable(new, email=user.email, minimum=minimum, field="new")
        hashed = await service.passwords.hash(new)
    except DoorwardError:
        await _put(service.auth.store, ticket, claim)
        raise
    if not await service.users.set_password(
        user.subject, hashed, old=user.password_hash, at=service.clock()
    ):
        raise Refused(Refusal.INVALID_LINK)
    await service.auth.revoke(subject=user.subject, device=visit.device())
    await service.recorder.note("password_reset", subject=user.subject, actor=user.subject)


async def _take(service: Service, ticket: str) -> tuple[_Claim, User]:
    taken = await service.auth.store.take(_KIND, _digest(ticket), service.clock())
    if taken is None or not taken[1]:
        raise Refused(Refusal.INVALID_LINK)
    claim = _Claim(*json.loads(taken[0]))
    user = await service.users.by_subject(claim.subject)
    if user is None or _state(user) != claim.state:
        raise Refused(Refusal.INVALID_LINK)
    return claim, user


async def _put(tickets: Tickets, ticket: str, claim: _Claim) -> None:
    await tickets.put(_KIND, _digest(ticket), json.dumps(claim), claim.expires_at)


def _digest(ticket: str) -> bytes:
    return sha256(ticket.encode("utf-8", "replace")).digest()


def _state(user: User) -> str:
    """Changes with the password and the address, and tells nothing about either."""
    return sha256(f"{user.email}\0{user.password_hash}".encode()).hexdigest()[:32]
