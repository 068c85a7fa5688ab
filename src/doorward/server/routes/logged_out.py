"""How a browser is logged out."""

from fastapi import Request
from starlette.responses import Response

from .. import cookie_hint
from ..service import Service
from .responses import see


async def log_out(service: Service, request: Request, response: Response | None = None) -> Response:
    """End the session of this request, dead or alive.  The answer deletes its cookies.  It leads to
    the login page, which says `logout`, unless another is given."""
    response = response or see(service.site.path("/login"), "logout")
    await service.doorward.logout(request, response)
    cookie_hint.unmark(request, response)
    return response
