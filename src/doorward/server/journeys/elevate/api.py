"""`POST /api/elevate`."""

from fastapi import APIRouter, Response

from ....web.asgi import current_visit
from ....web.login import deliver
from ...refusals import Refusal, Refused
from ...routes.bodies import Body, Code, Password, Tokens, Who, shown
from ...routes.dependencies import PROBLEM, Known, Serving
from ...routes.strict_json import StrictRoute
from .flow import elevate, elevate_by_code

router = APIRouter(route_class=StrictRoute, responses=PROBLEM)


class ElevateBody(Body):
    password: Password | None = None
    code: Code | None = None


@router.post(
    "/api/elevate", tags=["Login"], summary="Confirm it is you", response_model_exclude_none=True
)
async def post_elevate(
    body: ElevateBody, principal: Known, service: Serving, response: Response
) -> Who | Tokens:
    """The answer to `step_up_required`: proves the password again within the session, or a `code`
    of an authenticator app, and gives out a new credential the way the old one came."""
    if (body.password is None) == (body.code is None):
        raise Refused(Refusal.INVALID_REQUEST, "Send the password or a code.")
    if body.code is None:
        issued = await elevate(service, principal, body.password or "")
    else:
        issued = await elevate_by_code(service, principal, body.code)
    visit = current_visit()
    for name, value in deliver(visit, issued, visit.via):
        response.headers.append(name.decode(), value.decode())
    return shown(issued, visit.via, service.clock())
