"""`/api/admin/online` and `/api/admin/sessions`."""

from typing import Annotated

from pydantic import BaseModel, Field

from ...routes.admin import BARE, After, api_router
from ...routes.bodies import After as Next
from ...routes.dependencies import Known, Serving
from ...routes.live_session import Ended, LiveSession, live_session
from .flow import end_all, end_one
from .search import online, place_of, text_of

router = api_router()


class LiveSessions(BaseModel):
    sessions: Annotated[list[LiveSession], Field(description="Latest activity first.")]
    after: Next


@router.get("/online", summary="Who is logged in")
async def get_online(service: Serving, query: str = "", after: After = "") -> LiveSessions:
    """In both modes, of everybody or of those whom `query` finds."""
    found = await online(service.users, service.auth, query.strip(), place_of(after))
    rows = [live_session(row, found.users.get(row.subject)) for row in found.sessions]
    return LiveSessions(sessions=rows, after=text_of(found.older))


@router.delete("/sessions", summary="End everybody's sessions", dependencies=BARE)
async def delete_sessions(principal: Known, service: Serving) -> Ended:
    """Of everybody, but the one that asks; all of them can log in again."""
    return Ended(sessions_ended=(await end_all(service, principal)).sessions)


@router.delete("/sessions/{sid}", summary="End anybody's session", dependencies=BARE)
async def delete_session(sid: str, service: Serving) -> Ended:
    return Ended(sessions_ended=(await end_one(service, sid))[1])
