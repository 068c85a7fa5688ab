"""Users: who may log in.  The server's own; sessions know no more of them than the subject."""

import json
import re
import secrets
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BigInteger, Column, Index, Row, Table, Text, delete, func, select, update
from sqlalchemy import insert as insert_into
from sqlalchemy.exc import IntegrityError

from ..errors import DoorwardError
from ..types import NONE, Roles
from .database import TABLES, Database
from .email import InvalidEmail, canonical

MOST_ROLES = 32
"""So that an access token that carries them all still fits in a cookie."""

_ROLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,63}")

_USERS = Table(
    "doorward_users",
    TABLES,
    Column("subject", Text, primary_key=True),
    Column("email", Text, nullable=False),
    Column("password_hash", Text),
    Column("roles", Text, nullable=False),
    Column("locked_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("password_changed_at", BigInteger, nullable=False),
)
Index("doorward_users_email", _USERS.c.email, unique=True)


class EmailTaken(DoorwardError):
    """Another user has this e-mail address."""

    def __init__(self) -> None:
        super().__init__("There is an account with this e-mail address already.")


class InvalidRole(DoorwardError, ValueError):
    """Not a name a role can have, or too many roles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """One row.  `subject` is random and says nothing about the person; `email` is canonical.

    `password_hash` is None while no password was ever set.  `locked_at` is when the account was
    locked, or None; a locked user stays readable, and it is the caller who refuses the login.
    """

    subject: str
    email: str
    password_hash: str | None = field(repr=False)
    roles: Roles
    locked_at: int | None
    created_at: int
    password_changed_at: int


class Users:
    """The users in a database.

    Each method is one statement, hence atomic; a write that returned is durable.  E-mail
    addresses are taken in any form `doorward.server.email.canonical` accepts.  Absent is None.
    Each raises `StoreUnavailable` when the database does not answer.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(
        self, email: str, password_hash: str | None, roles: Roles = NONE, *, at: int
    ) -> User:
        """Add a user.  Raises `EmailTaken` (of many at once, one gets the address), `InvalidEmail`
        and `InvalidRole`."""
        statement = insert_into(_USERS).values(
            subject=f"u_{secrets.token_hex(16)}",
            email=canonical(email),
            password_hash=password_hash,
            roles=_written(roles),
            created_at=at,
            password_changed_at=at,
        )
        try:
            rows = await self._database.run(statement.returning(*_USERS.c))
        except IntegrityError:
            raise EmailTaken from None
        return _user(rows[0])

    async def by_email(self, email: str) -> User | None:
        """The user with this address; None also when it is no address at all."""
        try:
            address = canonical(email)
        except InvalidEmail:
            return None
        return await self._one(select(_USERS).where(_USERS.c.email == address))

    async def by_subject(self, subject: str) -> User | None:
        """The user a session belongs to."""
        return await self._one(select(_USERS).where(_USERS.c.subject == subject))

    async def find(self, who: str) -> User | None:
        """The user an operator means: by e-mail address or by subject."""
        return await (self.by_email(who) if "@" in who else self.by_subject(who))

    async def list(self, after: str | None = None, limit: int = 50) -> list[User]:
        """Users in the order of their addresses, from the one that follows `after`."""
        statement = select(_USERS).order_by(_USERS.c.email).limit(limit)
        if after is not None:
            statement = statement.where(_USERS.c.email > after)
        return [_user(row) for row in await self._database.run(statement)]

    async def count(self) -> int:
        """How many users there are, locked ones included."""
        rows = await self._database.run(select(func.count()).select_from(_USERS))
        return int(rows[0][0])

    async def set_password(self, subject: str, password_hash: str, *, at: int) -> User | None:
        """A new password, chosen `at`.  The user as changed."""
        return await self._change(subject, password_hash=password_hash, password_changed_at=at)

    async def rehash(self, subject: str, old: str, new: str) -> bool:
        """Store the same password at another cost.  False, and nothing written, when the hash is
        no longer `old`: the password was changed in between, and the change must stand."""
        statement = update(_USERS).where(_USERS.c.subject == subject, _USERS.c.password_hash == old)
        return await self._wrote(statement.values(password_hash=new))

    async def lock(self, subject: str, *, at: int) -> User | None:
        """Refuse this user from now on.  One locked before keeps its first time."""
        return await self._change(subject, locked_at=func.coalesce(_USERS.c.locked_at, at))

    async def unlock(self, subject: str) -> User | None:
        """Let this user log in again."""
        return await self._change(subject, locked_at=None)

    async def set_roles(self, subject: str, roles: Roles) -> User | None:
        """Give exactly these roles.  Raises `InvalidRole`."""
        return await self._change(subject, roles=_written(roles))

    async def delete(self, subject: str) -> bool:
        """Forget this user.  False when there was none."""
        return await self._wrote(delete(_USERS).where(_USERS.c.subject == subject))

    async def _one(self, statement: Any) -> User | None:
        rows = await self._database.run(statement)
        return _user(rows[0]) if rows else None

    async def _change(self, subject: str, **values: Any) -> User | None:
        statement = update(_USERS).where(_USERS.c.subject == subject).values(**values)
        return await self._one(statement.returning(*_USERS.c))

    async def _wrote(self, statement: Any) -> bool:
        return bool(await self._database.run(statement.returning(_USERS.c.subject)))


def _written(roles: Roles) -> str:
    """Roles as the column holds them.  A name is 1 to 64 ASCII letters, digits and `_ . : / -`,
    the first a letter or digit."""
    for role in roles:
        if not _ROLE.fullmatch(role):
            raise InvalidRole(
                "A role is 1 to 64 of the letters A to Z and a to z, digits and _ . : / - only."
            )
    if len(roles) > MOST_ROLES:
        raise InvalidRole(f"A user can have at most {MOST_ROLES} roles.")
    return json.dumps(sorted(roles))


def _user(row: Row[Any]) -> User:
    values = row._asdict()
    return User(**{**values, "roles": frozenset(json.loads(values["roles"]))})
