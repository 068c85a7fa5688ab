"""Recovery codes: each lets a person in once in place of a second factor that they lost.

A code is 16 letters of base32.  The first 4 select its row and the other 12 are verified, so that
one hash is computed for a guess.  With 60 bits they get a password hash (ASVS 6.5.2).
"""

import base64
import secrets

from sqlalchemy import Select, delete, exists, insert, or_, select

from ...passwords import Passwords
from ..db.database import TABLES, Database
from .factor_tables import PASSKEYS, TOTP
from .factor_tables import RECOVERY_CODES as CODES

MANY = 10
"""Codes that are made together."""

_LENGTH, _PICK = 16, 4

_MISREAD = str.maketrans("018", "OIB", " -\t\r\n")
"""Digits that base32 does not have, and the letters that they are mistaken for."""


class RecoveryCodes:
    """The recovery codes in a database.  Each method may raise `StoreUnavailable` and `Busy`."""

    def __init__(self, database: Database, passwords: Passwords) -> None:
        self._database = database
        self._passwords = passwords

    async def renew(
        self, subject: str, *, at: int, ending: int, missing_only: bool = False
    ) -> tuple[str, ...]:
        """New codes, as they are shown to the person; the earlier ones die in the same step.  With
        `missing_only`, none where there is one left.

        None, and nothing written, where by then no second factor is left for which they stand in,
        or the account is gone or has another `ending`, as for a passkey: hashing takes a while, and
        codes of a thief must not outlive a reset."""
        codes = new_codes()
        rows = [
            {
                "id": _id(subject, plain),
                "subject": subject,
                "hash": await self._passwords.hash(plain[_PICK:]),
                "created_at": at,
            }
            for plain in map(normal, codes)
        ]
        mine = CODES.c.subject == subject
        async with self._database.writing() as transaction:
            if not (await transaction.execute(_may_have(subject, ending))).first():
                return ()
            if missing_only and (await transaction.execute(select(CODES.c.id).where(mine))).first():
                return ()
            await transaction.execute(delete(CODES).where(mine))
            await transaction.execute(insert(CODES), rows)
        return codes

    async def use(self, subject: str, code: str) -> bool:
        """Whether this is an unused code of theirs; it is gone from now on: of many who send it at
        once, one may."""
        plain = normal(code)
        row_id = _id(subject, plain) if len(plain) == _LENGTH else ""
        rows = await self._database.run(select(CODES.c.hash).where(CODES.c.id == row_id))
        hashed = rows[0].hash if rows else None
        if not await self._passwords.verify(plain[_PICK:], hashed):
            return False
        used = delete(CODES).where(CODES.c.id == row_id, CODES.c.hash == hashed)
        return bool(await self._database.run(used.returning(CODES.c.id)))


def _may_have(subject: str, ending: int) -> Select[tuple[str]]:
    users = TABLES.tables["doorward_users"].c
    second = or_(*(exists().where(table.c.subject == subject) for table in (TOTP, PASSKEYS)))
    return select(users.subject).where(users.subject == subject, users.ending == ending, second)


def new_codes() -> tuple[str, ...]:
    """`MANY` codes in groups of four, all with different beginnings."""
    found: dict[str, str] = {}
    while len(found) < MANY:
        plain = base64.b32encode(secrets.token_bytes(10)).decode()
        found[plain[:_PICK]] = plain
    return tuple(
        "-".join(each[at : at + 4] for at in range(0, _LENGTH, 4)) for each in found.values()
    )


def normal(code: str) -> str:
    """A code without what people write between its letters, and with what they misread mended."""
    return code[: 4 * _LENGTH].upper().translate(_MISREAD)


def _id(subject: str, plain: str) -> str:
    return f"{subject}:{plain[:_PICK]}"
