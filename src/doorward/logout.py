"""Logging out: whatever credential a client still holds ends the session behind it."""

from collections.abc import Sequence
from dataclasses import dataclass

from . import rules
from .credentials import Credentials
from .decisions import Decisions
from .errors import Rejected
from .events import Events
from .rows import Rows
from .types import Device, Session


@dataclass(frozen=True, slots=True)
class Logout:
    """What `Auth.logout` promises."""

    rows: Rows
    credentials: Credentials
    decisions: Decisions
    events: Events

    async def __call__(self, *credentials: str, device: Device) -> Sequence[str]:
        ended: list[str] = []
        for credential in credentials:
            row = await self.owner(credential)
            if row is not None:
                gone = await self.decisions.end(row.sid)
                if gone:
                    await self.events.of("logout", row, device=device, sids=gone)
                ended += gone
        return ended

    async def owner(self, credential: str) -> Session | None:
        """The row a credential belongs to, however old the credential is."""
        try:
            sid, digest = await self.credentials.trace(credential)
            row = await self.rows.get(sid)
            # at time 0 no overlap is over yet: also the secret from before a step-up logs out
            return row if digest is None else rules.check_secret(row, digest, 0)[0]
        except Rejected:
            return None
