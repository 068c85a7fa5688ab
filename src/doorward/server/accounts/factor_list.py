"""What a person can prove beside a password, as they may read it: without any secret."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Select, Table, select

from .factor_tables import PASSKEYS, RECOVERY_CODES, TOTP


class Passkey(NamedTuple):
    """One passkey: its name, when it was made, and when it was last used, or None."""

    name: str
    created_at: int
    used_at: int | None


class FactorList(NamedTuple):
    """The factors of one person.  `totp_since` is when their authenticator was set up, or None;
    `recovery_codes` is how many are left."""

    passkeys: tuple[Passkey, ...]
    totp_since: int | None
    recovery_codes: int

    @classmethod
    def of(cls, rows: Mapping[str, Sequence[Any]]) -> "FactorList":
        """From the rows that `of` finds, by the name of their table."""
        found = rows[PASSKEYS.name]
        return cls(
            tuple(Passkey(row.name, row.created_at, row.used_at) for row in found),
            next((row.created_at for row in rows[TOTP.name]), None),
            len(rows[RECOVERY_CODES.name]),
        )


def of(table: Table, subject: str) -> Select[Any]:
    """The rows of one table of factors that belong to a user, the oldest first."""
    order = (table.c.created_at, *table.primary_key)
    return select(table).where(table.c.subject == subject).order_by(*order)
