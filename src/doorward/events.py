"""Events for whoever records them: made after the act is done, never before."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, replace

from .errors import Rejected
from .types import Clock, Device, Event, Session

Record = Callable[[Event], Awaitable[None]]


async def ignore(event: Event) -> None:
    """The callback of those who record nothing."""


@dataclass(frozen=True, slots=True)
class Events:
    """Makes events of what `Auth` did, and awaits `record` with each."""

    record: Record
    clock: Clock

    async def of(
        self,
        kind: str,
        session: Session,
        *,
        device: Device | None = None,
        other: Device | None = None,
        reason: str = "",
        sids: Collection[str] = (),
    ) -> None:
        """Record what became of a session; from its own device, unless another is named."""
        await self.record(
            Event(
                kind=kind,
                at=self.clock(),
                subject=session.subject,
                sid=session.sid,
                reason=reason,
                device=session.device if device is None else device,
                other=other,
                sids=tuple(sids),
            )
        )

    async def refusal(self, refused: Rejected, device: Device, row: Session | None) -> None:
        """Record a refusal: from where, and of which session if that is known."""
        event = Event(kind="refused", at=self.clock(), reason=refused.reason, device=device)
        if row is not None:
            event = replace(event, subject=row.subject, sid=row.sid)
        await self.record(event)
