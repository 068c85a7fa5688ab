"""`POST /api/forgot`."""

from fastapi import APIRouter

from ...refusals import Refusal, Refused
from ...routes.bodies import Accepted, Body, Email
from ...routes.dependencies import PROBLEM, Serving
from ...routes.strict_json import StrictRoute
from .flow import ask_for_reset

router = APIRouter(route_class=StrictRoute, responses=PROBLEM)


class ForgotBody(Body):
    email: Email


@router.post(
    "/api/forgot", status_code=202, tags=["Account"], summary="Ask for a link to a new password"
)
async def post_forgot(body: ForgotBody, service: Serving) -> Accepted:
    """The same answer for every address, also for what is none. A letter goes to the address,
    with a link if it has an account. Refused with `too_many_attempts`, and with `not_found` where
    the server has no mail."""
    try:
        await ask_for_reset(service, body.email)
    except Refused as refused:
        if refused.reason is not Refusal.INVALID_EMAIL:
            raise
    return Accepted()
