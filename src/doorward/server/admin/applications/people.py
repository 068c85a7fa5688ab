"""`/admin/users/{subject}/applications/{client_id}/end`: the access of an application to a user."""

from fastapi import Request
from starlette.responses import Response

from ...routes.access import admit
from ...routes.acts import question
from ...routes.admin import console_router
from ...routes.dependencies import Serving
from ...routes.responses import see, user_path
from . import flow

router = console_router()

PATH = "/users/{subject}/applications/{client_id:path}/end"


@router.get(PATH)
async def get_end(subject: str, client_id: str, request: Request, service: Serving) -> Response:
    principal, client = await admit(request, act=True), await flow.find(service, client_id)
    user = await flow.user(service, subject)
    return question(
        service,
        principal,
        request,
        heading=f"End the access of {client.name}?",
        sentence=f"What it can do for {user.email} ends at once. It can ask this person again."
        " Other people and other applications notice nothing.",
        button="End access",
        danger=True,
        back=user_path(subject),
    )


@router.post(PATH)
async def post_end(subject: str, client_id: str, service: Serving) -> Response:
    ended = await flow.end_access(service, subject, client_id)
    return see(service.site.path(user_path(subject)), "persons_access_ended", ended)
