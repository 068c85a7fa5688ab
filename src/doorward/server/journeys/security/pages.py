"""`/account/security`."""

from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter, Request
from starlette.responses import Response

from ....web.asgi import current_visit
from ...routes.dependencies import Serving
from ...routes.menu import may_see_console
from ...routes.notices import notice, told
from ...routes.responses import show
from ...routes.submit_once import PageRoute
from ...steps.factors import factors_of
from ...ui.page import Page

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityPage(Page):
    """What I can prove who I am with.  `totp_since` is when the app was set up, or None;
    `recovery_codes` is how many are left; `required`: there must be a second factor, which is
    `held` or not."""

    template: ClassVar[str] = "journeys/security/security.html"
    totp_since: int | None
    recovery_codes: int
    held: bool
    required: bool
    console: bool = False
    notice: str = ""


@router.get("/account/security")
async def get_security(request: Request, service: Serving) -> Response:
    principal = await current_visit().principal()
    found = await factors_of(service, principal)
    page = SecurityPage(
        totp_since=found.totp_since,
        recovery_codes=found.held.recovery_codes,
        held=found.held.second,
        required=found.required,
        console=may_see_console(principal),
        notice=notice(request).sentence,
    )
    return told(request, show(service, page))
