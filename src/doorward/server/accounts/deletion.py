"""Deletes users: at once, or a while after their owners asked for it."""

from ...auth import Auth
from ...settings import DAY
from ...types import Device
from .apply_decisions import apply_decisions, applying
from .user import User
from .users import Users

GRACE = 7 * DAY
"""Seconds in which a login undoes that a person deleted their account."""

_NOWHERE = Device()


async def delete_user(
    users: Users, auth: Auth, subject: str, *, spare_last_admin: bool = False
) -> int | None:
    """Delete a user at once and end all sessions.

    How many sessions ended, also those that an interrupted deletion left; None when there was
    neither a user nor a session.  Raises `NotApplied`, and `LastAdmin` if asked to spare them.  A
    login under way is superseded, looks again, and finds nobody.
    """
    gone = await users.delete(subject, spare_last_admin=spare_last_admin)
    with applying():
        if not gone and not await _is_logged_in(auth, subject):
            return None
        return len(await auth.revoke(subject=subject))


async def delete_later(
    users: Users, auth: Auth, subject: str, device: Device = _NOWHERE
) -> User | None:
    """End all sessions of a user now, and let the account be erased after `GRACE`.

    None when there is no such user.  Raises `LastAdmin` and `NotApplied`.
    """
    user = await users.delete_later(subject, auth.clock() + GRACE)
    done = user and await apply_decisions(users, auth, user, device=device)
    return done[0] if done else None


async def undo_deletion(users: Users, auth: Auth, subject: str) -> bool | None:
    """Keep an account that its owner deleted, once the sessions of before have ended: what a crash
    left of the deletion must not end the sessions that begin now.

    Whether this call did it; None when the user is gone.
    """
    while (user := await users.by_subject(subject)) is not None and user.erase_at is not None:
        if await users.undo_deletion(subject):
            return True
        await apply_decisions(users, auth, user)
    return None if user is None else False


async def erase(users: Users, auth: Auth, user: User, *, at: int) -> bool:
    """Erase an account that is due.  False when its owner logged in again."""
    if not await users.erase(user.subject, at=at):
        return False
    await auth.revoke(subject=user.subject)  # a login under way must not get in
    return True


async def _is_logged_in(auth: Auth, subject: str) -> bool:
    try:
        return bool(await auth.sessions(subject, limit=1, grants=None))
    except ValueError:  # nobody can have such a subject
        return False
