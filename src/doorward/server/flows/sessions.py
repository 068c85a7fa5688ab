"""Everywhere a person is logged in, and how they end it."""

from collections.abc import Sequence

from ...types import Principal, Session
from ...web.asgi import current_visit
from ..refusals import Refusal, Refused
from ..service import Service

MOST = 500
"""The longest list that is shown: the latest activity first."""


async def list_sessions(service: Service, principal: Principal) -> Sequence[Session]:
    """The person's live sessions."""
    return await service.auth.sessions(principal.subject, limit=MOST)


async def end_session(service: Service, principal: Principal, sid: str) -> None:
    """End one of the person's own live sessions.  Refuses anybody else's as not found, so that
    nobody learns which exist."""
    session = await service.auth.session(sid)
    if session is None or session.subject != principal.subject:
        await _denied(service, principal)
        raise Refused(Refusal.NOT_FOUND)
    if not await service.auth.revoke(sid=sid, device=current_visit().device()):
        raise Refused(Refusal.NOT_FOUND)


async def end_others(service: Service, principal: Principal) -> None:
    """End all sessions of the person but the one that asks."""
    device = current_visit().device()
    await service.auth.revoke(subject=principal.subject, keep=principal.sid, device=device)


async def _denied(service: Service, principal: Principal) -> None:
    scope = current_visit().scope
    what = f"{scope['method']} {scope['path']}"[:200]
    await service.recorder.note(
        "denied", sid=principal.sid, outcome=Refusal.NOT_FOUND, request=what
    )
