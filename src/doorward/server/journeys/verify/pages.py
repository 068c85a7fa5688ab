"""`/verify`, and the button on `/account` that sends the letter again."""

from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from ....web.asgi import current_visit
from ....web.return_to import local_path
from ...accounts.verify_link import TICKET
from ...refusals import Refusal, Refused
from ...routes.dependencies import Serving
from ...routes.forms import read_form
from ...routes.responses import form_token, see, show, who_is_here, wrong
from ...routes.submit_once import PageRoute
from ...service import Service
from ...steps.confirm_password import owner
from ...steps.links import check_whole
from ...steps.verification import send_verification
from ...ui.page import FormPage
from .flow import Proof, look, verify

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyPage(FormPage):
    """Prove an address.  `ticket` is the secret of the one-time link, kept in the form; `new`: an
    account is made."""

    template: ClassVar[str] = "journeys/verify/verify.html"
    ticket: str
    email: str
    new: bool


@router.get("/verify")
async def get_verify(request: Request, service: Serving) -> Response:
    """Shows the button, or says at once that the link is no longer good.  Mail scanners open links,
    so a GET proves nothing."""
    ticket = request.query_params.get("ticket", "")
    await check_whole(service, TICKET, ticket)
    return await _page(service, ticket, await look(service, ticket))


@router.post("/verify")
async def post_verify(request: Request, service: Serving) -> Response:
    ticket = (await read_form(request)).get("ticket", "")
    try:
        proof = await verify(service, ticket)
    except Refused as refused:
        if refused.reason is not Refusal.TOO_MANY_ATTEMPTS:
            raise
        return await _page(service, ticket, await look(service, ticket), refused)
    known = await who_is_here()
    if known is not None and proof.user is not None and known.subject == proof.user.subject:
        return see(service.site.path("/account"), "address_confirmed_here")
    return see(_login(service, proof), "address_confirmed")


@router.post("/account/verify")
async def post_account_verify(request: Request, service: Serving) -> Response:
    await read_form(request)
    principal = await current_visit().principal()
    await send_verification(service, await owner(service, principal))
    return see(service.site.path("/account"), "letter_sent")


def _login(service: Service, proof: Proof) -> str:
    path, back = service.site.path("/login"), local_path(proof.return_to)
    return f"{path}?{urlencode({'return_to': back})}" if back else path


async def _page(
    service: Service, ticket: str, proof: Proof, refused: Refused | None = None
) -> Response:
    page = VerifyPage(
        csrf_token=await form_token(),
        ticket=ticket,
        email=proof.email,
        new=proof.user is None,
        **wrong(refused),
    )
    return show(service, page, refused)
