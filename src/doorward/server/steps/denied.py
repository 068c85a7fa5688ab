"""Records that somebody asked for something that they may not have."""

from ...errors import Reason
from ...web.asgi import current_visit
from ..refusals import Refusal
from ..service import Service


async def note_denied(service: Service, reason: Reason | Refusal) -> None:
    """Record the method and path of this request, with the reason of its refusal."""
    visit = current_visit()
    what = f"{visit.scope['method']} {visit.scope['path']}"[:200]
    sid = visit.known.sid if visit.known else ""
    await service.recorder.note("denied", sid=sid, outcome=reason, request=what)
