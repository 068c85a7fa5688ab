"""Who may come into the console and its API: one check, before a route looks at anything else."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute

from ...errors import Reason, Rejected
from ...factors import MFA
from ...settings import MINUTE
from ...types import Principal
from ...web import origin
from ...web.fastapi import Guard
from ..accounts.factor_policy import must_have_second
from ..accounts.user import ADMIN
from ..refusals import Refusal, Refused
from ..return_to import asked_for, with_return
from ..service import Service
from ..steps.denied import note_denied
from .forms import read_form
from .strict_json import StrictRoute
from .submit_once import once

FRESH = 5 * MINUTE
"""Seconds for which proving a factor is enough to act as an administrator."""

LOOK, ACT = Guard(role=ADMIN), Guard(role=ADMIN, fresh=FRESH)
PROVED = Guard(role=ADMIN, factor=MFA)

Handle = Callable[[Request], Coroutine[Any, Any, Response]]


class AdminRoute(StrictRoute):
    """A route of the API for administrators alone.  Everybody else is refused before the body, or
    whether what it names exists, is looked at; and what they tried is recorded."""

    def get_route_handler(self) -> Handle:
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            await admit(request)
            return await handle(request)

        return guarded


class ConsoleRoute(APIRoute):
    """A page for administrators alone.  Its address answers a form as it answers a look, so that
    who must prove a factor again is led back to the page that shows the act."""

    def get_route_handler(self) -> Handle:
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            if request.method in origin.SAFE:
                await admit(request)
                return await handle(request)
            await read_form(request)  # it holds the token by which it is known for ours
            try:
                await admit(request)
            except Rejected as refused:
                return ask_again(request, refused)
            return await once(request, handle)

        return guarded


def ask_again(request: Request, refused: Rejected, back: str = "") -> Response:
    """Lead somebody whose proof is too old to a new one, and from there to `back`, or to a look at
    the same address.  Any other refusal is raised."""
    if refused.reason is not Reason.STEP_UP_REQUIRED:
        raise refused
    elevate = request.app.state.site.path("/elevate")
    return RedirectResponse(with_return(elevate, back or asked_for(request.scope)), 303)


async def admit(request: Request, *, act: bool | None = None) -> Principal:
    """The administrator who makes this request.  `act`: whether it does something, which needs a
    recent proof; if not given, its method tells.  Raises `Rejected`."""
    acting = request.method not in origin.SAFE if act is None else act
    try:
        principal = await (ACT if acting else LOOK)()
        await _check_factor(request.app.state.service, principal)
        return principal
    except Rejected as refused:
        if refused.reason is not Reason.STEP_UP_REQUIRED:
            await note_denied(request.app.state.service, refused.reason)
        raise


async def _check_factor(service: Service, principal: Principal) -> None:
    """Refuse a session of one factor to somebody who must have two: it may be from before the role
    was given to them, or before that was asked."""
    if not must_have_second(service.options.require_factor, principal.roles):
        return
    if not (await service.factors.held(principal.subject)).second:
        raise Refused(
            Refusal.FACTOR_REQUIRED,
            "This site asks administrators for a second factor. Set one up first.",
        )
    await PROVED()
