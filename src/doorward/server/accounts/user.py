"""One user, and the table of them."""

import json
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BigInteger, Column, Index, Row, Table, text

from ...errors import DoorwardError
from ...types import VERIFIED, Roles
from ..db.database import TABLES
from ..db.schema import TEXT

ADMIN = "admin"
"""The role of those who administer.  An administrator is who has it, is not locked, and did not
delete the account."""

USERS = Table(
    "doorward_users",
    TABLES,
    Column("subject", TEXT, primary_key=True),
    Column("email", TEXT, nullable=False),
    Column("password_hash", TEXT),
    Column("roles", TEXT, nullable=False),
    Column("locked_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("password_changed_at", BigInteger, nullable=False),
    Column("decided", BigInteger, nullable=False, server_default=text("0")),
    Column("settled", BigInteger, nullable=False, server_default=text("0")),
    Column("ending", BigInteger, nullable=False, server_default=text("0")),
    Column("kept", TEXT, nullable=False, server_default=text("''")),
    Column("verified_at", BigInteger),
    Column("erase_at", BigInteger),
    Column("readdressed", BigInteger, nullable=False, server_default=text("0")),
)
Index("doorward_users_email", USERS.c.email, unique=True)
Index("doorward_users_age", USERS.c.created_at, USERS.c.email)
UNSETTLED = text("decided <> settled")  # in these words, so that the index is found
Index(
    "doorward_users_unsettled",
    USERS.c.subject,
    sqlite_where=UNSETTLED,
    postgresql_where=UNSETTLED,
)


class EmailTaken(DoorwardError):
    """Another user has this e-mail address."""

    def __init__(self) -> None:
        super().__init__("There is an account with this e-mail address already.")


class LastAdmin(DoorwardError):
    """This user is the last who can administer."""

    def __init__(self) -> None:
        super().__init__(f"This is the last user with the role {ADMIN} who can log in.")


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """One row.  `subject` is random and says nothing about the person; `email` is canonical.

    `password_hash` is None while no password was ever set.  `locked_at` is when the account was
    locked, or None; a locked user stays readable, and it is the caller who refuses the login.
    `decided` counts the decisions about the user (lock, roles, password), `settled` is the last of
    them that is known to have reached the user's sessions.  `ending` is the last that was a new
    password, which ends all sessions but the one that is `kept`, if any.  `readdressed` is the last
    that was a new address.  `verified_at` is when the
    person proved that the address is theirs, or None; `erase_at` is when the account, which its
    owner deleted, will be erased, unless they log in before, or None.
    """

    subject: str
    email: str
    password_hash: str | None = field(repr=False)
    roles: Roles
    locked_at: int | None
    created_at: int
    password_changed_at: int
    decided: int = 0
    settled: int = 0
    ending: int = 0
    kept: str = ""
    verified_at: int | None = None
    erase_at: int | None = None
    readdressed: int = 0

    @property
    def session_roles(self) -> Roles:
        """The roles that the user's sessions carry."""
        return self.roles if self.verified_at is None else self.roles | {VERIFIED}

    @property
    def ends(self) -> bool:
        """Whether a new password has still to end sessions."""
        return self.ending > self.settled

    @property
    def administers(self) -> bool:
        """Whether this is an administrator."""
        return ADMIN in self.roles and self.locked_at is None and self.erase_at is None

    def facts(self) -> dict[str, Any]:
        """What the user, administrators and the operator may read of this row."""
        return {
            "subject": self.subject,
            "email": self.email,
            "roles": sorted(self.roles),
            "locked_at": self.locked_at,
            "has_password": self.password_hash is not None,
            "created_at": self.created_at,
            "password_changed_at": self.password_changed_at,
            "verified_at": self.verified_at,
            "erase_at": self.erase_at,
        }


def user_of(row: Row[Any]) -> User:
    values = row._asdict()
    return User(**{**values, "roles": frozenset(json.loads(values["roles"]))})
