"""What the links of a user depend on."""

from hashlib import sha256

from .user import User


def state_of(user: User) -> str:
    """Changes with each new password and with the address, and tells nothing about either.  It does
    not change when the same password is hashed at another cost, as a login may do."""
    return sha256(f"{user.email}\0{user.ending}".encode()).hexdigest()[:32]
