"""An entry of a person's own history, as programs read it."""

from typing import Annotated

from pydantic import BaseModel, Field

from ..audit.entry import Kept
from ..audit.event_log import utc
from ..ui.words import seen_by


class OwnEntry(BaseModel):
    """What happened to the person who asks.  Who else did it stays unnamed, and so does where they
    were."""

    seq: int
    at: Annotated[str, Field(description="UTC (RFC 3339).")]
    kind: str
    by: Annotated[str, Field(description="`you`, `administrator`, `operator`, `system` or empty.")]
    sid: str
    address: str
    device: Annotated[str, Field(description="A name for people.")]
    outcome: Annotated[str, Field(description="`done`, or why it was refused.")]


def own_entry(kept: Kept, subject: str) -> OwnEntry:
    one, seen = kept.entry, seen_by(kept.entry, subject)
    return OwnEntry(
        seq=kept.seq,
        at=utc(one.at),
        kind=one.kind,
        by=seen.by,
        sid=one.sid,
        address=seen.address,
        device=seen.device,
        outcome=one.outcome,
    )
