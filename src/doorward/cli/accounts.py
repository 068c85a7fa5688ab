"""What an operator decides about a user, in the users table and in the sessions.

The users are written first and the sessions second: a login under way, which read the user before,
is then superseded and looks again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from ..auth import Auth
from ..server.accounts import deletion, lock, roles
from ..server.accounts.apply_decisions import NotApplied
from ..server.accounts.user import ADMIN, User
from ..server.accounts.user_list import EVERYBODY
from ..server.accounts.users import Users
from ..types import Roles
from .output import NotDone

T = TypeVar("T")

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
    while page := await users.list(after=EVERYBODY.mark(found[-1]) if found else "", limit=PAGE):
        found += page
    return found


async def lock_out(users: Users, auth: Auth, subject: str) -> tuple[User, int]:
    """Lock a user.  The user, and how many sessions ended."""
    with _said(subject):
        return still(await lock.lock(users, auth, subject))


async def let_in(users: Users, auth: Auth, subject: str) -> User:
    """Unlock a user."""
    return still(await lock.unlock(users, auth, subject))


async def give_roles(users: Users, auth: Auth, subject: str, given: Roles) -> tuple[User, int]:
    """Give a user exactly these roles.  The user, and how many sessions changed."""
    with _said(subject):
        return still(await roles.give_roles(users, auth, subject, given))


async def forget(users: Users, auth: Auth, subject: str) -> int:
    """Delete a user.  How many sessions ended."""
    with _said(subject):
        return await deletion.delete_user(users, auth, subject) or 0


async def bereft(users: Users, before: User) -> list[str]:
    """A warning, when a decision about `before` took away the last administrator: nobody can mend
    that from inside."""
    if not before.administers or await users.any_admin():
        return []
    return [f"Warning: nobody who can log in has the role {ADMIN} any more."]


def still(found: T | None) -> T:
    """What was done about a user who was there a moment ago."""
    if found is None:
        raise NotDone("The user was deleted at this moment by somebody else.")
    return found


@contextmanager
def _said(subject: str) -> Iterator[None]:
    """Whoever reads that the second step failed must know that the first is done."""
    try:
        yield
    except NotApplied as error:
        raise NotDone(
            f"The user is changed, but not yet the sessions ({error});"
            f" give the same command again for {subject}."
        ) from error
