"""The forms of the account page that end logins."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from ....web.asgi import current_visit
from ...routes.dependencies import Serving
from ...routes.forms import read_form
from ...routes.logged_out import log_out
from ...routes.responses import see
from ...routes.submit_once import PageRoute
from .flow import end_others, end_session

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/account/sessions/end-others")
@router.get("/account/sessions/{sid}/end")
async def get_form_again(service: Serving) -> Response:
    """Whoever comes to the address of a form, by Back or a reload, finds the form."""
    return see(service.site.path("/account"))


@router.post("/account/sessions/end-others")
async def post_end_others(request: Request, service: Serving) -> Response:
    await read_form(request)
    await end_others(service, await current_visit().principal())
    return see(service.site.path("/account"), "others")


@router.post("/account/sessions/{sid}/end")
async def post_end(sid: str, request: Request, service: Serving) -> Response:
    await read_form(request)
    principal = await current_visit().principal()
    if sid == principal.sid:
        return await log_out(service, request)
    await end_session(service, principal, sid)
    return see(service.site.path("/account"), "ended")
