"""`/login/mail`, and the pages that its letter leads to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter, Request
from starlette.responses import Response

from ....web.return_to import local_path
from ... import cookie_hint
from ...accounts.mail_code import LINK
from ...flow_cookie import read_flow
from ...refusals import Refusal, Refused
from ...routes.dependencies import Serving
from ...routes.forms import read_form
from ...routes.notices import notice, told
from ...routes.responses import form_token, see, show, wrong
from ...routes.second_step import led_on
from ...routes.submit_once import PageRoute
from ...service import Service
from ...steps.links import check_whole
from ...typed_address import keep_typed, typed
from ...ui.page import FormPage, Page
from . import flow

router = APIRouter(route_class=PageRoute, include_in_schema=False)

PATH = "/login/mail"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskPage(FormPage):
    """Ask for a letter that logs in."""

    template: ClassVar[str] = "journeys/mail_login/ask.html"
    return_to: str
    email: str = ""
    notice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodePage(FormPage):
    """Type the code of the letter.  `printed`: the server sends no mail and prints its links;
    `email` is the address that was typed, or empty."""

    template: ClassVar[str] = "journeys/mail_login/code.html"
    printed: bool
    email: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HerePage(FormPage):
    """Log in with the link, in the browser that asked.  `ticket` is the secret of the link."""

    template: ClassVar[str] = "journeys/mail_login/here.html"
    ticket: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ElsewherePage(Page):
    """The code to type in the browser that asked; this is another one."""

    template: ClassVar[str] = "journeys/mail_login/elsewhere.html"
    code: str


@router.get(PATH)
async def get_mail(request: Request, service: Serving) -> Response:
    flow.check_offered(service)
    response = await _ask_page(service, request.query_params, notice(request).sentence)
    told(request, response)
    return response


@router.post(PATH)
async def post_mail(request: Request, service: Serving) -> Response:
    form = await read_form(request)
    response = see(service.site.path(f"{PATH}/code"))
    back = local_path(form.get("return_to", ""))
    try:
        await flow.ask_for_letter(service, response, form.get("email", ""), "cookie", back)
    except Refused as refused:
        if refused.reason is Refusal.NOT_FOUND:
            raise
        return await _ask_page(service, form, refused=refused)
    keep_typed(response, form.get("email", ""))
    return response


@router.get(f"{PATH}/code")
async def get_code(request: Request, service: Serving) -> Response:
    """The same for everybody, with or without an account."""
    flow.check_offered(service)
    return await _code_page(service, request) if _ticket() else see(service.site.path(PATH))


@router.post(f"{PATH}/code")
async def post_code(request: Request, service: Serving) -> Response:
    code, response = (await read_form(request)).get("code", ""), see("")
    try:
        entered = await flow.enter_by_code(service, response, _ticket(), code)
    except Refused as refused:
        if refused.reason is Refusal.LOGIN_EXPIRED:
            return see(service.site.path(PATH), "mail_login_again")
        if refused.reason is Refusal.NOT_FOUND:
            raise
        return await _code_page(service, request, refused)
    return _entered(request, service, response, entered)


@router.get("/link/login")
async def get_confirm(request: Request, service: Serving) -> Response:
    """Shows the button, or in another browser the code.  Mail scanners open links, so a GET logs
    nobody in."""
    flow.check_offered(service)
    ticket = request.query_params.get("ticket", "")
    await check_whole(service, LINK, ticket)
    opened = await flow.open_link(service, ticket)
    if not opened.here:
        return show(service, ElsewherePage(code=opened.code))
    return show(service, HerePage(csrf_token=await form_token(), ticket=ticket))


@router.post("/link/login")
async def post_confirm(request: Request, service: Serving) -> Response:
    ticket, response = (await read_form(request)).get("ticket", ""), see("")
    try:
        entered = await flow.enter_by_link(service, response, ticket)
    except Refused as refused:
        if refused.reason is not Refusal.LOGIN_EXPIRED:
            raise
        return see(service.site.path(PATH), "mail_login_again")
    if isinstance(entered, flow.Opened):
        elsewhere = await flow.refused_elsewhere(service, entered)
        return show(service, ElsewherePage(code=entered.code), elsewhere)
    return _entered(request, service, response, entered)


def _entered(
    request: Request, service: Service, response: Response, entered: flow.Entered
) -> Response:
    back = entered.request.return_to or service.site.path("/account")
    response.headers["location"] = back
    cookie_hint.mark(request, response)
    return led_on(service, response, entered.begun)


def _ticket() -> str:
    held = read_flow()
    return "" if held is None else held.ticket


async def _ask_page(
    service: Service,
    form: Mapping[str, str],
    news: str = "",
    refused: Refused | None = None,
) -> Response:
    page = AskPage(
        csrf_token=await form_token(),
        return_to=local_path(form.get("return_to", "")),
        email=form.get("email", "") if refused else "",
        notice=news,
        **wrong(refused),
    )
    return show(service, page, refused)


async def _code_page(
    service: Service, request: Request, refused: Refused | None = None
) -> Response:
    printed = service.options.mail == "outbox"
    page = CodePage(
        csrf_token=await form_token(), printed=printed, email=typed(request), **wrong(refused)
    )
    return show(service, page, refused)
