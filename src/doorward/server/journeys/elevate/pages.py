"""`/elevate`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter, Request
from starlette.responses import Response

from ....factors import KINDS, MFA
from ....types import Issued, Principal
from ....web.asgi import current_visit
from ....web.login import deliver
from ....web.return_to import local_path
from ...accounts.factors import Held
from ...refusals import Refused
from ...return_to import with_return
from ...routes.dependencies import Serving
from ...routes.forms import read_form
from ...routes.menu import menu_for
from ...routes.responses import see, session_token, show, wrong
from ...routes.submit_once import PageRoute
from ...service import Service
from ...steps.confirm_password import owner
from ...ui.page import FormPage, Menu
from .flow import elevate, elevate_by_code, elevate_by_recovery_code

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ElevatePage(FormPage):
    """Prove who you are before something that matters: by a `passkey`, a code of an app (`totp`) or
    the `password`, whichever of them there are and help; with `recovery`, by a recovery code, of
    which there may be some (`recovery_codes`).  `factor` is the one that was asked for, if one.
    Where there is nothing to prove, `mail` tells whether a letter can help, and `login_by_mail`
    whether a login does.  `menu` is for administrators."""

    template: ClassVar[str] = "journeys/elevate/elevate.html"
    return_to: str
    email: str
    factor: str = ""
    passkey: bool = False
    totp: bool = False
    password: bool = True
    recovery_codes: bool = False
    recovery: bool = False
    mail: bool = False
    login_by_mail: bool = False
    menu: Menu | None = None


@router.get("/elevate")
async def get_elevate(request: Request, service: Serving) -> Response:
    principal = await current_visit().principal()
    factor = _factor(request.query_params)
    if not _holds(await service.factors.held(principal.subject), factor):
        security = service.site.path(f"/account/security?for={factor}")
        return see(with_return(security, local_path(request.query_params.get("return_to", ""))))
    return await _page(service, principal, request.query_params)


@router.post("/elevate")
async def post_elevate(request: Request, service: Serving) -> Response:
    form = await read_form(request)
    principal = await current_visit().principal()
    try:
        issued = await _elevated(service, principal, form)
    except Refused as refused:
        return await _page(service, principal, form, refused)
    back = local_path(form.get("return_to", ""))
    response = see(back) if back else see(service.site.path("/account"), "confirmed")
    for name, value in deliver(current_visit(), issued, "cookie"):
        response.headers.append(name.decode(), value.decode())
    return response


async def _elevated(service: Service, principal: Principal, form: Mapping[str, str]) -> Issued:
    if "code" not in form:
        return await elevate(service, principal, form.get("password", ""))
    if form.get("with", "") == "recovery":
        return await elevate_by_recovery_code(service, principal, form["code"])
    return await elevate_by_code(service, principal, form["code"])


async def _page(
    service: Service,
    principal: Principal,
    said: Mapping[str, str],
    refused: Refused | None = None,
) -> Response:
    held = await service.factors.held(principal.subject)
    user = await owner(service, principal)
    factor = _factor(said)
    page = ElevatePage(
        csrf_token=session_token(service, principal),
        return_to=local_path(said.get("return_to", "")),
        factor=factor,
        passkey=held.passkeys > 0 and factor != "totp",
        totp=held.totp and factor != "passkey",
        password=user.password_hash is not None and not held.second,
        recovery_codes=held.second and held.recovery_codes > 0 and factor in ("", MFA),
        recovery=said.get("with", "") == "recovery",
        mail=service.options.mail != "none",
        login_by_mail=service.options.login_by_mail,
        email=user.email,
        menu=menu_for(service, principal),
        **wrong(refused),
    )
    return show(service, page, refused)


def _factor(said: Mapping[str, str]) -> str:
    """The factor that is asked for; empty where any will do, and for what is none."""
    factor = said.get("factor", "")
    return factor if factor in KINDS or factor == MFA else ""


def _holds(held: Held, factor: str) -> bool:
    """Whether somebody who holds this can prove a factor here.  It says nothing about those that
    are no matter of this page, such as a letter."""
    if factor == MFA:
        return held.second
    return {"totp": held.totp, "passkey": held.passkeys > 0}.get(factor, True)
