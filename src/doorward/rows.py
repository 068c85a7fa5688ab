"""The rows that verbs may see: `Auth` those of logins, `Grants` those of grants.

A row of the other kind is to them as if it were not there, whatever credential or sid leads to it.
"""

from dataclasses import replace
from typing import Protocol

from .stores import Store
from .types import Session


class Rows(Protocol):
    """Rows of one kind."""

    async def get(self, sid: str) -> Session | None:
        """The row, dead or alive; None where there is none of this kind."""


class Logins:
    """Rows without an audience."""

    def __init__(self, store: Store) -> None:
        self._get = store.get

    async def get(self, sid: str) -> Session | None:
        row = await self._get(sid)
        return None if row is None or row.audience else row


class GrantRows:
    """Rows with an audience, but not with the application's `own`: these would be logins.

    A grant that hangs on a login ends with it at the latest, also where that login was not revoked
    but expired, or is not there any more.
    """

    def __init__(self, store: Store, own: str) -> None:
        self._get = store.get
        self._own = own

    async def get(self, sid: str) -> Session | None:
        row = await self._get(sid)
        if row is None or row.audience in ("", self._own):
            return None
        if row.parent_sid is None:
            return row
        parent = await self._get(row.parent_sid)
        if parent is None or parent.revoked_at is not None:
            return replace(row, ends_at=0)
        return replace(row, ends_at=min(row.ends_at, parent.ends_at))
