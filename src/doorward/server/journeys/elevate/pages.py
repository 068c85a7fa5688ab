"""`/elevate`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter, Request
from starlette.responses import Response

from ....factors import MFA, proves
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
from .flow import elevate, elevate_by_code

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ElevatePage(FormPage):
    """Prove who you are before something that matters: by a passkey if there is one (`passkey`), or
    by a code of an app (`totp`), unless `by_password`.  `one_factor`: this session proved no second
    one so far.  `menu` is for administrators."""

    template: ClassVar[str] = "journeys/elevate/elevate.html"
    return_to: str
    email: str
    passkey: bool = False
    totp: bool = False
    by_password: bool = False
    one_factor: bool = False
    menu: Menu | None = None


@router.get("/elevate")
async def get_elevate(request: Request, service: Serving) -> Response:
    principal = await current_visit().principal()
    return await _page(service, principal, request.query_params)


@router.post("/elevate")
async def post_elevate(request: Request, service: Serving) -> Response:
    form = await read_form(request)
    principal = await current_visit().principal()
    try:
        if "code" in form:
            issued = await elevate_by_code(service, principal, form["code"])
        else:
            issued = await elevate(service, principal, form.get("password", ""))
    except Refused as refused:
        return await _page(service, principal, form, refused)
    back = local_path(form.get("return_to", ""))
    response = see(back) if back else see(service.site.path("/account"), "confirmed")
    for name, value in deliver(current_visit(), issued, "cookie"):
        response.headers.append(name.decode(), value.decode())
    return response


async def _page(
    service: Service,
    principal: Principal,
    said: Mapping[str, str],
    refused: Refused | None = None,
) -> Response:
    held = await service.factors.held(principal.subject)
    page = ElevatePage(
        csrf_token=origin.csrf_token(service.auth.csrf_keys, principal.sid),
        return_to=local_path(said.get("return_to", "")),
        passkey=held.passkeys > 0,
        totp=held.totp,
        by_password=said.get("with", "") == "password" or "password" in said,
        one_factor=not proves(principal.amr, MFA),
        email=(await owner(service, principal)).email,
        menu=menu_for(service, principal),
        **wrong(refused),
    )
    return show(service, page, refused)
