"""Users in the words and the data of commands."""

import json
from collections.abc import Sequence

from ..server.accounts.user import User
from ..settings import MAX_ROLE_BYTES
from ..types import Roles
from .output import NotDone, when


def roles_of(words: Sequence[str]) -> Roles:
    """The roles that were typed.  Raises `NotDone` if they do not fit in an access token."""
    roles = frozenset(words)
    if len(json.dumps(sorted(roles))) > MAX_ROLE_BYTES:
        raise NotDone("These are too many or too long roles: they do not fit in an access token.")
    return roles


def data(user: User) -> dict[str, object]:
    """What every answer in JSON tells of a user."""
    return {"subject": user.subject, "email": user.email, "roles": sorted(user.roles)}


def state(user: User) -> str:
    """Whether the user can log in, and if not, why."""
    if user.locked_at is not None:
        return f"locked {when(user.locked_at)}"
    if user.erase_at is not None:
        return f"to be erased {when(user.erase_at)}"
    return "active" if user.password_hash is not None else "no password yet"


def created(user: User) -> str:
    """The line about a new user."""
    return f"Created {user.email} with {named(user.roles)}; the subject is {user.subject}."


def named(roles: Roles) -> str:
    """Roles in a sentence."""
    if not roles:
        return "no roles"
    return f"the role{'s' if len(roles) > 1 else ''} {', '.join(sorted(roles))}"


def listed(roles: Roles) -> str:
    """Roles in a table."""
    return ", ".join(sorted(roles)) or "-"
