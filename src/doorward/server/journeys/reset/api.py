"""`POST /api/reset`."""

from fastapi import APIRouter

from ...routes.bodies import Body, Password
from ...routes.dependencies import PROBLEM, Serving
from ...routes.strict_json import StrictRoute
from .flow import reset_password

router = APIRouter(route_class=StrictRoute, responses=PROBLEM)


class ResetBody(Body):
    ticket: str
    new: Password


@router.post("/api/reset", status_code=204, tags=["Account"], summary="Choose a new password")
async def post_reset(body: ResetBody, service: Serving) -> None:
    """With the `ticket` of a reset link. Ends every session, and logs nobody in. Refused with
    `invalid_link`, `weak_password` or `too_many_attempts`."""
    await reset_password(service, body.ticket, body.new)
