"""What a person can prove beside the password, as far as one question tells."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from sqlalchemy import Executable, delete, func, select
from sqlalchemy.sql.elements import ColumnElement

from ...errors import DoorwardError
from ..db.database import Database, Transaction
from .factor_tables import OWNED, PASSKEYS, RECOVERY_CODES, TOTP


class Held(NamedTuple):
    """The factors of one person: whether they have an authenticator app, and how many passkeys and
    unused recovery codes."""

    totp: bool = False
    passkeys: int = 0
    recovery_codes: int = 0

    @property
    def second(self) -> bool:
        """Whether there is a second factor.  Recovery codes only stand in for a lost one."""
        return self.totp or self.passkeys > 0

    @property
    def names(self) -> tuple[str, ...]:
        """What can be proved after the password, by the names of `doorward.factors`."""
        if not self.second:
            return ()
        have = {"totp": self.totp, "passkey": self.passkeys, "recovery_code": self.recovery_codes}
        return tuple(name for name, any_held in have.items() if any_held)


class LastFactor(DoorwardError):
    """The person must keep this factor: what is left without it is not enough."""


class Factors:
    """The factors in a database.  Each method may raise `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def held(self, subject: str) -> Held:
        """What this user holds now."""
        (found,) = await self._database.run(_counted(subject))
        return _held(found)

    async def remove(
        self, subject: str, credential_id: str | None, *, may_hold: Callable[[Held], bool]
    ) -> bool:
        """Forget a passkey, or with None the app; with the last second factor go the recovery
        codes, which stood in for it.  False, and nothing forgotten, if there is none.

        Raises `LastFactor`, with nothing forgotten, unless `may_hold` says that the person may hold
        just what would be left.  One step: of two that are removed at once, the second is judged by
        what the first left.
        """
        table, which = TOTP, [TOTP.c.subject == subject]
        if credential_id is not None:
            table = PASSKEYS
            which = [PASSKEYS.c.subject == subject, PASSKEYS.c.credential_id == credential_id]
        async with self._database.writing() as transaction:
            gone = delete(table).where(*which).returning(table.c.subject)
            if not (await transaction.execute(gone)).all():
                return False
            left = _held((await transaction.execute(_counted(subject))).one())
            if not may_hold(left):
                raise LastFactor
            if not left.second:
                codes = RECOVERY_CODES.c.subject == subject
                await transaction.execute(delete(RECOVERY_CODES).where(codes))
            return True


async def forget_factors(transaction: Transaction, subject: str) -> bool:
    """Delete every factor of a user but the password, in a transaction.  False when there was
    none."""
    found = False
    for table in OWNED:
        gone = delete(table).where(table.c.subject == subject).returning(table.c.subject)
        found |= bool((await transaction.execute(gone)).all())
    return found


async def forget_factors_since(
    transaction: Transaction, subject: str, since: int, *, keep_last: bool = False
) -> None:
    """Delete the factors of a user that were added from this time on, in a transaction.  With the
    last second factor go all recovery codes, which stood in for it.  `keep_last`: nothing is
    deleted where no second factor would be left."""
    mine = [(table, table.c.subject == subject) for table in (PASSKEYS, TOTP)]
    older = [select(1).where(whose, table.c.created_at < since) for table, whose in mine]
    left = any([(await transaction.execute(each)).first() for each in older])
    if keep_last and not left:
        return
    for table in OWNED:
        gone = [table.c.subject == subject]
        if left:
            gone.append(table.c.created_at >= since)
        await transaction.execute(delete(table).where(*gone))


def _counted(subject: str) -> Executable:
    counts = [_count(table.c.subject == subject) for table in (TOTP, PASSKEYS, RECOVERY_CODES)]
    return select(*counts)


def _held(counts: Iterable[int]) -> Held:
    totp, passkeys, codes = map(int, counts)
    return Held(totp > 0, passkeys, codes)


def _count(whose: ColumnElement[bool]) -> ColumnElement[int]:
    return select(func.count()).where(whose).scalar_subquery()
