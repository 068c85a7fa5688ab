"""The one-time link for a person who forgot the password."""

from ...settings import HOUR
from ...stores import Tickets
from .link_state import state_of
from .tickets import Claim, issue
from .user import User

TICKET = "reset"

LIFETIME = HOUR
"""Seconds a link works: once, and not after the password or address was changed."""

_MAILED = "mailed"


async def reset_link(
    tickets: Tickets, user: User, base_url: str, *, at: int, mailed: bool = False
) -> str:
    """A link with which its bearer, once, chooses a new password for `user`.

    Only a digest of it is stored.  Whoever gets it becomes the user: hand it over in person, or by
    a way that is as safe as the account should be.  `mailed`: it goes to the user's address alone,
    so whoever uses it has proved that address.
    """
    claim = Claim((user.subject, state_of(user), *([_MAILED] * mailed)), at + LIFETIME)
    ticket = await issue(tickets, TICKET, claim)
    return f"{base_url}/reset?ticket={ticket}"


def proves_address(claim: Claim) -> bool:
    """Whether the bearer of this link read the user's mail."""
    return claim.words[2:] == (_MAILED,)
