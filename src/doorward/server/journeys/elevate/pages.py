"""`/elevate`."""

from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter, Request
from starlette.responses import Response

from ....types import Principal
from ....web import origin
from ....web.asgi import current_visit
from ....web.login import deliver
from ....web.return_to import local_path
from ...refusals import Refused
from ...routes.dependencies import Serving
from ...routes.forms import read_form
from ...routes.menu import menu_for
from ...routes.responses import see, show, wrong
from ...routes.submit_once import PageRoute
from ...service import Service
from ...steps.confirm_password import owner
from ...ui.page import FormPage, Menu
from .flow import elevate

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ElevatePage(FormPage):
    """Confirm your password before something that matters.  `menu` is for administrators."""

    template: ClassVar[str] = "journeys/elevate/elevate.html"
    return_to: str
    email: str
    menu: Menu | None = None


@router.get("/elevate")
async def get_elevate(request: Request, service: Serving) -> Response:
    principal = await current_visit().principal()
    return await _page(service, principal, request.query_params.get("return_to", ""))


@router.post("/elevate")
async def post_elevate(request: Request, service: Serving) -> Response:
    form = await read_form(request)
    principal = await current_visit().principal()
    return_to = form.get("return_to", "")
    try:
        issued = await elevate(service, principal, form.get("password", ""))
    except Refused as refused:
        return await _page(service, principal, return_to, refused)
    back = local_path(return_to)
    response = see(back) if back else see(service.site.path("/account"), "confirmed")
    for name, value in deliver(current_visit(), issued, "cookie"):
        response.headers.append(name.decode(), value.decode())
    return response


async def _page(
    service: Service, principal: Principal, return_to: str, refused: Refused | None = None
) -> Response:
    page = ElevatePage(
        csrf_token=origin.csrf_token(service.auth.csrf_keys, principal.sid),
        return_to=local_path(return_to),
        email=(await owner(service, principal)).email,
        menu=menu_for(service, principal),
        **wrong(refused),
    )
    return show(service, page, refused)
