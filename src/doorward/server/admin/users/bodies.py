"""The bodies of the API for users, as OpenAPI describes them."""

from typing import Annotated

from pydantic import BaseModel, Field

from ...routes.admin import AdminBody
from ...routes.bodies import After, Email
from ...routes.live_session import LiveSession
from ...routes.user_entry import UserEntry

RoleNames = Annotated[list[str], Field(max_length=500)]


class RolesBody(AdminBody):
    """Exactly these roles; none takes all away."""

    roles: RoleNames


class NewUserBody(AdminBody):
    email: Email
    roles: Annotated[RoleNames, Field(default_factory=list)]
    invite: Annotated[bool, Field(description="Whether the person is sent an invitation.")] = True


class EmailBody(AdminBody):
    email: Email


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


class Invitation(BaseModel):
    invitation_link: Annotated[
        str | None, Field(description="With this link the password can be chosen, once.")
    ] = None
    expires_at: int | None = None
    sent_to: Annotated[str | None, Field(description="Where it was sent instead.")] = None


class NewUser(UserEntry, Invitation):
    pass


class ResetLink(BaseModel):
    reset_link: Annotated[
        str | None, Field(description="With this link the password can be set, once.")
    ] = None
    expires_at: int | None = None
    sent_to: Annotated[str | None, Field(description="Where it was sent instead.")] = None
