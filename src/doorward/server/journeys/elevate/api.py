"""`POST /api/elevate`."""

from fastapi import APIRouter, Response

from ....types import Issued, Principal
from ....web.asgi import current_visit
from ....web.login import deliver
from ...refusals import Refusal, Refused
from ...routes.bodies import Body, Code, Password, Tokens, Who, shown
from ...routes.dependencies import PROBLEM, Known, Serving
from ...routes.strict_json import StrictRoute
from ...service import Service
from .flow import elevate, elevate_by_code, elevate_by_recovery_code

router = APIRouter(route_class=StrictRoute, responses=PROBLEM)


class ElevateBody(Body):
    password: Password | None = None
    code: Code | None = None
    recovery_code: Code | None = None


@router.post(
    "/api/elevate", tags=["Login"], summary="Confirm it is you", response_model_exclude_none=True
)
async def post_elevate(
    body: ElevateBody, principal: Known, service: Serving, response: Response
) -> Who | Tokens:
    """The answer to `step_up_required`: proves, within the session, the password, a `code` of an
    authenticator app or a `recovery_code`, and gives out a new credential the way the old one came.
    The password is refused, with `factor_required`, to who holds a second factor."""
    issued = await _elevated(body, service, principal)
    visit = current_visit()
    for name, value in deliver(visit, issued, visit.via):
        response.headers.append(name.decode(), value.decode())
    return shown(issued, visit.via, service.clock())


async def _elevated(body: ElevateBody, service: Service, principal: Principal) -> Issued:
    match body:
        case ElevateBody(password=str(password), code=None, recovery_code=None):
            return await elevate(service, principal, password)
        case ElevateBody(password=None, code=str(code), recovery_code=None):
            return await elevate_by_code(service, principal, code)
        case ElevateBody(password=None, code=None, recovery_code=str(code)):
            return await elevate_by_recovery_code(service, principal, code)
    raise Refused(Refusal.INVALID_REQUEST, "Send the password, a code or a recovery code.")
