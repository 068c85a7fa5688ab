"""Take from a user all factors but the password, as for somebody who lost them."""

from ...auth import Auth
from ...types import Device
from .apply_decisions import applying
from .user import User
from .users import Users


async def reset_factors(
    users: Users, auth: Auth, user: User, *, device: Device | None = None
) -> int | None:
    """Forget the factors and end all sessions: one of them may be in the hands of whoever has the
    factor.  How many ended; None, and none did, when there was no factor.
    Raises `NotApplied`."""
    if not await users.reset_factors(user.subject):
        return None
    with applying():
        ended = len(await auth.revoke(subject=user.subject, device=device or Device()))
    await users.reset_factors(user.subject)  # what one of those sessions added meanwhile
    return ended
