"""The account: who I am, everywhere I am logged in, and what I can do about it."""

from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from ...types import Principal, Session
from ...web import origin, transport
from ...web.asgi import current_visit
from ...web.return_to import local_path
from .. import cookie_hint
from ..accounts.users import ADMIN
from ..audit.history import Query
from ..flows.confirm_password import owner
from ..flows.elevate import elevate
from ..flows.password import change_password
from ..flows.sessions import end_others, end_session, list_sessions
from ..refusals import Refused
from ..routes.api import Serving
from ..routes.query import after_of, page_of
from ..routes.submit_once import PageRoute
from ..service import Service
from ..ui.console import Menu
from ..ui.forms import read_form
from ..ui.rendering import AccountPage, ElevatePage, OwnHistoryPage, SessionRow
from ..ui.words import own
from .login import post_logout
from .menu import menu_of
from .notices import notice, told
from .responses import see, show, wrong

router = APIRouter(route_class=PageRoute, include_in_schema=False)

LATEST = 20
"""Entries of their own history that a person is shown."""


@router.get("/account")
async def get_account(request: Request, service: Serving) -> Response:
    principal = await current_visit().principal()
    response = await _account_page(service, principal, notice=notice(request).sentence)
    told(request, response)
    cookie_hint.unmark(request, response)
    return response


@router.get("/account/history")
async def get_history(service: Serving, after: str = "") -> Response:
    principal = await current_visit().principal()
    await owner(service, principal)
    found, older = await page_of(service.history, _mine(principal), after_of(after))
    page = OwnHistoryPage(
        now=service.clock(),
        rows=tuple(own(each, principal.subject) for each in found),
        older="" if older is None else urlencode({"after": older}),
        menu=_menu(service, principal),
    )
    return show(page)


@router.get("/account/sessions/end-others")
@router.get("/account/sessions/{sid}/end")
@router.get("/account/password")
async def get_form_again() -> Response:
    """Whoever comes to the address of a form, by Back or a reload, finds the form."""
    return see("/account")


@router.get("/.well-known/change-password")
async def get_change_password() -> Response:
    """Where password managers lead to from a password that was stolen (W3C: A Well-Known URL for
    Changing Passwords)."""
    return see("/account#password")


@router.post("/account/sessions/end-others")
async def post_end_others(request: Request, service: Serving) -> Response:
    await read_form(request)
    await end_others(service, await current_visit().principal())
    return see("/account", "others")


@router.post("/account/sessions/{sid}/end")
async def post_end(sid: str, request: Request, service: Serving) -> Response:
    await read_form(request)
    principal = await current_visit().principal()
    if sid == principal.sid:
        return await post_logout(request, service)
    await end_session(service, principal, sid)
    return see("/account", "ended")


@router.post("/account/password")
async def post_password(request: Request, service: Serving) -> Response:
    form = await read_form(request)
    principal = await current_visit().principal()
    try:
        await change_password(service, principal, form.get("current", ""), form.get("new", ""))
    except Refused as refused:
        return await _account_page(service, principal, refused)
    return see("/account", "password")


@router.get("/elevate")
async def get_elevate(request: Request, service: Serving) -> Response:
    principal = await current_visit().principal()
    return await _elevate_page(service, principal, request.query_params.get("return_to", ""))


@router.post("/elevate")
async def post_elevate(request: Request, service: Serving) -> Response:
    form = await read_form(request)
    principal = await current_visit().principal()
    return_to = form.get("return_to", "")
    try:
        issued = await elevate(service, principal, form.get("password", ""))
    except Refused as refused:
        return await _elevate_page(service, principal, return_to, refused)
    back = local_path(return_to)
    response = see(back) if back else see("/account", "confirmed")
    for name, value in transport.write(issued, service.clock(), current_visit().gate.cookie_suffix):
        response.headers.append(name.decode(), value.decode())
    return response


async def _account_page(
    service: Service, principal: Principal, refused: Refused | None = None, notice: str = ""
) -> Response:
    user = await owner(service, principal)
    rows = sorted(await list_sessions(service, principal), key=lambda row: row.sid != principal.sid)
    latest = await service.history.page(_mine(principal), limit=LATEST)
    page = AccountPage(
        csrf_token=origin.csrf_token(service.auth.csrf_keys, principal.sid),
        now=service.clock(),
        email=user.email,
        subject=principal.subject,
        roles=tuple(sorted(principal.roles)),
        mode=principal.mode,
        amr=principal.amr,
        authenticated_at=principal.authenticated_at,
        sessions=tuple(_row(row, principal) for row in rows),
        happened=tuple(own(each, principal.subject) for each in latest),
        password_min=service.options.min_password,
        notice=notice,
        **wrong(refused),
    )
    return show(page, refused)


async def _elevate_page(
    service: Service, principal: Principal, return_to: str, refused: Refused | None = None
) -> Response:
    fields: dict[str, Any] = {
        "csrf_token": origin.csrf_token(service.auth.csrf_keys, principal.sid),
        "return_to": local_path(return_to),
        "email": (await owner(service, principal)).email,
        "menu": _menu(service, principal),
    }
    return show(ElevatePage(**fields, **wrong(refused)), refused)


def _mine(principal: Principal) -> Query:
    return Query(person=principal.subject, own=True)


def _menu(service: Service, principal: Principal) -> Menu | None:
    """The console's, for those who may see it."""
    return menu_of(service) if ADMIN in principal.roles else None


def _row(session: Session, principal: Principal) -> SessionRow:
    return SessionRow(
        sid=session.sid,
        label=session.device.label,
        address=session.device.address,
        created_at=session.created_at,
        seen_at=session.seen_at,
        current=session.sid == principal.sid,
    )
