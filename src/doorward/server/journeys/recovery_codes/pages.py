"""`/account/security/recovery-codes`."""

from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter, Request
from starlette.responses import Response

from ...refusals import Refused
from ...routes.dependencies import Serving
from ...routes.forms import read_form
from ...routes.logins_elsewhere import show_codes
from ...routes.menu import may_see_console
from ...routes.proven import ProvenRoute, proven
from ...routes.responses import see, session_token, show
from ...ui.page import Page
from .flow import make_codes

router = APIRouter(route_class=ProvenRoute, include_in_schema=False)

SECURITY = "/account/security"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCodesPage(Page):
    """Make new recovery codes?"""

    template: ClassVar[str] = "journeys/recovery_codes/new_codes.html"
    csrf_token: str
    console: bool = False


@router.get("/account/security/recovery-codes")
async def get_codes(service: Serving) -> Response:
    principal = await proven(service)
    page = NewCodesPage(
        csrf_token=session_token(service, principal),
        console=may_see_console(principal),
    )
    return show(service, page)


@router.post("/account/security/recovery-codes")
async def post_codes(request: Request, service: Serving) -> Response:
    await read_form(request)
    back = service.site.path(SECURITY)
    try:
        principal = await proven(service)
        codes = await make_codes(service, principal)
    except Refused:
        return see(back)
    return await show_codes(service, principal, codes, back)
