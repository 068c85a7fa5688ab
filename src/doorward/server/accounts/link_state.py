"""Whether a user is still as they were when a link, a waiting login or a letter was made.  Each of
the three depends on other decisions."""

from hashlib import sha256

from .tickets import Claim
from .user import User


def state_of(user: User) -> str:
    """What links depend on.  Changes with each new password and each new address, and tells nothing
    about either.  It grows, so that an address which is changed away and back revives no link.  It
    does not change when the same password is hashed at another cost, as a login may do, nor with
    roles: an administrator who gives one must not end the link of a letter."""
    return _sum(user.email, user.ending, user.readdressed)


def login_state(user: User) -> str:
    """What a login between its two factors depends on.  Changes with every decision about the user:
    what was looked at before the first factor (lock, roles, which factors are asked for) must still
    be true after the second."""
    return _sum(user.decided, user.ending, user.password_changed_at, user.email)


def is_as_written(user: User, email: str, ending: int) -> bool:
    """Whether a letter to `email`, written after the decision `ending`, may bring a link to this
    user.  Nothing but the password and the address counts: the link is made when the letter is
    sent, for the address that the user has then.  By number: clocks of nodes differ."""
    return user.email == email and user.ending == ending


def is_good(claim: Claim, user: User) -> bool:
    """Whether a link that begins with its user and their state still is: nothing was changed since
    it was made."""
    return claim.words[:2] == (user.subject, state_of(user))


def _sum(*values: str | int) -> str:
    return sha256("\0".join(map(str, values)).encode()).hexdigest()[:32]
