"""`/account`."""

from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter, Request
from starlette.responses import Response

from ....factors import MFA, proves
from ....types import VERIFIED, Mode, Principal, Session
from ....web.asgi import current_visit
from ... import cookie_hint
from ...routes.access import FRESH
from ...routes.dependencies import Serving
from ...routes.menu import may_see_console
from ...routes.notices import notice, told
from ...routes.responses import session_token, show
from ...routes.submit_once import PageRoute
from ...service import Service
from ...steps.confirm_password import owner
from ...steps.live_sessions import live_sessions
from ...ui.page import Page

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """One place where the person is logged in; `current` marks the one that asks."""

    sid: str
    label: str
    address: str
    created_at: int
    seen_at: int
    current: bool

    @classmethod
    def of(cls, session: Session, principal: Principal) -> "SessionRow":
        return cls(
            sid=session.sid,
            label=session.device.label,
            address=session.device.address,
            created_at=session.created_at,
            seen_at=session.seen_at,
            current=session.sid == principal.sid,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPage(Page):
    """Who I am and where I am logged in.

    `amr` holds the factors proved at this login (RFC 8176), `confirmed_at` is when they were proved
    again; `sessions` are shown in their order.  `confirmed_address`: it was proved; `unverified`:
    it is still to be proved; `can_change_email`: there is mail, by which another one can be proved;
    `unasked_passkey`: a password manager may make one.
    """

    template: ClassVar[str] = "journeys/account/account.html"
    csrf_token: str
    now: int
    email: str
    subject: str
    roles: tuple[str, ...]
    mode: Mode
    amr: tuple[str, ...]
    logged_in_at: int
    confirmed_at: int | None
    sessions: tuple[SessionRow, ...]
    confirmed_address: bool = False
    unverified: bool = False
    can_change_email: bool = False
    unasked_passkey: bool = False
    console: bool = False
    notice: str = ""


@router.get("/account")
async def get_account(request: Request, service: Serving) -> Response:
    principal = await current_visit().principal()
    page = await _page(service, principal, notice(request).sentence)
    response = show(service, page)
    told(request, response)
    cookie_hint.unmark(request, response)
    return response


async def _page(service: Service, principal: Principal, notice: str) -> AccountPage:
    user = await owner(service, principal)
    sessions = await live_sessions(service, principal.subject)
    rows = sorted(sessions, key=lambda session: session.sid != principal.sid)
    proved = principal.authenticated_at
    began = next((row.created_at for row in rows if row.sid == principal.sid), proved)
    return AccountPage(
        csrf_token=session_token(service, principal),
        now=service.clock(),
        email=user.email,
        subject=principal.subject,
        roles=tuple(sorted(principal.roles - {VERIFIED})),  # that one is shown in words
        mode=principal.mode,
        amr=principal.amr,
        logged_in_at=began,
        confirmed_at=proved if proved > began else None,
        sessions=tuple(SessionRow.of(session, principal) for session in rows),
        confirmed_address=principal.verified,
        unverified=user.verified_at is None and service.options.verification != "off",
        can_change_email=service.options.mail != "none",
        unasked_passkey=await _lacks_passkey(service, principal),
        console=may_see_console(principal),
        notice=notice,
    )


async def _lacks_passkey(service: Service, principal: Principal) -> bool:
    """Whether somebody just proved the password and another factor, and has no passkey.  Without
    the other factor a passkey would be the first, and asked for at each login."""
    proved = proves(principal.amr, "password") and proves(principal.amr, MFA)
    if not proved or service.clock() - principal.authenticated_at > FRESH:
        return False
    held = await service.factors.held(principal.subject)
    return held.second and not held.passkeys
