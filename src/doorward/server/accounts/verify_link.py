"""The one-time link by which somebody proves an address."""

from ...settings import DAY
from ...stores import Tickets
from .link_state import state_of
from .tickets import Claim, issue
from .user import User

TICKET = "verify"

LIFETIME = DAY
"""Seconds a link works: once, and not after the password or address was changed."""

PENDING = "pending_signup"
"""The kind under which a sign-up waits for its link, by the id of its letter.  The id is no secret,
but no ticket that somebody sends is looked up under this kind."""

_SIGNUP, _USER = "signup", "user"


async def verify_link(tickets: Tickets, words: tuple[str, ...], base_url: str, *, at: int) -> str:
    """A link that is good for `words`: `of_signup` or `of_user`.  Only a digest of it is stored."""
    ticket = await issue(tickets, TICKET, Claim(words, at + LIFETIME))
    return f"{base_url}/verify?ticket={ticket}"


def of_signup(letter: str) -> tuple[str, ...]:
    """Makes the account that was asked for with this letter."""
    return _SIGNUP, letter


def of_user(user: User) -> tuple[str, ...]:
    """Proves the address of this user, as long as neither it nor the password changes."""
    return _USER, user.subject, state_of(user)


def signup_of(claim: Claim) -> str | None:
    """The letter of the sign-up that a link is for, if it is for one."""
    return claim.words[1] if claim.words[0] == _SIGNUP else None


def is_good(claim: Claim, user: User) -> bool:
    """Whether a link for this user still is."""
    return claim.words == of_user(user)
