"""`/reset`."""

from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter, Request
from starlette.responses import Response

from ...accounts.reset_link import TICKET
from ...refusals import Refusal, Refused
from ...routes.dependencies import Serving
from ...routes.forms import read_form
from ...routes.responses import form_token, see, show, wrong
from ...routes.submit_once import PageRoute
from ...service import Service
from ...steps.links import check_whole, look_at_link
from ...ui.page import FormPage
from .flow import reset_password

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetPage(FormPage):
    """Choose a new password.  `ticket` is the secret of the one-time link, kept in the form."""

    template: ClassVar[str] = "journeys/reset/reset.html"
    ticket: str
    password_min: int


@router.get("/reset")
async def get_reset(request: Request, service: Serving) -> Response:
    """Shows the form, or says at once that the link is no longer good."""
    ticket = request.query_params.get("ticket", "")
    await check_whole(service, TICKET, ticket)
    await look_at_link(service, TICKET, ticket)
    return await _page(service, ticket)


@router.post("/reset")
async def post_reset(request: Request, service: Serving) -> Response:
    form = await read_form(request)
    ticket = form.get("ticket", "")
    try:
        await reset_password(service, ticket, form.get("new", ""))
    except Refused as refused:
        if refused.reason is Refusal.INVALID_LINK:
            raise
        return await _page(service, ticket, refused)
    return see(service.site.path("/login"), "reset")


async def _page(service: Service, ticket: str, refused: Refused | None = None) -> Response:
    page = ResetPage(
        csrf_token=await form_token(),
        ticket=ticket,
        password_min=service.options.min_password,
        **wrong(refused),
    )
    return show(service, page, refused)
