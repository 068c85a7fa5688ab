"""`POST /api/password`."""

from fastapi import APIRouter

from ...routes.bodies import Body, Password
from ...routes.dependencies import PROBLEM, Serving
from ...routes.proven import ProvenBesidePassword
from ...routes.strict_json import StrictRoute
from .flow import change_password

router = APIRouter(route_class=StrictRoute, responses=PROBLEM)


class PasswordBody(Body):
    current: Password
    new: Password


@router.post("/api/password", status_code=204, tags=["Account"], summary="Change the password")
async def post_password(
    body: PasswordBody, principal: ProvenBesidePassword, service: Serving
) -> None:
    """Ends every other session. Refused with `wrong_password` or `weak_password`, and with
    `step_up_required` to who holds a second factor and did not prove it within five minutes."""
    await change_password(service, principal, body.current, body.new)
