"""The one-time link for a forgotten password."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from ..accounts.tickets import is_whole
from ..flows.links import bad_link
from ..flows.recover import check_reset_link, reset_password
from ..refusals import Refusal, Refused
from ..routes.api import Serving
from ..routes.submit_once import PageRoute
from ..service import Service
from ..ui.forms import read_form
from ..ui.rendering import ResetPage
from .responses import form_token, see, show, wrong

router = APIRouter(route_class=PageRoute, include_in_schema=False)

INCOMPLETE = "This link is not complete; copy all of it."


@router.get("/reset")
async def get_reset(request: Request, service: Serving) -> Response:
    """Shows the form, or says at once that the link is no longer good."""
    ticket = request.query_params.get("ticket", "")
    if not is_whole(ticket):
        raise await bad_link(service, "reset", INCOMPLETE)
    await check_reset_link(service, ticket)
    return await _reset_page(service, ticket)


@router.post("/reset")
async def post_reset(request: Request, service: Serving) -> Response:
    form = await read_form(request)
    ticket = form.get("ticket", "")
    try:
        await reset_password(service, ticket, form.get("new", ""))
    except Refused as refused:
        if refused.reason is Refusal.INVALID_LINK:
            raise
        return await _reset_page(service, ticket, refused)
    return see("/login", "reset")


async def _reset_page(service: Service, ticket: str, refused: Refused | None = None) -> Response:
    page = ResetPage(
        csrf_token=await form_token(),
        ticket=ticket,
        password_min=service.options.min_password,
        **wrong(refused),
    )
    return show(page, refused)
