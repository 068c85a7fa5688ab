"""Give a user other roles."""

from ...auth import Auth
from ...types import Roles
from .apply_decisions import apply_decisions
from .user import User
from .users import Users


async def give_roles(
    users: Users, auth: Auth, subject: str, roles: Roles, *, spare_last_admin: bool = False
) -> tuple[User, int] | None:
    """Give a user exactly these roles, in live sessions too, from their next check on.

    The user, and how many sessions changed; None when there is no such user.  Nobody is logged out.
    Raises `InvalidRole`, and `LastAdmin` if asked to spare them.
    """
    user = await users.set_roles(subject, roles, spare_last_admin=spare_last_admin)
    return None if user is None else await apply_decisions(users, auth, user)
