"""Lock a user out, and let them in again."""

from ...auth import Auth
from .apply_decisions import apply_decisions
from .user import User
from .users import Users


async def lock(
    users: Users, auth: Auth, subject: str, *, spare_last_admin: bool = False
) -> tuple[User, int] | None:
    """Refuse a user from now on and end all sessions.

    The user, and how many sessions ended; None when there is no such user.  Raises `LastAdmin` if
    asked to spare them.  A login under way is superseded, looks again, and finds the lock.
    """
    user = await users.lock(subject, at=auth.clock(), spare_last_admin=spare_last_admin)
    return None if user is None else await apply_decisions(users, auth, user)


async def unlock(users: Users, auth: Auth, subject: str) -> User | None:
    """Let a user log in again, once every lock is carried out: what a crash left of one must not
    end the sessions that begin now.  None when there is no such user."""
    while (user := await users.unlock(subject)) is not None and user.locked_at is not None:
        await apply_decisions(users, auth, user)
    return user
