"""`/account/security`."""

import json
from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter, Request
from starlette.responses import Response

from ....web.asgi import current_visit
from ....web.return_to import local_path
from ...accounts.ceremony import Ceremony
from ...accounts.passkeys import Passkey
from ...routes.dependencies import Serving
from ...routes.logins_elsewhere import is_elsewhere
from ...routes.menu import may_see_console
from ...routes.notices import notice, told
from ...routes.responses import session_token, show
from ...routes.submit_once import PageRoute
from ...service import Service
from ...steps.factors import OwnFactors, factors_of
from ...ui.page import Page

router = APIRouter(route_class=PageRoute, include_in_schema=False)

NAMES = {"passkey": "a passkey", "totp": "an authenticator app", "mfa": "a second factor"}
"""What a page may ask for, by the names of `doorward.factors`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyRow:
    """One passkey."""

    id: str
    name: str
    created_at: int
    used_at: int | None
    backed_up: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityPage(Page):
    """What I can prove who I am with.  `accepted`, in JSON, tells the browser which passkeys are
    good.  `totp_since` is when the app was set up, or None;
    `recovery_codes` is how many are left; `required`: there must be a second factor, which is
    `held` or not; `others`: the person is logged in elsewhere, too.  `asked`: the factor that the
    page `return_to` asks for, if the person came from one."""

    template: ClassVar[str] = "journeys/security/security.html"
    csrf_token: str
    others: bool
    passkeys: tuple[PasskeyRow, ...]
    accepted: str
    totp_since: int | None
    recovery_codes: int
    held: bool
    required: bool
    console: bool = False
    asked: str = ""
    return_to: str = ""
    notice: str = ""


@router.get("/account/security")
async def get_security(request: Request, service: Serving) -> Response:
    principal = await current_visit().principal()
    found = await factors_of(service, principal)
    page = SecurityPage(
        csrf_token=session_token(service, principal),
        others=await is_elsewhere(service, principal),
        passkeys=tuple(map(_row, found.passkeys)),
        accepted=_accepted(service, found),
        totp_since=found.totp_since,
        recovery_codes=found.held.recovery_codes,
        held=found.held.second,
        required=found.required,
        console=may_see_console(principal),
        notice=notice(request).sentence,
        asked=NAMES.get(request.query_params.get("for", ""), ""),
        return_to=local_path(request.query_params.get("return_to", "")),
    )
    return told(request, show(service, page))


def _row(passkey: Passkey) -> PasskeyRow:
    return PasskeyRow(
        id=passkey.credential_id,
        name=passkey.name,
        created_at=passkey.created_at,
        used_at=passkey.used_at,
        backed_up=passkey.backed_up,
    )


def _accepted(service: Service, found: OwnFactors) -> str:
    """What the script hands to `signalAllAcceptedCredentials`."""
    told = {
        "rpId": Ceremony(service.options.origin, service.site.name).rp_id,
        "userId": found.passkeys[0].user_handle if found.passkeys else "",
        "name": found.user.email,
        "ids": [each.credential_id for each in found.passkeys],
    }
    return json.dumps(told)
