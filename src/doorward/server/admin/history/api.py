"""`GET /api/admin/history`."""

from typing import Annotated, Any

from fastapi import Query, Request
from pydantic import BaseModel, Field

from ...audit.entry import Kept
from ...audit.event_log import utc
from ...routes.admin import After, api_router
from ...routes.bodies import After as Next
from ...routes.dependencies import Serving
from ...routes.query import after_of, export, page_of, query_of

router = api_router()


class HistoryEntry(BaseModel):
    seq: int
    at: Annotated[str, Field(description="UTC (RFC 3339).")]
    kind: str
    actor: Annotated[str, Field(description="Who did it: a subject, `system` or `operator`.")]
    subject: Annotated[str, Field(description="To whom.")]
    sid: str
    address: str
    user_agent: str
    outcome: Annotated[str, Field(description="`done`, or why it was refused.")]
    detail: dict[str, Any]


class HistoryPage(BaseModel):
    entries: Annotated[list[HistoryEntry], Field(description="The latest first.")]
    after: Next


@router.get("/history", summary="What happened", response_model=HistoryPage)
async def get_history(
    request: Request,
    service: Serving,
    person: str = "",
    kind: str = "",
    address: str = "",
    since: str = "",
    until: str = "",
    after: After = "",
    format: Annotated[str, Query(description="`csv` or `jsonl`: all of it, as a file.")] = "",
) -> Any:
    """The latest first; `person` by address or subject, times in seconds or ISO 8601."""
    query = await query_of(request, service)
    if format:
        return export(service.history, query, format)
    found, older = await page_of(service.history, query, after_of(after))
    return HistoryPage(entries=[_entry(each) for each in found], after=older)


def _entry(kept: Kept) -> HistoryEntry:
    one = kept.entry
    return HistoryEntry(
        seq=kept.seq,
        at=utc(one.at),
        kind=one.kind,
        actor=one.actor,
        subject=one.subject,
        sid=one.sid,
        address=one.address,
        user_agent=one.user_agent,
        outcome=one.outcome,
        detail=dict(one.detail),
    )
