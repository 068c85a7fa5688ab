"""A session of the person who asks, as programs read it."""

from typing import Annotated

from pydantic import BaseModel, Field

from ...types import Mode, Principal, Session


class SessionEntry(BaseModel):
    sid: str
    mode: Mode
    device: Annotated[str, Field(description="A name for people.")]
    address: str
    created_at: int
    seen_at: int
    current: Annotated[bool, Field(description="Whether it is the one that asks.")]


def own_session(session: Session, principal: Principal) -> SessionEntry:
    return SessionEntry(
        sid=session.sid,
        mode=session.mode,
        device=session.device.label,
        address=session.device.address,
        created_at=session.created_at,
        seen_at=session.seen_at,
        current=session.sid == principal.sid,
    )
