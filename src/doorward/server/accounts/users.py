"""Users: who may log in.  The server's own; sessions know no more of them than the subject."""

import json
import re
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    FromClause,
    Index,
    Row,
    Table,
    and_,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    text,
    update,
)
from sqlalchemy import insert as insert_into
from sqlalchemy.exc import IntegrityError

from ...errors import DoorwardError
from ...settings import MAX_ROLE_BYTES
from ...types import NONE, Roles
from ..db.database import TABLES, Database
from ..db.schema import TEXT
from .email import InvalidEmail, canonical, forms
from .setup_links import LINKS, is_good

ADMIN = "admin"
"""The role of those who administer.  An administrator is who has it and is not locked."""

_ROLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,63}")

_USERS = Table(
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
)
Index("doorward_users_email", _USERS.c.email, unique=True)
_UNSETTLED = text("decided <> settled")  # in these words, so that the index is found
Index(
    "doorward_users_unsettled",
    _USERS.c.subject,
    sqlite_where=_UNSETTLED,
    postgresql_where=_UNSETTLED,
)


class EmailTaken(DoorwardError):
    """Another user has this e-mail address."""

    def __init__(self) -> None:
        super().__init__("There is an account with this e-mail address already.")


class LastAdmin(DoorwardError):
    """This user is the last who can administer."""

    def __init__(self) -> None:
        super().__init__(f"This is the last user with the role {ADMIN} who can log in.")


class InvalidRole(DoorwardError, ValueError):
    """Not a name a role can have, or too many roles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """One row.  `subject` is random and says nothing about the person; `email` is canonical.

    `password_hash` is None while no password was ever set.  `locked_at` is when the account was
    locked, or None; a locked user stays readable, and it is the caller who refuses the login.
    `decided` counts the decisions about the user (lock, roles, password), `settled` is the last of
    them that is known to have reached the user's sessions.  `ending` is the last that was a new
    password, which ends all sessions but the one that is `kept`, if any.
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

    @property
    def ends(self) -> bool:
        """Whether a new password has still to end sessions."""
        return self.ending > self.settled

    @property
    def administers(self) -> bool:
        """Whether this is an administrator."""
        return ADMIN in self.roles and self.locked_at is None


Found = list[User]


class Users:
    """The users in a database.

    Each method is atomic; a write that returned is durable.  Addresses are taken in any form that
    `email.canonical` accepts.  Absent is None.  Each may raise `StoreUnavailable`.
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
            (user,) = await self._write(statement)
        except IntegrityError:
            raise EmailTaken from None
        return user

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
        return await (self.by_email(who) if "@" in who else self.by_subject(who.strip()))

    async def list(self, after: str | None = None, limit: int = 50, *, query: str = "") -> Found:
        """Users in the order of their addresses, from the one that follows `after`: all, or those
        whose address contains `query`; first of all the one whose subject it is."""
        email = _USERS.c.email
        emails = select(email).order_by(email).limit(limit)
        if after is not None:
            emails = emails.where(email > after)
        if query:
            pieces = [email.contains(form, autoescape=True) for form in forms(query)]
            emails = emails.where(or_(*pieces))
        # of the index alone, which is a fraction of the table
        found = await self._all(select(_USERS).where(email.in_(emails)).order_by(email))
        exact = await self.by_subject(query) if query and after is None else None
        return found if exact is None else [exact, *found][:limit]

    async def named(self, subjects: Collection[str]) -> Mapping[str, User]:
        """Those of these users who exist, by subject."""
        users = await self._all(select(_USERS).where(_USERS.c.subject.in_(subjects)))
        return {user.subject: user for user in users}

    async def unsettled(self, limit: int = 50) -> Sequence[User]:
        """Users about whom something was decided that may not have reached their sessions."""
        return await self._all(select(_USERS).where(_UNSETTLED).limit(limit))

    async def any_admin(self) -> bool:
        """Whether there is an administrator."""
        return bool(await self._database.run(select(1).where(_an_admin())))

    async def count(self) -> int:
        """How many users there are, locked ones included."""
        ((users,),) = await self._database.run(select(func.count()).select_from(_USERS))
        return int(users)

    async def set_password(
        self, subject: str, password_hash: str, *, old: str | None, at: int, keep: str = ""
    ) -> User | None:
        """A new password, chosen `at`: one decision more, which ends all sessions but `keep`.  The
        user as changed; None, and nothing written, when the hash is no longer `old`: what allowed
        this change was looked at before another one."""
        unchanged = _USERS.c.password_hash.is_not_distinct_from(old)
        number = _USERS.c.decided + 1
        return await self._change(
            subject,
            unchanged,
            password_hash=password_hash,
            password_changed_at=at,
            decided=number,
            ending=number,
            kept=keep,
        )

    async def rehash(self, subject: str, old: str, new: str) -> bool:
        """Store the same password at another cost.  False, and nothing written, when the hash is
        no longer `old`: the password was changed in between, and the change must stand."""
        statement = update(_USERS).where(_USERS.c.subject == subject, _USERS.c.password_hash == old)
        return await self._wrote(statement.values(password_hash=new))

    async def lock(self, subject: str, *, at: int, spare_last_admin: bool = False) -> User | None:
        """Refuse this user from now on: one decision more.  One locked before keeps its first time.
        Raises `LastAdmin` if asked to spare them."""
        locked = func.coalesce(_USERS.c.locked_at, at)
        return await self._decide(subject, spare_last_admin, locked_at=locked)

    async def unlock(self, subject: str) -> User | None:
        """Let this user log in again, unless something decided is not settled: sessions that a lock
        is about to end must not be those of a later login.  The user, locked still if so."""
        settled = _USERS.c.decided == _USERS.c.settled
        user = await self._change(subject, settled, locked_at=None)
        return user or await self.by_subject(subject)

    async def set_roles(
        self, subject: str, roles: Roles, *, spare_last_admin: bool = False
    ) -> User | None:
        """Give exactly these roles: one decision more.  Raises `InvalidRole`, and `LastAdmin` if
        asked to spare them."""
        spare = spare_last_admin and ADMIN not in roles
        return await self._decide(subject, spare, roles=_written(roles))

    async def add_link(self, link: str) -> bool:
        """Let the link with this id make the first administrator, until there is one.  False, and
        nothing written, when there is one already."""
        row = select(literal(link, TEXT)).where(~_an_admin())
        statement = insert_into(LINKS).from_select(["id"], row)
        return bool(await self._database.run(statement.returning(LINKS.c.id)))

    async def has_link(self, link: str) -> bool:
        """Whether this link is good: nobody has become an administrator since it was made."""
        return bool(await self._database.run(select(1).where(is_good(link))))

    async def make_first_admin(self, subject: str, link: str) -> User | None:
        """Give the role `admin` to a user who is not locked, and count one decision.  None, and
        nothing written, if the link is void: of several at once, one becomes the administrator."""
        user = await self.by_subject(subject)
        if user is None or user.locked_at is not None:
            return None
        free = (~_an_admin(), is_good(link), _USERS.c.roles == _written(user.roles))
        roles = _written(user.roles | {ADMIN})
        return await self._change(subject, *free, roles=roles, decided=_USERS.c.decided + 1)

    async def settle(self, subject: str, decided: int) -> bool:
        """Note that the sessions know of the decision with this number.  False, and nothing noted,
        when another was made meanwhile, or the user is gone."""
        statement = update(_USERS).where(_USERS.c.subject == subject, _USERS.c.decided == decided)
        return await self._wrote(statement.values(settled=decided))

    async def delete(self, subject: str) -> bool:
        """Forget this user.  False when there was none."""
        return await self._wrote(delete(_USERS).where(_USERS.c.subject == subject))

    async def _one(self, statement: Any) -> User | None:
        rows = await self._database.run(statement)
        return _user(rows[0]) if rows else None

    async def _all(self, statement: Any) -> Found:
        return [_user(row) for row in await self._database.run(statement)]

    async def _decide(self, subject: str, spare_last_admin: bool, **values: Any) -> User | None:
        spared = [_is_no_admin_or_not_the_last(subject)] if spare_last_admin else []
        user = await self._change(subject, *spared, decided=_USERS.c.decided + 1, **values)
        if user is None and spared and await self.by_subject(subject) is not None:
            raise LastAdmin
        return user

    async def _change(
        self, subject: str, *conditions: ColumnElement[bool], **values: Any
    ) -> User | None:
        statement = update(_USERS).where(_USERS.c.subject == subject, *conditions)
        return next(iter(await self._write(statement.values(**values))), None)

    async def _write(self, statement: Any) -> Found:
        """The users as written.  One who administers makes every link for a first administrator
        void in the same step: else a link would be good again once that user is gone."""
        async with self._database.writing() as transaction:
            rows = await transaction.execute(statement.returning(*_USERS.c))
            users = [_user(row) for row in rows]
            if any(user.administers for user in users):
                await transaction.execute(delete(LINKS))
        return users

    async def _wrote(self, statement: Any) -> bool:
        return bool(await self._database.run(statement.returning(_USERS.c.subject)))


def _has(column: ColumnElement[str], piece: str) -> ColumnElement[bool]:
    """Whether a text contains another, in these very letters, of which none is special."""
    return column != func.replace(column, piece, "")


def _administers(users: FromClause) -> ColumnElement[bool]:
    return and_(users.c.locked_at.is_(None), _has(users.c.roles, json.dumps(ADMIN)))


def _an_admin(but: str | None = None) -> ColumnElement[bool]:
    """Whether there is an administrator, beside `but`."""
    others = _USERS.alias()
    found = select(others.c.subject).where(_administers(others))
    return exists(found if but is None else found.where(others.c.subject != but))


def _is_no_admin_or_not_the_last(subject: str) -> ColumnElement[bool]:
    # checked in the statement that writes: two admins who demote each other cannot both succeed
    return or_(~_administers(_USERS), _an_admin(but=subject))


def _written(roles: Roles) -> str:
    """Roles as the column holds them.  A name is 1 to 64 ASCII letters, digits and `_ . : / -`,
    the first a letter or digit."""
    for role in roles:
        if not _ROLE.fullmatch(role):
            raise InvalidRole(
                "A role is 1 to 64 of the letters A to Z and a to z, digits and _ . : / - only,"
                " a letter or digit first."
            )
    written = json.dumps(sorted(roles))
    if len(written) > MAX_ROLE_BYTES:
        raise InvalidRole("These are too many or too long roles to fit in an access token.")
    return written


def _user(row: Row[Any]) -> User:
    values = row._asdict()
    return User(**{**values, "roles": frozenset(json.loads(values["roles"]))})
