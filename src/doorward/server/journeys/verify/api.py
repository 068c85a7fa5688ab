"""`POST /api/verify` and `POST /api/verify/letter`."""

from fastapi import APIRouter

from ...routes.bodies import Accepted, Body
from ...routes.dependencies import PROBLEM, Known, Serving
from ...routes.strict_json import StrictRoute
from ...steps.confirm_password import owner
from ...steps.verification import send_verification
from .flow import verify

router = APIRouter(route_class=StrictRoute, responses=PROBLEM)


class VerifyBody(Body):
    ticket: str


@router.post("/api/verify", status_code=204, tags=["Account"], summary="Prove an address")
async def post_verify(body: VerifyBody, service: Serving) -> None:
    """With the `ticket` of the link in a letter. It makes the account that waited for it, or marks
    the account there is as verified; nobody is logged in. Refused with `invalid_link`,
    `signup_closed` or `too_many_attempts`."""
    await verify(service, body.ticket)


@router.post(
    "/api/verify/letter", status_code=202, tags=["Account"], summary="Send the letter again"
)
async def post_verify_letter(principal: Known, service: Serving) -> Accepted:
    """To the caller's own address, unless it is verified. Refused with `too_many_attempts`."""
    await send_verification(service, await owner(service, principal))
    return Accepted()
