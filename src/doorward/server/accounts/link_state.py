"""What the links of a user depend on."""

from hashlib import sha256

from .tickets import Claim
from .user import User


def state_of(user: User) -> str:
    """Changes with each new password and with the address, and tells nothing about either.  It does
    not change when the same password is hashed at another cost, as a login may do."""
    return sha256(f"{user.email}\0{user.ending}".encode()).hexdigest()[:32]


def is_good(claim: Claim, user: User) -> bool:
    """Whether a link that begins with its user and their state still is: nothing was changed since
    it was made."""
    return claim.words[:2] == (user.subject, state_of(user))
