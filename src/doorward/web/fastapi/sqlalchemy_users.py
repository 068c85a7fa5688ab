"""A table of users in SQLAlchemy, for `user_router`."""

from collections.abc import Callable, Collection
from typing import Any
from uuid import uuid4

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from .user_table import KnownUser


def _nothing(row: Any) -> Collection[str]:
    return ()


def _free(row: Any) -> bool:
    return False


class SqlAlchemyUsers:
    """The users in a mapped class of yours: a `UserTable`.

    `subject`, `email` and `password_hash` are the names of its attributes; the first is its key and
    a text, and the second needs a unique index.  `roles` and `locked` look at a row.
    """

    def __init__(
        self,
        sessions: async_sessionmaker[AsyncSession],
        model: type[Any],
        *,
        subject: str = "id",
        email: str = "email",
        password_hash: str = "password_hash",  # noqa: S107 - the name of an attribute
        roles: Callable[[Any], Collection[str]] = _nothing,
        locked: Callable[[Any], bool] = _free,
    ) -> None:
        self._sessions = sessions
        self._model = model
        self._names = subject, email, password_hash
        self._roles = roles
        self._locked = locked
        self._subject, self._email, self._hash = (getattr(model, each) for each in self._names)

    async def by_email(self, email: str) -> KnownUser | None:
        return await self._one(self._email == email)

    async def by_subject(self, subject: str) -> KnownUser | None:
        return await self._one(self._subject == subject)

    async def add(self, email: str, password_hash: str) -> KnownUser | None:
        subject = uuid4().hex
        row = dict(zip(self._names, (subject, email, password_hash), strict=True))
        try:
            await self._write(insert(self._model).values(**row))
        except IntegrityError:
            if await self.by_email(email) is None:
                raise  # another column of the application's is at fault
            return None
        return await self.by_subject(subject)

    async def set_password(self, subject: str, password_hash: str, old: str | None) -> bool:
        unchanged = self._hash.is_not_distinct_from(old)
        statement = update(self._model).where(self._subject == subject, unchanged)
        return await self._write(statement.values({self._hash: password_hash})) == 1

    async def delete(self, subject: str) -> None:
        await self._write(delete(self._model).where(self._subject == subject))

    async def _one(self, condition: Any) -> KnownUser | None:
        async with self._sessions() as session:
            row = (await session.scalars(select(self._model).where(condition))).one_or_none()
            return None if row is None else self._known(row)

    async def _write(self, statement: Any) -> int:
        async with self._sessions.begin() as session:
            done: Any = await session.execute(statement)
            return int(done.rowcount)

    def _known(self, row: Any) -> KnownUser:
        subject, email, password_hash = (getattr(row, name) for name in self._names)
        return KnownUser(
            subject=subject,
            email=email,
            password_hash=password_hash,
            roles=frozenset(self._roles(row)),
            locked=self._locked(row),
        )
