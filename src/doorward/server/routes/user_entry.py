"""A user, as programs read it: administrators of everybody, and each person of themselves."""

from typing import Annotated

from pydantic import BaseModel, Field

from ..accounts.user import User


class UserEntry(BaseModel):
    subject: str
    email: str
    roles: list[str]
    locked_at: Annotated[int | None, Field(description="Null: not locked.")]
    has_password: bool
    created_at: int
    password_changed_at: int
    verified_at: Annotated[int | None, Field(description="Null: the address is not proved.")]
    erase_at: Annotated[
        int | None,
        Field(description="When the account is erased, which its owner deleted. Null: never."),
    ]


def user_entry(user: User) -> UserEntry:
    return UserEntry(**user.facts())
