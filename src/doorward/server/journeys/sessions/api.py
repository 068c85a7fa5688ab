"""`/api/sessions`."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from ....types import Mode, Principal, Session
from ...routes.dependencies import PROBLEM, Known, Serving
from ...routes.strict_json import StrictRoute
from ...steps.live_sessions import live_sessions
from .flow import end_others, end_session

router = APIRouter(route_class=StrictRoute, responses=PROBLEM)


class SessionEntry(BaseModel):
    sid: str
    mode: Mode
    device: Annotated[str, Field(description="A name for people.")]
    address: str
    created_at: int
    seen_at: int
    current: Annotated[bool, Field(description="Whether it is the one that asks.")]


class Sessions(BaseModel):
    sessions: Annotated[
        list[SessionEntry], Field(description="Latest activity first; at most 500.")
    ]


@router.get("/api/sessions", tags=["Sessions"], summary="Everywhere I am logged in")
async def get_sessions(principal: Known, service: Serving) -> Sessions:
    rows = await live_sessions(service, principal.subject)
    return Sessions(sessions=[_entry(row, principal) for row in rows])


@router.delete("/api/sessions", status_code=204, tags=["Sessions"], summary="End all but this one")
async def delete_sessions(principal: Known, service: Serving) -> None:
    await end_others(service, principal)


@router.delete("/api/sessions/{sid}", status_code=204, tags=["Sessions"], summary="End one")
async def delete_session(sid: str, principal: Known, service: Serving) -> None:
    """`not_found` if it is not one of your own live sessions."""
    await end_session(service, principal, sid)


def _entry(session: Session, principal: Principal) -> SessionEntry:
    return SessionEntry(
        sid=session.sid,
        mode=session.mode,
        device=session.device.label,
        address=session.device.address,
        created_at=session.created_at,
        seen_at=session.seen_at,
        current=session.sid == principal.sid,
    )
