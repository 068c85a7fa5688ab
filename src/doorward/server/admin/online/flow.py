"""What an administrator does about live sessions.  Who may is decided before; each act is
recorded, with who did it."""

from ....types import Principal
from ....web.asgi import current_visit
from ...accounts.everyone import Ended, end_everyone
from ...refusals import Refusal, Refused
from ...service import Service


async def end_all(service: Service, by: Principal) -> Ended:
    """End every session of everybody but the one that asks.  How many there were."""
    ended = await end_everyone(service.auth, keep=by, device=current_visit().device())
    await service.recorder.note("all_revoked", sessions=ended.sessions, people=ended.people)
    return ended


async def end_one(service: Service, sid: str) -> tuple[str, int]:
    """End one session of anybody.  Whose it was, and how many ended, those that hang on it
    included."""
    session = await service.auth.session(sid)
    if session is None:
        raise Refused(Refusal.NOT_FOUND)
    ended = await service.auth.revoke(sid=sid, device=current_visit().device())
    if not ended:
        raise Refused(Refusal.NOT_FOUND)
    return session.subject, len(ended)
