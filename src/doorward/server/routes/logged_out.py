"""How a browser is logged out."""

from fastapi import Request
from starlette.responses import Response

from .. import cookie_hint
from ..service import Service
from .responses import see


async def log_out(service: Service, request: Request) -> Response:
    """End the session of this request, dead or alive.  The answer deletes its cookies and leads to
    the login page, which says `logout`."""
    response = see(service.site.path("/login"), "logout")
    await service.doorward.logout(request, response)
    cookie_hint.unmark(request, response)
    return response
