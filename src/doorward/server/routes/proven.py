"""Who may change what opens an account, delete it or take its data: one check for pages and JSON
routes."""

from typing import Annotated

from fastapi import Depends, Request
from starlette.responses import Response

from ...errors import Rejected
from ...factors import MFA
from ...types import Principal
from ...web.asgi import current_visit
from ...web.fastapi import Guard
from ..service import Service
from .access import FRESH, ask_again
from .dependencies import Serving
from .submit_once import Handle, PageRoute

_RECENT, _PROVED = Guard(fresh=FRESH), Guard(fresh=FRESH, factor=MFA)


async def proven(service: Service) -> Principal:
    """Who makes this request, if they proved a factor lately and, where they hold a second one, two
    in this session: a session from before the second factor, with the password, must not take that
    factor away.  What they proved lately is then a second factor, for the password alone is no
    step-up of theirs (ASVS 7.5.1).  Raises `Rejected`."""
    principal = await _RECENT()
    held = await service.factors.held(principal.subject)
    return await _PROVED() if held.second else principal


async def proven_beside_password(service: Service) -> Principal:
    """The same for an act that asks for the password itself, which is proof enough of those who
    hold no second factor.  Raises `Rejected`."""
    principal = await current_visit().principal()
    held = await service.factors.held(principal.subject)
    return await _PROVED() if held.second else principal


async def _proven(service: Serving, principal: Annotated[Principal, Depends(Guard())]) -> Principal:
    return await proven(service)


async def _beside_password(
    service: Serving, principal: Annotated[Principal, Depends(Guard())]
) -> Principal:
    return await proven_beside_password(service)


Proven = Annotated[Principal, Depends(_proven)]
"""The principal of a JSON route that asks for a proof."""

ProvenBesidePassword = Annotated[Principal, Depends(_beside_password)]
"""The principal of one that asks for the password, too."""


class ProvenRoute(PageRoute):
    """A page that asks for a proof.  Its address answers a form as it answers a look, so that who
    must prove a factor again is led back to the question, never to the deed."""

    def get_route_handler(self) -> Handle:
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            try:
                return await handle(request)
            except Rejected as refused:
                return ask_again(request, refused)

        return guarded
