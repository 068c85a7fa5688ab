"""The users of an application, as far as a login needs them."""

from dataclasses import dataclass, field
from typing import Protocol

from ...types import NONE, Roles


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownUser:
    """One user.  `subject` never changes and says nothing about the person: in token mode whoever
    holds the token reads it.  Without a `password_hash` nobody can log in by password; a user who
    is `locked` is refused like a stranger."""

    subject: str
    email: str
    password_hash: str | None = field(default=None, repr=False)
    roles: Roles = NONE
    locked: bool = False


class UserTable(Protocol):
    """Where an application keeps its users.  Each method is atomic, and a write that returned is
    durable.  Addresses come in lower case.  Absent is None."""

    async def by_email(self, email: str) -> KnownUser | None:
        """The user with this address."""

    async def by_subject(self, subject: str) -> KnownUser | None:
        """The user with this subject."""

    async def add(self, email: str, password_hash: str) -> KnownUser | None:
        """A new user with a new subject; None, and nothing written, when the address is taken.  Of
        many at once, one gets it."""

    async def set_password(self, subject: str, password_hash: str, old: str | None) -> bool:
        """Store another hash, if the present one is still `old`; False, and nothing written, if it
        is not, for what allowed this was looked at before another change."""

    async def delete(self, subject: str) -> None:
        """Forget the user, and what belongs to the person."""
