"""`/account/applications`."""

from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter, Request
from starlette.responses import Response

from ....web import origin
from ....web.asgi import current_visit
from ...oauth.access import Access
from ...routes.dependencies import Serving
from ...routes.forms import read_form
from ...routes.menu import may_see_console
from ...routes.notices import notice, told
from ...routes.responses import see, show
from ...routes.submit_once import PageRoute
from ...ui.page import Page
from .flow import applications_of, end_application

PATH = "/account/applications"

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationsPage(Page):
    """The applications that have access to my account."""

    template: ClassVar[str] = "journeys/applications/applications.html"
    csrf_token: str
    now: int
    applications: tuple[Access, ...]
    console: bool = False
    notice: str = ""


@router.get(PATH)
async def get_applications(request: Request, service: Serving) -> Response:
    principal = await current_visit().principal()
    page = ApplicationsPage(
        csrf_token=origin.csrf_token(service.auth.csrf_keys, principal.sid),
        now=service.clock(),
        applications=tuple(await applications_of(service, principal)),
        console=may_see_console(principal),
        notice=notice(request).sentence,
    )
    return told(request, show(service, page))


@router.get(PATH + "/{client_id:path}/end")
async def get_form_again(service: Serving) -> Response:
    """Whoever comes to the address of a form, by Back or a reload, finds the form."""
    return see(service.site.path(PATH))


@router.post(PATH + "/{client_id:path}/end")
async def post_end(client_id: str, request: Request, service: Serving) -> Response:
    await read_form(request)
    await end_application(service, await current_visit().principal(), client_id)
    return see(service.site.path(PATH), "access_ended")
