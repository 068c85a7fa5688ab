"""`/account/password`."""

from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter, Request
from starlette.responses import Response

from ....types import Principal
from ...refusals import Refused
from ...routes.dependencies import Serving
from ...routes.forms import read_form
from ...routes.menu import may_see_console
from ...routes.proven import ProvenRoute, proven_beside_password
from ...routes.responses import see, session_token, show, wrong
from ...service import Service
from ...steps.confirm_password import owner
from ...ui.page import FormPage
from .flow import change_password

router = APIRouter(route_class=ProvenRoute, include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordPage(FormPage):
    """Change the password, or ask for the way to a first one.  `password_min`: the fewest
    characters that a new one may have; `has_password`: there is one; `mail`: a letter with a link
    can be asked for."""

    template: ClassVar[str] = "journeys/password/password.html"
    email: str
    password_min: int
    has_password: bool = True
    mail: bool = True
    console: bool = False


@router.get("/account/password")
async def get_password(service: Serving) -> Response:
    return await _page(service, await proven_beside_password(service))


@router.post("/account/password")
async def post_password(request: Request, service: Serving) -> Response:
    form = await read_form(request)
    principal = await proven_beside_password(service)
    try:
        await change_password(service, principal, form.get("current", ""), form.get("new", ""))
    except Refused as refused:
        return await _page(service, principal, refused)
    return see(service.site.path("/account"), "password")


@router.get("/.well-known/change-password")
async def get_change_password(service: Serving) -> Response:
    """Where password managers lead to from a password that was stolen (W3C: A Well-Known URL for
    Changing Passwords)."""
    return see(service.site.path("/account/password"))


async def _page(service: Service, principal: Principal, refused: Refused | None = None) -> Response:
    user = await owner(service, principal)
    page = PasswordPage(
        csrf_token=session_token(service, principal),
        email=user.email,
        password_min=service.options.min_password,
        has_password=user.password_hash is not None,
        mail=service.options.mail != "none",
        console=may_see_console(principal),
        **wrong(refused),
    )
    return show(service, page, refused)
