"""Who may add and remove factors: one check for pages and JSON routes."""

from typing import Annotated

from fastapi import Depends, Request
from starlette.responses import Response

from ...errors import Rejected
from ...factors import MFA
from ...types import Principal
from ...web.fastapi import Guard
from ..service import Service
from .access import FRESH, ask_again
from .dependencies import Serving
from .submit_once import Handle, PageRoute

_RECENT, _PROVED = Guard(fresh=FRESH), Guard(fresh=FRESH, factor=MFA)


async def may_change_factors(service: Service) -> Principal:
    """Who makes this request, if they proved a factor lately and, where they hold a second one, two
    in this session: a session from before the second factor, with the password, must not take that
    factor away.  Raises `Rejected`."""
    principal = await _RECENT()
    held = await service.factors.held(principal.subject)
    return await _PROVED() if held.second else principal


async def _changing(
    service: Serving, principal: Annotated[Principal, Depends(Guard())]
) -> Principal:
    return await may_change_factors(service)


Changing = Annotated[Principal, Depends(_changing)]
"""The principal of a JSON route that changes factors."""


class FactorRoute(PageRoute):
    """A page that changes factors.  Its address answers a form as it answers a look, so that who
    must prove a factor again is led back to the question, never to the deed."""

    def get_route_handler(self) -> Handle:
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            try:
                return await handle(request)
            except Rejected as refused:
                return ask_again(request, refused)

        return guarded
