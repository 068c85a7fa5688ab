"""`/account/security/totp`."""

from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import Response

from ....types import Principal
from ....web.asgi import current_visit
from ....web.login import deliver
from ...refusals import Refusal, Refused
from ...routes.dependencies import Serving
from ...routes.forms import read_form
from ...routes.logins_elsewhere import show_codes
from ...routes.menu import may_see_console
from ...routes.proven import ProvenRoute, proven
from ...routes.responses import see, session_token, show, wrong
from ...service import Service
from ...ui.page import FormPage, Page
from ...ui.qr import qr
from . import flow

router = APIRouter(
    prefix="/account/security/totp", route_class=ProvenRoute, include_in_schema=False
)

SECURITY = "/account/security"


@dataclass(frozen=True, slots=True, kw_only=True)
class TotpPage(FormPage):
    """Set up an authenticator app.  `qr` is the picture that it reads, `key` the same as text."""

    template: ClassVar[str] = "journeys/totp/totp.html"
    qr: Markup
    key: str
    console: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovePage(Page):
    """Remove the authenticator app?"""

    template: ClassVar[str] = "journeys/totp/remove.html"
    csrf_token: str
    console: bool = False


@router.get("")
async def get_totp(service: Serving) -> Response:
    return await _page(service, await proven(service))


@router.post("")
async def post_totp(request: Request, service: Serving) -> Response:
    form = await read_form(request)
    principal = await proven(service)
    try:
        issued, codes = await flow.confirm(service, principal, form.get("code", ""))
    except Refused as refused:
        if refused.reason in (Refusal.NOT_FOUND, Refusal.FACTOR_EXISTS):
            return see(service.site.path(SECURITY), "totp_again")
        return await _page(service, principal, refused)
    back = service.site.path(SECURITY)
    response: Response = see(back, "totp_added")
    if codes:
        response = await show_codes(service, issued.session, codes, back, first=True)
    for name, value in deliver(current_visit(), issued, "cookie"):
        response.headers.append(name.decode(), value.decode())
    return response


@router.get("/remove")
async def get_remove(service: Serving) -> Response:
    principal = await proven(service)
    page = RemovePage(
        csrf_token=session_token(service, principal),
        console=may_see_console(principal),
    )
    return show(service, page)


@router.post("/remove")
async def post_remove(request: Request, service: Serving) -> Response:
    await read_form(request)
    await flow.remove(service, await proven(service))
    return see(service.site.path(SECURITY), "totp_removed")


async def _page(service: Service, principal: Principal, refused: Refused | None = None) -> Response:
    try:
        enrolment = await flow.begin(service, principal, again=True)
    except Refused:
        return see(service.site.path(SECURITY), "totp_again")
    page = TotpPage(
        csrf_token=session_token(service, principal),
        qr=qr(enrolment.uri),
        key=enrolment.secret,
        console=may_see_console(principal),
        **wrong(refused),
    )
    return show(service, page, refused)
