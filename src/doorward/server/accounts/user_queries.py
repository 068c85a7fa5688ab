"""Finds users.  Nothing here writes."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, func, select

from ..db.database import Database
from .administrators import an_admin
from .email import InvalidEmail, canonical
from .setup_links import is_good
from .user import UNSETTLED, USERS, User, user_of
from .user_list import EVERYBODY, Wanted, conditions, order

Found = list[User]


class UserQueries:
    """What can be asked of the users in a database.

    Addresses are taken in any form that `email.canonical` accepts.  Absent is None.  Each method
    may raise `StoreUnavailable`.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def by_email(self, email: str) -> User | None:
        """The user with this address; None also when it is no address at all."""
        try:
            address = canonical(email)
        except InvalidEmail:
            return None
        return await self._one(select(USERS).where(USERS.c.email == address))

    async def by_subject(self, subject: str) -> User | None:
        """The user a session belongs to."""
        return await self._one(select(USERS).where(USERS.c.subject == subject))

    async def find(self, who: str) -> User | None:
        """The user an operator means: by e-mail address or by subject."""
        return await (self.by_email(who) if "@" in who else self.by_subject(who.strip()))

    async def list(
        self, after: str = "", limit: int = 50, *, query: str = "", wanted: Wanted = EVERYBODY
    ) -> Found:
        """Users, from the one that follows `after`, the `mark` of another: all who are `wanted`, or
        those of them whose address contains `query`; first the one of them whose subject it is."""
        columns, follows = order(wanted.newest, after)
        emails = select(USERS.c.email).where(*follows, *conditions(query, wanted))
        # of the index alone, which is a fraction of the table
        inside = USERS.c.email.in_(emails.order_by(*columns).limit(limit))
        found = await self._all(select(USERS).where(inside).order_by(*columns))
        exact = await self.by_subject(query) if query and not after else None
        return [exact, *found][:limit] if exact and wanted.holds(exact) else found

    async def count_wanted(self, query: str, wanted: Wanted, most: int) -> int:
        """How many such users there are, counted up to `most`."""
        some = select(USERS.c.email).where(*conditions(query, wanted)).limit(most).subquery()
        ((users,),) = await self._database.run(select(func.count()).select_from(some))
        return int(users)

    async def named(self, subjects: Collection[str]) -> Mapping[str, User]:
        """Those of these users who exist, by subject."""
        users = await self._all(select(USERS).where(USERS.c.subject.in_(subjects)))
        return {user.subject: user for user in users}

    async def unsettled(self, limit: int = 50) -> Sequence[User]:
        """Users about whom something was decided that may not have reached their sessions."""
        return await self._all(select(USERS).where(UNSETTLED).limit(limit))

    async def due(self, at: int, limit: int = 50) -> Sequence[User]:
        """Users whose account is to be erased by now."""
        return await self._all(select(USERS).where(USERS.c.erase_at <= at).limit(limit))

    async def taken(self, users: Collection[User]) -> Mapping[str, str]:
        """What `Users.add_many` would return: who has the address of one of these, by address."""
        return dict(tuple(row) for row in await self._database.run(having(users)))

    async def any_admin(self) -> bool:
        """Whether there is an administrator."""
        return bool(await self._database.run(select(1).where(an_admin())))

    async def has_link(self, link: str) -> bool:
        """Whether this link is good: nobody has become an administrator since it was made."""
        return bool(await self._database.run(select(1).where(is_good(link))))

    async def count(self) -> int:
        """How many users there are, locked ones included."""
        ((users,),) = await self._database.run(select(func.count()).select_from(USERS))
        return int(users)

    async def _one(self, statement: Any) -> User | None:
        rows = await self._database.run(statement)
        return user_of(rows[0]) if rows else None

    async def _all(self, statement: Any) -> Found:
        return [user_of(row) for row in await self._database.run(statement)]


def having(users: Collection[User]) -> Select[Any]:
    """Address and subject of every user who has the address of one of these."""
    emails = [user.email for user in users]
    return select(USERS.c.email, USERS.c.subject).where(USERS.c.email.in_(emails))
