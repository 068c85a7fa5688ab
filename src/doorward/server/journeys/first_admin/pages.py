"""`/setup`."""

from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter, Request
from starlette.responses import Response

from ... import cookie_hint
from ...refusals import Refusal, Refused
from ...routes.dependencies import Serving
from ...routes.forms import read_form
from ...routes.responses import form_token, see, show, who_is_here, wrong
from ...routes.second_step import led_on
from ...routes.submit_once import PageRoute
from ...service import Service
from ...steps.begin_session import PASSWORD
from ...steps.confirm_password import owner
from ...steps.links import check_whole
from ...steps.second_step import log_in
from ...ui.page import FormPage
from .flow import TICKET, become_first_admin, check_setup_link, make_first_admin

_OTHER = (
    "Nothing was done, because somebody logged in with this browser after you opened this page."
    " Their address is below."
)

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupPage(FormPage):
    """The first administrator.  `known` is the address of who is logged in, or empty: then an
    account is made."""

    template: ClassVar[str] = "journeys/first_admin/setup.html"
    ticket: str
    known: str
    password_min: int
    email: str = ""


@router.get("/setup")
async def get_setup(request: Request, service: Serving) -> Response:
    """Shows the form, or says at once that the link is no longer good."""
    ticket = request.query_params.get("ticket", "")
    await check_whole(service, TICKET, ticket)
    await check_setup_link(service, ticket)
    return await _page(service, ticket)


@router.post("/setup")
async def post_setup(request: Request, service: Serving) -> Response:
    form = await read_form(request)
    ticket, email = form.get("ticket", ""), form.get("email", "")
    known, response = await who_is_here(), see(service.site.path("/admin"))
    if known is not None and email:  # somebody logged in since the page was made
        return await _page(service, ticket, refused=Refused(Refusal.INVALID_REQUEST, _OTHER))
    try:
        if known is not None:
            await become_first_admin(service, ticket, known)
            return response
        user = await make_first_admin(service, ticket, email, form.get("password", ""))
    except Refused as refused:
        if refused.reason is Refusal.INVALID_LINK:
            raise
        return await _page(service, ticket, email, refused)
    # after the role was given, which stops every login that began before
    attempt = await service.doorward.attempt()
    to = service.site.path("/admin")
    begun = await log_in(service, attempt, response, user, "cookie", PASSWORD, to)
    cookie_hint.mark(request, response)
    return led_on(service, response, begun)


async def _page(
    service: Service, ticket: str, email: str = "", refused: Refused | None = None
) -> Response:
    known = await who_is_here()
    page = SetupPage(
        csrf_token=await form_token(),
        ticket=ticket,
        known="" if known is None else (await owner(service, known)).email,
        password_min=service.options.min_password,
        email=email,
        **wrong(refused),
    )
    return show(service, page, refused)
