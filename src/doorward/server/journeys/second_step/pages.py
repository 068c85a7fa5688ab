"""`/login/factor`."""

from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import Response

from ... import cookie_hint
from ...flow_cookie import read_flow
from ...refusals import Refusal, Refused
from ...routes.dependencies import Serving
from ...routes.forms import read_form
from ...routes.logins_elsewhere import show_codes
from ...routes.responses import form_token, see, show, wrong
from ...routes.submit_once import PageRoute
from ...service import Service
from ...steps.second_step import PAGE, Step, step_of
from ...ui.page import FormPage
from ...ui.qr import qr
from . import flow

router = APIRouter(route_class=PageRoute, include_in_schema=False)

RECOVERY = "recovery"
"""Asks, in the query and in the form, for a recovery code in place of the other factors."""

_OVER = (Refusal.LOGIN_EXPIRED, Refusal.FACTOR_EXISTS, Refusal.NOT_FOUND)
"""Refusals after which there is no form to send again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorPage(FormPage):
    """Prove a second factor: `email` is whose login waits, with `ticket`, `factors` are those that
    they have.  `recovery`: a recovery code is asked for in place of the others."""

    template: ClassVar[str] = "journeys/second_step/second_step.html"
    email: str
    ticket: str
    return_to: str
    factors: tuple[str, ...]
    recovery: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolPage(FormPage):
    """Set up an app within a login.  `qr` is the picture that an app reads, `key` the same as
    text."""

    template: ClassVar[str] = "journeys/second_step/enrol.html"
    email: str
    qr: Markup
    key: str


@router.get(PAGE)
async def get_factor(request: Request, service: Serving) -> Response:
    if not _ticket():  # nobody began a login here
        return see(service.site.path("/login"))
    try:
        page = await _page(service, request.query_params.get("with", "") == RECOVERY)
    except Refused:
        return see(service.site.path("/login"), "login_expired")
    cookie_hint.unmark(request, page)
    return page


@router.post(PAGE)
async def post_factor(request: Request, service: Serving) -> Response:
    form = await read_form(request)
    recovery, code = form.get("with", "") == RECOVERY, form.get("code", "")
    prove = flow.prove_recovery_code if recovery else flow.prove_totp
    response = see("")
    try:
        _, step = await prove(service, response, _ticket(), code)
    except Refused as refused:
        if refused.reason in _OVER:
            raise
        return await _page(service, recovery, refused)
    response.headers["location"] = _back(service, step)
    cookie_hint.mark(request, response)
    return response


@router.get(f"{PAGE}/enrol")
async def get_form_again(service: Serving) -> Response:
    """Whoever comes to the address of the form, by Back or a reload, finds the form."""
    return see(service.site.path(PAGE))


@router.post(f"{PAGE}/enrol")
async def post_enrol(request: Request, service: Serving) -> Response:
    """Keeps the app, and shows the recovery codes to somebody who is logged in from now on."""
    form, cookies = await read_form(request), Response()
    try:
        issued, step, codes = await flow.confirm_enrolment(
            service, cookies, _ticket(), form.get("code", "")
        )
    except Refused as refused:
        if refused.reason in _OVER:
            raise
        return await _page(service, recovery=False, refused=refused)
    response = await show_codes(service, issued.session, codes, _back(service, step), first=True)
    for name, value in cookies.headers.items():
        if name == "set-cookie":
            response.headers.append(name, value)
    cookie_hint.mark(request, response)
    return response


async def _page(service: Service, recovery: bool, refused: Refused | None = None) -> Response:
    step = await step_of(service, _ticket())
    if not step.held.second:
        return await _enrol_page(service, refused)
    page = FactorPage(
        csrf_token=await form_token(),
        email=step.user.email,
        ticket=step.ticket,
        return_to=step.return_to,
        factors=step.held.names,
        recovery=recovery,
        **wrong(refused),
    )
    return show(service, page, refused)


async def _enrol_page(service: Service, refused: Refused | None) -> Response:
    enrolment, step = await flow.enrol(service, _ticket(), again=True)
    page = EnrolPage(
        csrf_token=await form_token(),
        email=step.user.email,
        qr=qr(enrolment.uri),
        key=enrolment.secret,
        **wrong(refused),
    )
    return show(service, page, refused)


def _ticket() -> str:
    held = read_flow()
    return "" if held is None else held.ticket


def _back(service: Service, step: Step) -> str:
    return step.return_to or service.site.path("/account")
