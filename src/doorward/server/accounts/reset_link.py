"""The one-time link for a person who forgot the password."""

from hashlib import sha256

from ...settings import HOUR
from ...stores import Tickets
from .tickets import Claim, issue
from .user import User

TICKET = "reset"

LIFETIME = HOUR
"""Seconds a link works: once, and not after the password or address was changed."""


async def reset_link(tickets: Tickets, user: User, base_url: str, *, at: int) -> str:
    """A link with which its bearer, once, chooses a new password for `user`.

    Only a digest of it is stored.  Whoever gets it becomes the user: hand it over in person, or by
    a way that is as safe as the account should be.
    """
    claim = Claim((user.subject, state(user)), at + LIFETIME)
    ticket = await issue(tickets, TICKET, claim)
    return f"{base_url}/reset?ticket={ticket}"


def is_good(claim: Claim, user: User) -> bool:
    """Whether a link for this user still is: nothing was changed since it was made."""
    return claim.words[:2] == (user.subject, state(user))


def state(user: User) -> str:
    """Changes with the password and the address, and tells nothing about either."""
    return sha256(f"{user.email}\0{user.password_hash}".encode()).hexdigest()[:32]
