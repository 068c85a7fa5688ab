"""`/logout`."""

from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter, Request
from starlette.responses import Response

from ....web.asgi import current_visit
from ...routes.dependencies import Serving
from ...routes.forms import read_form
from ...routes.logged_out import log_out
from ...routes.responses import form_token, see, show
from ...routes.submit_once import PageRoute
from ...ui.page import Page

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoutPage(Page):
    """Whether to log out."""

    template: ClassVar[str] = "journeys/logout/logout.html"
    csrf_token: str


@router.get("/logout")
async def get_logout(service: Serving) -> Response:
    """Asks: no look at an address may log out, or every link and image could."""
    if not current_visit().held():
        return see(service.site.path("/login"))
    return show(service, LogoutPage(csrf_token=await form_token()))


@router.post("/logout")
async def post_logout(request: Request, service: Serving) -> Response:
    await read_form(request)
    return await log_out(service, request)
