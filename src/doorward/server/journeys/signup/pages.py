"""`/signup`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter, Request
from starlette.responses import Response

from ....web.return_to import local_path
from ... import cookie_hint
from ...refusals import Refusal, Refused
from ...routes.dependencies import Serving
from ...routes.forms import read_form
from ...routes.letter_sent import letter_sent
from ...routes.responses import form_token, see, show, wrong
from ...routes.second_step import led_on
from ...routes.submit_once import PageRoute
from ...service import Service
from ...steps.begin_session import PASSWORD
from ...steps.second_step import log_in
from ...typed_address import keep_typed
from ...ui.page import FormPage
from .flow import signup

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignupPage(FormPage):
    """Make an account.  `password_min`: the fewest characters a password may have."""

    template: ClassVar[str] = "journeys/signup/signup.html"
    return_to: str
    password_min: int
    email: str = ""


@router.get("/signup")
async def get_signup(request: Request, service: Serving) -> Response:
    if service.options.signup == "closed":
        raise Refused(Refusal.SIGNUP_CLOSED)
    return await _page(service, request.query_params)


@router.post("/signup")
async def post_signup(request: Request, service: Serving) -> Response:
    """The new account is logged in at once: its owner just typed the password.  Where addresses are
    verified first, nobody is: whether there will be a new account, only the letter tells."""
    form = await read_form(request)
    back = local_path(form.get("return_to", ""))
    response = see(back or service.site.path("/account"))
    try:
        # the mark first: whatever is decided about the new user meanwhile stops this login
        attempt = await service.doorward.attempt()
        user = await signup(
            service,
            form.get("email", ""),
            form.get("password", ""),
            back,
        )
    except Refused as refused:
        return await _page(service, form, refused)
    if user is None:
        sent = see(service.site.path("/signup/sent"))
        keep_typed(sent, form.get("email", ""))
        return sent
    begun = await log_in(service, attempt, response, user, "cookie", PASSWORD, back)
    cookie_hint.mark(request, response)
    return led_on(service, response, begun)


@router.get("/signup/sent")
async def get_signup_sent(request: Request, service: Serving) -> Response:
    """The same for everybody, with or without an account."""
    if service.options.verification != "first":
        return see(service.site.path("/signup"))
    then = "Open the link in it to confirm your address."
    return show(service, letter_sent(service, request, then))


async def _page(
    service: Service, form: Mapping[str, str], refused: Refused | None = None
) -> Response:
    page = SignupPage(
        csrf_token=await form_token(),
        return_to=local_path(form.get("return_to", "")),
        password_min=service.options.min_password,
        email=form.get("email", "") if refused else "",
        **wrong(refused),
    )
    return show(service, page, refused)
