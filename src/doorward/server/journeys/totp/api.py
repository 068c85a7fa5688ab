"""`/api/totp`."""

from fastapi import APIRouter, Response

from ....web.asgi import current_visit
from ....web.login import deliver
from ...routes.bodies import (
    Body,
    Code,
    Enrolled,
    EnrolledTokens,
    EnrolledWho,
    enrolled,
    shown,
)
from ...routes.dependencies import PROBLEM, Serving
from ...routes.proven import Proven
from ...routes.strict_json import StrictRoute
from . import flow

router = APIRouter(prefix="/api/totp", route_class=StrictRoute, responses=PROBLEM, tags=["Account"])


class CodeBody(Body):
    code: Code


@router.post("", summary="Set up an authenticator app")
async def post_totp(principal: Proven, service: Serving) -> Enrolled:
    """Needs a proof of the last five minutes. The secret waits for ten minutes in this session, for
    a code of it. Refused with `factor_exists`."""
    found = await flow.begin(service, principal)
    return Enrolled(secret=found.secret, uri=found.uri)


@router.post("/confirm", summary="Confirm the app", response_model_exclude_none=True)
async def post_confirm(
    body: CodeBody, principal: Proven, service: Serving, response: Response
) -> EnrolledWho | EnrolledTokens:
    """Its first code. Gives out a new credential the way the old one came, with both factors in
    `amr`, and the recovery codes."""
    issued, codes = await flow.confirm(service, principal, body.code)
    visit = current_visit()
    for name, value in deliver(visit, issued, visit.via):
        response.headers.append(name.decode(), value.decode())
    return enrolled(shown(issued, visit.via, service.clock()), codes)


@router.delete("", status_code=204, summary="Remove the app")
async def delete_totp(principal: Proven, service: Serving) -> None:
    """Needs a proof of the last five minutes, of two factors in this session. Refused with
    `factor_required` if the person must have a second factor and has no other."""
    await flow.remove(service, principal)
