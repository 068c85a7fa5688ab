"""Users: who may log in.  The server's own; sessions know no more of them than the subject."""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import ColumnElement, delete, func, literal, select, update
from sqlalchemy import insert as insert_into
from sqlalchemy.exc import IntegrityError

from ...types import NONE, Roles
from ..db.schema import TEXT
from ..oauth.consents import forget_consents
from .account_events import Kind, note
from .administrators import an_admin, is_no_admin_or_not_the_last
from .email import canonical
from .email_changes import forget_changes
from .factors import forget_factors
from .role_names import written
from .setup_links import LINKS, is_good
from .user import ADMIN, USERS, EmailTaken, LastAdmin, User, user_of
from .user_queries import Found, UserQueries, having


class Users(UserQueries):
    """The users in a database.  Each method is atomic; a write that returned is durable."""

    async def create(
        self,
        email: str,
        password_hash: str | None,
        roles: Roles = NONE,
        *,
        at: int,
        verified: bool = False,
    ) -> User:
        """Add a user, who has proved the address already if `verified`.  Raises `EmailTaken` (of
        many at once, one gets the address), `InvalidEmail` and `InvalidRole`."""
        statement = insert_into(USERS).values(
            subject=new_subject(),
            email=canonical(email),
            password_hash=password_hash,
            roles=written(roles),
            created_at=at,
            password_changed_at=at,
            verified_at=at if verified else None,
        )
        try:
            (user,) = await self._write(statement, "created")
        except IntegrityError:
            raise EmailTaken from None
        return user

    async def add_many(self, users: Collection[User]) -> Mapping[str, str]:
        """Add these users in one transaction; their addresses are canonical and differ.  Left out
        are those whose address has an account: returns its subject, by address.  Raises
        `InvalidRole`."""
        async with self._database.writing() as transaction:
            taken = dict(tuple(row) for row in await transaction.execute(having(users)))
            new = [user for user in users if user.email not in taken]
            if new:
                await transaction.execute(insert_into(USERS), [_row(user) for user in new])
                await note(transaction, "created", [user.subject for user in new])
            if any(user.administers for user in new):
                await transaction.execute(delete(LINKS))
        return taken

    async def set_password(
        self,
        subject: str,
        password_hash: str,
        *,
        old: str | None,
        at: int,
        keep: str = "",
        readdressed: int | None = None,
    ) -> User | None:
        """A new password, chosen `at`: one decision more, which ends all sessions but `keep`.  The
        user as changed; None, and nothing written, when the hash is no longer `old`: what allowed
        this change was looked at before another one.  So with `readdressed`, for links: they die
        with a change of address."""
        unchanged = [USERS.c.password_hash.is_not_distinct_from(old)]
        if readdressed is not None:
            unchanged.append(USERS.c.readdressed == readdressed)
        number = USERS.c.decided + 1
        return await self._change(
            subject,
            *unchanged,
            password_hash=password_hash,
            password_changed_at=at,
            decided=number,
            ending=number,
            kept=keep,
        )

    async def rehash(self, subject: str, old: str, new: str) -> bool:
        """Store the same password at another cost.  False, and nothing written, when the hash is
        no longer `old`: the password was changed in between, and the change must stand."""
        statement = update(USERS).where(USERS.c.subject == subject, USERS.c.password_hash == old)
        return await self._wrote(statement.values(password_hash=new))

    async def verify(self, subject: str, email: str, *, at: int) -> User | None:
        """Note that this address is the user's own: one decision more, at the first time.  None,
        and nothing written, when the user has another address by now, or was verified before."""
        unverified = (USERS.c.email == canonical(email), USERS.c.verified_at.is_(None))
        decided = USERS.c.decided + 1
        return await self._change(subject, *unverified, verified_at=at, decided=decided)

    async def set_email(self, subject: str, email: str) -> User | None:
        """Give the user another address, which nobody has proved yet: one decision more.  None, and
        nothing written, when it is the present one.  Raises `EmailTaken` and `InvalidEmail`."""
        address, decided = canonical(email), USERS.c.decided + 1
        other = USERS.c.email != address
        try:
            return await self._change(
                subject,
                other,
                email=address,
                verified_at=None,
                decided=decided,
                readdressed=decided,
            )
        except IntegrityError:
            raise EmailTaken from None

    async def lock(self, subject: str, *, at: int, spare_last_admin: bool = False) -> User | None:
        """Refuse this user from now on: one decision more.  One locked before keeps its first time.
        Raises `LastAdmin` if asked to spare them."""
        locked = func.coalesce(USERS.c.locked_at, at)
        return await self._decide(subject, spare_last_admin, locked_at=locked)

    async def unlock(self, subject: str) -> User | None:
        """Let this user log in again, unless something decided is not settled: sessions that a lock
        is about to end must not be those of a later login.  The user, locked still if so."""
        settled = USERS.c.decided == USERS.c.settled
        user = await self._change(subject, settled, locked_at=None)
        return user or await self.by_subject(subject)

    async def set_roles(
        self, subject: str, roles: Roles, *, spare_last_admin: bool = False
    ) -> User | None:
        """Give exactly these roles: one decision more.  Raises `InvalidRole`, and `LastAdmin` if
        asked to spare them."""
        spare = spare_last_admin and ADMIN not in roles
        return await self._decide(subject, spare, roles=written(roles))

    async def add_link(self, link: str) -> bool:
        """Let the link with this id make the first administrator, until there is one.  False, and
        nothing written, when there is one already."""
        row = select(literal(link, TEXT)).where(~an_admin())
        statement = insert_into(LINKS).from_select(["id"], row)
        return bool(await self._database.run(statement.returning(LINKS.c.id)))

    async def make_first_admin(self, subject: str, link: str) -> User | None:
        """Give the role `admin` to a user who is not locked, and count one decision.  None, and
        nothing written, if the link is void: of several at once, one becomes the administrator."""
        user = await self.by_subject(subject)
        if user is None or user.locked_at is not None:
            return None
        free = (~an_admin(), is_good(link), USERS.c.roles == written(user.roles))
        roles = written(user.roles | {ADMIN})
        return await self._change(subject, *free, roles=roles, decided=USERS.c.decided + 1)

    async def settle(self, subject: str, decided: int) -> bool:
        """Note that the sessions know of the decision with this number.  False, and nothing noted,
        when another was made meanwhile, or the user is gone."""
        statement = update(USERS).where(USERS.c.subject == subject, USERS.c.decided == decided)
        return await self._wrote(statement.values(settled=decided))

    async def delete_later(self, subject: str, erase_at: int) -> User | None:
        """Let the account be erased at that time, or at the one it has already: one decision more,
        which ends all sessions.  Raises `LastAdmin`."""
        return await self._decide(subject, True, erase_at=func.coalesce(USERS.c.erase_at, erase_at))

    async def undo_deletion(self, subject: str) -> User | None:
        """Keep an account that was to be erased.  None, and nothing written, when it was not to be,
        or something decided is not settled: what ends sessions must not end those of a later
        login."""
        settled = USERS.c.decided == USERS.c.settled
        return await self._change(subject, USERS.c.erase_at.is_not(None), settled, erase_at=None)

    async def erase(self, subject: str, *, at: int) -> bool:
        """Delete this user, if that is due.  False when the user is gone or logged in again."""
        return await self._delete(USERS.c.subject == subject, USERS.c.erase_at <= at)

    async def delete(self, subject: str, *, spare_last_admin: bool = False) -> bool:
        """Delete this user, and all that they could prove.  False when there was none.  Raises
        `LastAdmin` if asked to spare them."""
        spared = [is_no_admin_or_not_the_last(subject)] if spare_last_admin else []
        gone = await self._delete(USERS.c.subject == subject, *spared)
        if not gone and spared and await self.by_subject(subject) is not None:
            raise LastAdmin
        return gone

    async def reset_factors(self, subject: str) -> bool:
        """Forget all that this user could prove beside the password.  False when it was nothing."""
        async with self._database.writing() as transaction:
            return await forget_factors(transaction, subject)

    async def _delete(self, *conditions: ColumnElement[bool]) -> bool:
        async with self._database.writing() as transaction:
            gone = delete(USERS).where(*conditions).returning(USERS.c.subject)
            subjects = [row.subject for row in await transaction.execute(gone)]
            for subject in subjects:
                await forget_factors(transaction, subject)
                await forget_changes(transaction, subject)
                await forget_consents(transaction, subject)
            await note(transaction, "deleted", subjects)
        return bool(subjects)

    async def _decide(self, subject: str, spare_last_admin: bool, **values: Any) -> User | None:
        spared = [is_no_admin_or_not_the_last(subject)] if spare_last_admin else []
        user = await self._change(subject, *spared, decided=USERS.c.decided + 1, **values)
        if user is None and spared and await self.by_subject(subject) is not None:
            raise LastAdmin
        return user

    async def _change(
        self, subject: str, *conditions: ColumnElement[bool], **values: Any
    ) -> User | None:
        statement = update(USERS).where(USERS.c.subject == subject, *conditions)
        return next(iter(await self._write(statement.values(**values))), None)

    async def _write(self, statement: Any, kind: Kind = "changed") -> Found:
        """The users as written.  One who administers makes every link for a first administrator
        void in the same step: else a link would be good again once that user is gone."""
        async with self._database.writing() as transaction:
            rows = await transaction.execute(statement.returning(*USERS.c))
            users = [user_of(row) for row in rows]
            if any(user.administers for user in users):
                await transaction.execute(delete(LINKS))
            await note(transaction, kind, [user.subject for user in users])
        return users

    async def _wrote(self, statement: Any) -> bool:
        return bool(await self._database.run(statement.returning(USERS.c.subject)))


def new_subject() -> str:
    """A subject that nobody has: 16 random bytes in hexadecimal."""
    return f"u_{secrets.token_hex(16)}"


def _row(user: User) -> dict[str, Any]:
    return {**asdict(user), "roles": written(user.roles)}
