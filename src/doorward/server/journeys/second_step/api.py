"""The second step of `POST /api/login`."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field

from ....types import Issued
from ....web.asgi import current_visit
from ...routes.bodies import (
    Body,
    Code,
    Enrolled,
    EnrolledTokens,
    EnrolledWho,
    Tokens,
    Who,
    enrolled,
    shown,
)
from ...routes.dependencies import PROBLEM, Serving
from ...routes.strict_json import StrictRoute
from ...service import Service
from ...steps.second_step import Step
from . import flow

router = APIRouter(prefix="/api/login", route_class=StrictRoute, responses=PROBLEM, tags=["Login"])

Ticket = Annotated[str, Field(description="The `ticket` of the answer 202.")]


class TicketBody(Body):
    ticket: Ticket


class CodeBody(TicketBody):
    code: Code


@router.post("/totp", summary="Log in: code of an app", response_model_exclude_none=True)
async def post_totp(body: CodeBody, service: Serving, response: Response) -> Who | Tokens:
    """Six digits; each code works once. Refused with `wrong_code`, and with `login_expired` if the
    ticket is not good any more. Only failures count towards `too_many_attempts`."""
    return _shown(service, *await flow.prove_totp(service, response, body.ticket, body.code))


@router.post("/recovery-code", summary="Log in: recovery code", response_model_exclude_none=True)
async def post_recovery_code(body: CodeBody, service: Serving, response: Response) -> Who | Tokens:
    """In place of a factor that was lost. Each code works once, and its owner gets a letter."""
    proved = await flow.prove_recovery_code(service, response, body.ticket, body.code)
    return _shown(service, *proved)


@router.post("/enrol", summary="Log in: set up an app")
async def post_enrol(body: TicketBody, service: Serving) -> Enrolled:
    """For somebody who must have a second factor and has none."""
    await current_visit().check_origin()
    enrolment, _ = await flow.enrol(service, body.ticket)
    return Enrolled(secret=enrolment.secret, uri=enrolment.uri)


@router.post("/enrol/confirm", summary="Log in: confirm the app", response_model_exclude_none=True)
async def post_enrol_confirm(
    body: CodeBody, service: Serving, response: Response
) -> EnrolledWho | EnrolledTokens:
    """The first code of the app that was set up. The answer also holds the recovery codes."""
    issued, step, codes = await flow.confirm_enrolment(service, response, body.ticket, body.code)
    return enrolled(_shown(service, issued, step), codes)


def _shown(service: Service, issued: Issued, step: Step) -> Who | Tokens:
    return shown(issued, step.via, service.clock())
