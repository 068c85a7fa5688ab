"""A live session in the API for administrators."""

from typing import Annotated

from pydantic import BaseModel, Field

from ...types import Mode, Session
from ..accounts.user import User


class LiveSession(BaseModel):
    sid: str
    subject: str
    email: Annotated[str | None, Field(description="Null: not a user of this server.")]
    mode: Mode
    device: Annotated[str, Field(description="A name for people.")]
    address: str
    created_at: int
    seen_at: int


class Ended(BaseModel):
    sessions_ended: int


def live_session(session: Session, user: User | None) -> LiveSession:
    return LiveSession(
        sid=session.sid,
        subject=session.subject,
        email=None if user is None else user.email,
        mode=session.mode,
        device=session.device.label,
        address=session.device.address,
        created_at=session.created_at,
        seen_at=session.seen_at,
    )
