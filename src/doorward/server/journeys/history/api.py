"""`GET /api/history`."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from ...audit.entry import Kept
from ...audit.event_log import utc
from ...routes.bodies import After
from ...routes.dependencies import PROBLEM, Known, Serving
from ...routes.query import after_of, page_of
from ...routes.strict_json import StrictRoute
from ...ui.words import seen_by
from .flow import own_history

router = APIRouter(route_class=StrictRoute, responses=PROBLEM)


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


class OwnHistory(BaseModel):
    entries: Annotated[list[OwnEntry], Field(description="The latest first.")]
    after: After


@router.get("/api/history", tags=["Account"], summary="What happened to me")
async def get_history(principal: Known, service: Serving, after: str = "") -> OwnHistory:
    """The latest first, without what I did to others; `after` is the one of the page before."""
    found, older = await page_of(service.history, own_history(principal), after_of(after))
    return OwnHistory(entries=[_entry(each, principal.subject) for each in found], after=older)


def _entry(kept: Kept, subject: str) -> OwnEntry:
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
