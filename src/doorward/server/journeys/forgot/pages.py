"""`/forgot`."""

from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter, Request
from starlette.responses import Response

from ...refusals import Refused
from ...routes.dependencies import Serving
from ...routes.forms import read_form
from ...routes.letter_sent import letter_sent
from ...routes.responses import form_token, see, show, wrong
from ...routes.submit_once import PageRoute
from ...service import Service
from ...typed_address import keep_typed
from ...ui.page import FormPage
from .flow import ask_for_reset, check_mail

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgotPage(FormPage):
    """Ask for a link to choose a new password."""

    template: ClassVar[str] = "journeys/forgot/forgot.html"
    email: str = ""


@router.get("/forgot")
async def get_forgot(service: Serving) -> Response:
    check_mail(service)
    return await _page(service, "")


@router.post("/forgot")
async def post_forgot(request: Request, service: Serving) -> Response:
    email = (await read_form(request)).get("email", "")
    try:
        await ask_for_reset(service, email)
    except Refused as refused:
        return await _page(service, email, refused)
    response = see(service.site.path("/forgot/sent"))
    keep_typed(response, email)
    return response


@router.get("/forgot/sent")
async def get_forgot_sent(request: Request, service: Serving) -> Response:
    """The same for everybody, with or without an account."""
    check_mail(service)
    then = "Its link lets you choose a new password."
    return show(service, letter_sent(service, request, then))


async def _page(service: Service, email: str, refused: Refused | None = None) -> Response:
    page = ForgotPage(csrf_token=await form_token(), email=email, **wrong(refused))
    return show(service, page, refused)
