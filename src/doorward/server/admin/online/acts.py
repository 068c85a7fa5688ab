"""The acts on live sessions: each asks at its address, and does it by a form.

To look already needs a recent proof, so that nobody has to prove anything in the middle of an act.
"""

from fastapi import Request
from starlette.responses import Response

from ...refusals import Refusal, Refused
from ...routes.access import admit
from ...routes.acts import question
from ...routes.admin import console_router
from ...routes.dependencies import Serving
from ...routes.responses import see, user_path
from .flow import end_all, end_one

router = console_router()


@router.get("/sessions/end-all")
async def get_end_all(request: Request, service: Serving) -> Response:
    principal = await admit(request, act=True)
    return question(
        service,
        principal,
        request,
        heading="Log everybody out?",
        sentence="Every session ends, including your own on other devices. Only this session stays."
        " Everybody can log in again. With very many sessions this takes minutes: wait for the"
        " answer.",
        button="End everybody's sessions",
        danger=True,
        back="/admin",
    )


@router.post("/sessions/end-all")
async def post_end_all(request: Request, service: Serving) -> Response:
    ended = await end_all(service, await admit(request))
    return see(service.site.path("/admin"), "all_out", ended.sessions)


@router.get("/sessions/{sid}/end")
async def get_end(sid: str, request: Request, service: Serving) -> Response:
    principal = await admit(request, act=True)
    session = await service.auth.session(sid)
    if session is None or session.revoked_at is not None:
        raise Refused(Refusal.NOT_FOUND, "This session ended before.")
    user = await service.users.by_subject(session.subject)
    return question(
        service,
        principal,
        request,
        heading=f"End this session of {user.email if user else session.subject}?",
        sentence=f"{session.device.label or 'An unknown device'} is logged out at once, and can log"
        " in again.",
        button="End this session",
        danger=True,
        back=user_path(user.subject) if user else "/admin",
    )


@router.post("/sessions/{sid}/end")
async def post_end(sid: str, service: Serving) -> Response:
    subject, ended = await end_one(service, sid)
    user = await service.users.by_subject(subject)
    back = "/admin" if user is None else user_path(subject)
    return see(service.site.path(back), "session_ended", ended)
