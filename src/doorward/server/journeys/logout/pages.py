"""`/logout`."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from ....web.asgi import current_visit
from ...routes.dependencies import Serving
from ...routes.forms import read_form
from ...routes.logged_out import log_out
from ...routes.responses import form_token, see, show
from ...routes.submit_once import PageRoute
from ...ui.page import ActPage

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/logout")
async def get_logout() -> Response:
    """Asks: no look at an address may log out, or every link and image could."""
    if not current_visit().held():
        return see("/login")
    page = ActPage(
        csrf_token=await form_token(),
        heading="Log out?",
        sentence="Your other places stay logged in.",
        button="Log out",
        action="/logout",
        back="/account",
    )
    return show(page)


@router.post("/logout")
async def post_logout(request: Request, service: Serving) -> Response:
    await read_form(request)
    return await log_out(service, request)
