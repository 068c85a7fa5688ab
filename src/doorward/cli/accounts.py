"""What an operator decides about a user, in the users table and in the sessions.

The users are written first and the sessions second: a login under way, which read the user before,
is then superseded and looks again.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from ..auth import Auth
from ..errors import StoreUnavailable
from ..server.users import User, Users
from ..types import Roles
from .output import NotDone

ADMIN = "admin"
"""The role of those who administer; somebody should be left who has it."""

PAGE = 500
"""Rows read at once."""


async def find(users: Users, who: str) -> User:
    """The user with this address or subject.  Raises `NotDone`, as do all of these when the user
    is deleted meanwhile."""
    user = await users.find(who)
    if user is None:
        raise NotDone(f"There is no user {who}.")
    return user


async def every(users: Users) -> list[User]:
    """All users, in the order of their addresses."""
    found = await users.list(limit=PAGE)
    while page := await users.list(after=found[-1].email if found else None, limit=PAGE):
        found += page
    return found


async def lock_out(users: Users, auth: Auth, subject: str) -> tuple[User, int]:
    """Lock a user.  The user, and how many sessions ended."""
    user = still(await users.lock(subject, at=auth.clock()))
    with _second_step(subject):
        return user, len(await auth.revoke(subject=subject))


async def give_roles(users: Users, auth: Auth, subject: str, roles: Roles) -> tuple[User, int]:
    """Give a user exactly these roles.  The user, and how many sessions changed.

    The sessions get what the table says until it still says so afterwards: of two operators at
    once, the last one's roles are in both places in the end.
    """
    user = still(await users.set_roles(subject, roles))
    changed: set[str] = set()
    with _second_step(subject):
        while True:
            changed.update(await auth.change(subject, roles=user.roles))
            again = still(await users.by_subject(subject))
            if again.roles == user.roles:
                return again, len(changed)
            user = again


async def forget(users: Users, auth: Auth, subject: str) -> int:
    """Delete a user.  How many sessions ended."""
    await users.delete(subject)
    with _second_step(subject):
        return len(await auth.revoke(subject=subject))


async def bereft(users: Users, before: User) -> list[str]:
    """A warning, when a decision about `before` took away the last administrator: nobody can mend
    that from inside."""
    if ADMIN not in before.roles or before.locked_at is not None:
        return []
    if any(ADMIN in user.roles and user.locked_at is None for user in await every(users)):
        return []
    return [f"Warning: nobody who can log in has the role {ADMIN} any more."]


def still(user: User | None) -> User:
    """The user, who was there a moment ago."""
    if user is None:
        raise NotDone("The user was deleted at this moment by somebody else.")
    return user


@contextmanager
def _second_step(subject: str) -> Iterator[None]:
    """Whoever reads that this failed must know that the first step is done."""
    try:
        yield
    except StoreUnavailable as error:
        raise NotDone(
            f"The user is changed, but not yet the sessions ({error});"
            f" give the same command again for {subject}."
        ) from error
