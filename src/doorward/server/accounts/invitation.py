"""The one-time link by which a person who was given an account chooses their first password."""

from ...settings import DAY
from ...stores import Tickets
from .link_state import state_of
from .tickets import Claim, issue
from .user import User

TICKET = "invitation"

LIFETIME = 7 * DAY
"""Seconds a link works: once, and not after the password or address was changed."""

MAILED, SHOWN = "mailed", "shown"
"""How a link reached its bearer.  Only one that was mailed proves the address."""


async def invitation_link(
    tickets: Tickets, user: User, base_url: str, *, at: int, way: str = SHOWN
) -> str:
    """A link with which its bearer, once, chooses the password of `user`.  Only a digest of it is
    stored."""
    claim = Claim((user.subject, state_of(user), way), at + LIFETIME)
    ticket = await issue(tickets, TICKET, claim)
    return f"{base_url}/link/{TICKET}?ticket={ticket}"
