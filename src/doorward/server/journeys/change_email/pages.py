"""`/account/email`, and the pages that its letters lead to."""

from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter, Request
from starlette.responses import Response

from ....types import Principal
from ...accounts.email_link import CHANGE, UNDO
from ...refusals import Refusal, Refused
from ...routes.dependencies import Serving
from ...routes.forms import read_form
from ...routes.menu import may_see_console
from ...routes.proven import ProvenRoute, proven
from ...routes.responses import form_token, see, session_token, show, who_is_here, wrong
from ...service import Service
from ...steps.confirm_password import owner
from ...steps.links import check_whole
from ...ui.page import FormPage, Page
from . import flow, kept_link

router = APIRouter(route_class=ProvenRoute, include_in_schema=False)

PATH = "/account/email"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailPage(FormPage):
    """Ask for another address.  `email` is the present one, `wanted` what was typed."""

    template: ClassVar[str] = "journeys/change_email/email.html"
    email: str
    wanted: str = ""
    console: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmPage(FormPage):
    """Confirm that the new address `email` is one's own.  `ticket` is the secret of the link."""

    template: ClassVar[str] = "journeys/change_email/confirm.html"
    ticket: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ElsewherePage(Page):
    """Whoever opened the link is not logged in as the user who asked for the new address."""

    template: ClassVar[str] = "journeys/change_email/elsewhere.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoPage(FormPage):
    """Put the old address `email` back.  `ticket` is the secret of the link."""

    template: ClassVar[str] = "journeys/change_email/undo.html"
    ticket: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UndonePage(Page):
    """The old address is back; `ticket` is that of the link to choose a new password."""

    template: ClassVar[str] = "journeys/change_email/undone.html"
    ticket: str


@router.get(PATH)
async def get_email(service: Serving) -> Response:
    principal = await proven(service)
    flow.check_mail(service)
    return await _page(service, principal)


@router.post(PATH)
async def post_email(request: Request, service: Serving) -> Response:
    wanted = (await read_form(request)).get("email", "")
    principal = await proven(service)
    try:
        await flow.ask_for_change(service, principal, wanted)
    except Refused as refused:
        return await _page(service, principal, wanted, refused)
    return see(service.site.path("/account"), "email_asked")


@router.get("/link/email")
async def get_confirm(request: Request, service: Serving) -> Response:
    """Shows the button, or says at once that the link is no longer good.  Mail scanners open links,
    so a GET changes nothing.  Whoever did not ask for the change is led to the login, and comes
    back without the ticket in the address."""
    ticket = kept_link.ticket_of(request)
    await check_whole(service, CHANGE, ticket)
    return await _confirm_page(service, ticket)


@router.post("/link/email")
async def post_confirm(request: Request, service: Serving) -> Response:
    ticket = (await read_form(request)).get("ticket", "")
    try:
        await flow.confirm_change(service, await who_is_here(), ticket)
    except Refused as refused:
        if refused.reason is not Refusal.TOO_MANY_ATTEMPTS:
            raise
        return await _confirm_page(service, ticket, refused)
    response = see(service.site.path("/account"), "email_changed")
    kept_link.forget(request, response)
    return response


@router.get("/link/email-undo")
async def get_undo(request: Request, service: Serving) -> Response:
    """As `get_confirm`."""
    ticket = request.query_params.get("ticket", "")
    await check_whole(service, UNDO, ticket)
    return await _undo_page(service, ticket)


@router.post("/link/email-undo")
async def post_undo(request: Request, service: Serving) -> Response:
    ticket = (await read_form(request)).get("ticket", "")
    try:
        return show(service, UndonePage(ticket=await flow.undo_change(service, ticket)))
    except Refused as refused:
        if refused.reason not in (Refusal.TOO_MANY_ATTEMPTS, Refusal.EMAIL_TAKEN):
            raise
        return await _undo_page(service, ticket, refused)


async def _page(
    service: Service, principal: Principal, wanted: str = "", refused: Refused | None = None
) -> Response:
    page = EmailPage(
        csrf_token=session_token(service, principal),
        email=(await owner(service, principal)).email,
        wanted=wanted,
        console=may_see_console(principal),
        **wrong(refused),
    )
    return show(service, page, refused)


async def _confirm_page(service: Service, ticket: str, refused: Refused | None = None) -> Response:
    email = await flow.look_at_change(service, await who_is_here(), ticket)
    if not email:
        elsewhere = show(service, ElsewherePage(), refused)
        kept_link.keep(elsewhere, ticket)
        return elsewhere
    token = await form_token()
    page = ConfirmPage(csrf_token=token, ticket=ticket, email=email, **wrong(refused))
    return show(service, page, refused)


async def _undo_page(service: Service, ticket: str, refused: Refused | None = None) -> Response:
    change = await flow.look_at_undo(service, ticket)
    token = await form_token()
    page = UndoPage(csrf_token=token, ticket=ticket, email=change.old_email, **wrong(refused))
    return show(service, page, refused)
