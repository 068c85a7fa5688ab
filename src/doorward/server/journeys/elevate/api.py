"""`POST /api/elevate`."""

from fastapi import APIRouter, Response

from ....web.asgi import current_visit
from ....web.login import deliver
from ...routes.bodies import Body, Password, Tokens, Who, shown
from ...routes.dependencies import PROBLEM, Known, Serving
from ...routes.strict_json import StrictRoute
from .flow import elevate

router = APIRouter(route_class=StrictRoute, responses=PROBLEM)


class ElevateBody(Body):
    password: Password


@router.post(
    "/api/elevate", tags=["Login"], summary="Confirm it is you", response_model_exclude_none=True
)
async def post_elevate(
    body: ElevateBody, principal: Known, service: Serving, response: Response
) -> Who | Tokens:
    """The answer to `step_up_required`: proves the password again within the session, and gives out
    a new credential the way the old one came."""
    issued = await elevate(service, principal, body.password)
    visit = current_visit()
    for name, value in deliver(visit, issued, visit.via):
        response.headers.append(name.decode(), value.decode())
    return shown(issued, visit.via, service.clock())
