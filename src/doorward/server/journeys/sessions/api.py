"""`/api/sessions`."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from ...routes.dependencies import PROBLEM, Known, Serving
from ...routes.own_session import SessionEntry, own_session
from ...routes.strict_json import StrictRoute
from ...steps.live_sessions import live_sessions
from .flow import end_others, end_session

router = APIRouter(route_class=StrictRoute, responses=PROBLEM)


class Sessions(BaseModel):
    sessions: Annotated[
        list[SessionEntry], Field(description="Latest activity first; at most 500.")
    ]


@router.get("/api/sessions", tags=["Sessions"], summary="Everywhere I am logged in")
async def get_sessions(principal: Known, service: Serving) -> Sessions:
    rows = await live_sessions(service, principal.subject)
    return Sessions(sessions=[own_session(row, principal) for row in rows])


@router.delete("/api/sessions", status_code=204, tags=["Sessions"], summary="End all but this one")
async def delete_sessions(principal: Known, service: Serving) -> None:
    await end_others(service, principal)


@router.delete("/api/sessions/{sid}", status_code=204, tags=["Sessions"], summary="End one")
async def delete_session(sid: str, principal: Known, service: Serving) -> None:
    """`not_found` if it is not one of your own live sessions."""
    await end_session(service, principal, sid)
