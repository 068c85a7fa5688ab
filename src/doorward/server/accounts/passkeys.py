"""The passkeys of people."""

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, func, insert, literal, select, update
from sqlalchemy.exc import IntegrityError

from ..db.database import TABLES, Database
from .factor_tables import PASSKEYS

MOST = 20
"""Passkeys that one person may have."""

LONGEST_NAME = 64
"""Characters of a name that are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """One passkey.  `credential_id`, `user_handle` and `public_key` (COSE) are base64url.

    `transports` are ways in which a browser may reach it, as it said.  `backup_eligible`: it may be
    synchronised among devices, and `backed_up` whether it is.  `used_at` is the time of the last
    use, or None.
    """

    credential_id: str
    subject: str
    user_handle: str
    public_key: str
    sign_count: int
    transports: tuple[str, ...]
    aaguid: str
    backup_eligible: bool
    backed_up: bool
    name: str
    created_at: int
    used_at: int | None = None

    @property
    def amr(self) -> tuple[str, ...]:
        """What it proves (RFC 8176): two factors at once, because each use asks for a fingerprint,
        a face or a PIN."""
        return "swk" if self.backup_eligible else "hwk", "mfa"


class Passkeys:
    """The passkeys in a database.  Each method is atomic, and may raise `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, passkey: Passkey, *, ending: int) -> bool:
        """Keep a passkey.  False, and nothing written, where its id is taken, where the person has
        `MOST` already, and where their account is gone or has another `ending` by now: then another
        person may have got it."""
        row = asdict(passkey) | {"transports": json.dumps(passkey.transports)}
        values = [literal(value, PASSKEYS.c[name].type) for name, value in row.items()]
        users = TABLES.tables["doorward_users"].c
        many = select(func.count()).where(_of(passkey.subject)).scalar_subquery()
        same = (users.subject == passkey.subject, users.ending == ending)
        room = select(*values).where(*same, many < MOST)
        statement = insert(PASSKEYS).from_select(list(row), room)
        try:
            return bool(await self._database.run(statement.returning(PASSKEYS.c.subject)))
        except IntegrityError:
            return False

    async def of(self, subject: str) -> Sequence[Passkey]:
        """All passkeys of a person, the oldest first."""
        order = (PASSKEYS.c.created_at, PASSKEYS.c.credential_id)
        rows = await self._database.run(select(PASSKEYS).where(_of(subject)).order_by(*order))
        return [_passkey(row) for row in rows]

    async def by_id(self, credential_id: str) -> Passkey | None:
        """The passkey with this id, whoever has it."""
        rows = await self._database.run(select(PASSKEYS).where(_is(credential_id)))
        return _passkey(rows[0]) if rows else None

    async def rename(self, subject: str, credential_id: str, name: str) -> bool:
        """Give a passkey of this person another name.  False if they have none with this id."""
        mine = update(PASSKEYS).where(_of(subject), _is(credential_id)).values(name=name)
        return bool(await self._database.run(mine.returning(PASSKEYS.c.subject)))

    async def used(
        self, credential_id: str, *, sign_count: int, backed_up: bool, at: int
    ) -> bool | None:
        """Note a use.  Whether the count of uses went on; False says that it fell or stood still,
        as that of a copy does (a count that is always 0 counts nothing).  None, and nothing
        written, if the passkey is gone."""
        values = {"sign_count": sign_count, "backed_up": int(backed_up), "used_at": at}
        note = update(PASSKEYS).where(_is(credential_id)).values(**values)
        went_on = literal(sign_count) > PASSKEYS.c.sign_count
        counts_nothing = (literal(sign_count) == 0) & (PASSKEYS.c.sign_count == 0)
        async with self._database.writing() as transaction:
            for statement, good in ((note.where(went_on | counts_nothing), True), (note, False)):
                rows = await transaction.execute(statement.returning(PASSKEYS.c.subject))
                if rows.all():
                    return good
        return None


def named(text: str) -> str:
    """A name for a passkey, as it is kept: on one line, of characters that every database takes,
    and never empty."""
    words = " ".join(text[: 4 * LONGEST_NAME].split())
    plain = "".join(each for each in words if unicodedata.category(each) not in ("Cc", "Cs"))
    return plain[:LONGEST_NAME].strip() or "Passkey"


def _of(subject: str) -> ColumnElement[bool]:
    return PASSKEYS.c.subject == subject


def _is(credential_id: str) -> ColumnElement[bool]:
    return PASSKEYS.c.credential_id == credential_id


def _passkey(row: Row[Any]) -> Passkey:
    values = row._asdict()
    kept = {name: bool(values[name]) for name in ("backup_eligible", "backed_up")}
    return Passkey(**{**values, **kept, "transports": tuple(json.loads(values["transports"]))})
