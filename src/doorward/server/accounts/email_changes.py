"""Changes of people's own addresses, and for some days the way back from each."""

from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Index,
    Table,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from ...settings import DAY
from ..db.database import TABLES, Database, Transaction
from ..db.schema import TEXT
from .account_events import note
from .email import canonical
from .factors import forget_factors_since
from .user import USERS, EmailTaken, User, user_of

LIFETIME = 7 * DAY
"""Seconds for which the link in the letter to the old address undoes the change."""

KEPT = LIFETIME + 2 * DAY
"""Seconds for which a change is kept: its letter may wait for a day before it is sent."""

EVER = 0
"""`since` in an account that a stranger may have made: any factor in it may be theirs."""

EMAIL_CHANGES = Table(
    "doorward_email_changes",
    TABLES,
    Column("id", TEXT, primary_key=True),
    Column("subject", TEXT, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("old_email", TEXT, nullable=False),
    Column("new_email", TEXT, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("since", BigInteger),
)
Index("doorward_email_changes_subject", EMAIL_CHANGES.c.subject)
Index("doorward_email_changes_at", EMAIL_CHANGES.c.at)

Beside = Callable[[Transaction], Awaitable[None]]
"""Writes in the same transaction what must not be missing once the address is changed."""


class EmailChange(NamedTuple):
    """One change that can still be undone.  `id` is that of the letter about it, `number` that of
    the decision; `old_email` and `new_email` are addresses in canonical form.  `since` is the time
    from which a stranger may have added factors, in seconds since 1970; None if unknown."""

    id: str
    subject: str
    number: int
    old_email: str
    new_email: str
    at: int
    since: int | None = None


class EmailChanges:
    """The changes in a database.  Each method is atomic, and may raise `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def change(
        self, old: User, email: str, *, id: str, at: int, beside: Beside, since: int | None = None
    ) -> User | None:
        """Give a user the address that they proved: one decision more.  The user as changed; None,
        and nothing written, when anything was decided about them since `old` was read.  Raises
        `EmailTaken`: of several users who want one address, one gets it.  `since` is kept for
        `undo`."""
        number, after = old.decided + 1, canonical(email)
        change = EmailChange(id, old.subject, number, old.email, after, at, since)

        async def keep(transaction: Transaction) -> None:
            await transaction.execute(insert(EMAIL_CHANGES).values(change._asdict()))
            await beside(transaction)

        values = {"email": after, "verified_at": at, "decided": number, "readdressed": number}
        return await self._write(old, values, keep)

    async def find(self, id: str) -> EmailChange | None:
        """The change with this id; None also when it was undone, or one before it was."""
        rows = await self._database.run(select(EMAIL_CHANGES).where(EMAIL_CHANGES.c.id == id))
        return EmailChange._make(rows[0]) if rows else None

    async def can_undo(self, change: EmailChange, user: User) -> bool:
        """Whether the user's address came by this change and those after it alone: nobody undoes
        what an administrator decided in between."""
        since = select(EMAIL_CHANGES).where(*_from(change)).order_by(EMAIL_CHANGES.c.number)
        changes = [EmailChange._make(row) for row in await self._database.run(since)]
        linked = all(one.new_email == next.old_email for one, next in pairwise(changes))
        return bool(changes) and linked and changes[-1].new_email == user.email

    async def undo(
        self, change: EmailChange, old: User, *, at: int, beside: Beside, keep_last: bool = False
    ) -> User | None:
        """Give a user the address before this change: one decision more, which ends all sessions,
        takes the password away, and makes the changes after this one final, since whoever made them
        was not the owner.  Their factors go in the same step: `forget_factors_since`; and a
        deletion that they began is off.  The user as changed; None and `EmailTaken` as for
        `change`."""

        async def forget(transaction: Transaction) -> None:
            await transaction.execute(delete(EMAIL_CHANGES).where(*_from(change)))
            if change.since is not None:
                await forget_factors_since(
                    transaction, old.subject, change.since, keep_last=keep_last
                )
            await beside(transaction)

        taken = _taken_over(old, at)
        back = {"email": change.old_email, "readdressed": taken["decided"], "erase_at": None}
        values = {**back, **taken}
        return await self._write(old, values, forget)

    async def take_over(self, old: User, *, at: int) -> User | None:
        """Give an account to the owner of its address, who proved it for the first time: one
        decision more, which ends all sessions and takes the password away.  None as for
        `change`."""

        async def nothing(_: Transaction) -> None: ...

        return await self._write(old, _taken_over(old, at), nothing)

    async def _write(self, old: User, values: dict[str, object], beside: Beside) -> User | None:
        unchanged = (USERS.c.subject == old.subject, USERS.c.decided == old.decided)
        statement = update(USERS).where(*unchanged).values(values).returning(*USERS.c)
        try:
            async with self._database.writing() as transaction:
                users = [user_of(row) for row in await transaction.execute(statement)]
                for user in users:
                    await beside(transaction)
                    await note(transaction, "changed", [user.subject])
        except IntegrityError:
            raise EmailTaken from None
        return next(iter(users), None)


def _taken_over(old: User, at: int) -> dict[str, object]:
    number = old.decided + 1
    ended = {"password_hash": None, "ending": number, "kept": ""}
    return {"verified_at": at, "decided": number, **ended}


async def forget_changes(transaction: Transaction, subject: str) -> None:
    """Forget the changes of a user who is deleted."""
    await transaction.execute(delete(EMAIL_CHANGES).where(EMAIL_CHANGES.c.subject == subject))


async def forget_older(database: Database, before: int) -> None:
    """Forget the changes before this time, which nobody can undo any more.  Raises
    `StoreUnavailable`."""
    await database.run(delete(EMAIL_CHANGES).where(EMAIL_CHANGES.c.at <= before))


def _from(change: EmailChange) -> tuple[ColumnElement[bool], ...]:
    """This change and those of the same user after it."""
    mine = EMAIL_CHANGES.c.subject == change.subject
    return mine, EMAIL_CHANGES.c.number >= change.number
