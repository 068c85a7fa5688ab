"""How a person ends their logins."""

from ....types import Principal
from ....web.asgi import current_visit
from ...refusals import Refusal, Refused
from ...service import Service
from ...steps.denied import note_denied


async def end_session(service: Service, principal: Principal, sid: str) -> None:
    """End one of the person's own live sessions.  Refuses anybody else's as not found, so that
    nobody learns which exist."""
    session = await service.auth.session(sid)
    if session is None or session.subject != principal.subject:
        await note_denied(service, Refusal.NOT_FOUND)
        raise Refused(Refusal.NOT_FOUND)
    if not await service.auth.revoke(sid=sid, device=current_visit().device()):
        raise Refused(Refusal.NOT_FOUND)


async def end_others(service: Service, principal: Principal) -> None:
    """End all sessions of the person but the one that asks."""
    device = current_visit().device()
    await service.auth.revoke(subject=principal.subject, keep=principal.sid, device=device)
