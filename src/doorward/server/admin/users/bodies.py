"""The bodies of the API for users, as OpenAPI describes them."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from ...accounts.user import User
from ...routes.bodies import After
from ...routes.live_session import LiveSession


class RolesBody(BaseModel):
    """Exactly these roles; none takes all away.  Any other member is refused: nobody chooses a
    password for somebody else."""

    model_config = ConfigDict(strict=True, extra="forbid")

    roles: Annotated[list[str], Field(max_length=500)]


class UserEntry(BaseModel):
    subject: str
    email: str
    roles: list[str]
    locked_at: Annotated[int | None, Field(description="Null: not locked.")]
    has_password: bool
    created_at: int
    password_changed_at: int


class UserList(BaseModel):
    users: Annotated[list[UserEntry], Field(description="By address, or the newest first.")]
    total: Annotated[int, Field(description="Of all pages; 10001 stands for more than 10,000.")]
    after: After


class UserDetails(UserEntry):
    factors: Annotated[
        list[str],
        Field(description="Beside the password: totp, passkey, recovery_code."),
    ]
    sessions: Annotated[list[LiveSession], Field(description="Latest activity first; at most 500.")]


class Locked(UserEntry):
    sessions_ended: int


class Roles(UserEntry):
    sessions_changed: int


class ResetLink(BaseModel):
    reset_link: Annotated[
        str | None, Field(description="With this link the password can be set, once.")
    ] = None
    expires_at: int | None = None
    sent_to: Annotated[str | None, Field(description="Where it was sent instead.")] = None


def user_entry(user: User) -> UserEntry:
    return UserEntry(**user_members(user))


def user_members(user: User) -> dict[str, Any]:
    return {
        "subject": user.subject,
        "email": user.email,
        "roles": sorted(user.roles),
        "locked_at": user.locked_at,
        "has_password": user.password_hash is not None,
        "created_at": user.created_at,
        "password_changed_at": user.password_changed_at,
    }
