"""`/api/login/passkey` and `/api/elevate/passkey`."""

from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import Field

from ....web.asgi import current_visit
from ....web.login import deliver
from ...routes.bodies import Body, Tokens, Who, shown
from ...routes.dependencies import PROBLEM, Known, Serving
from ...routes.second_step import SECOND, SecondStep, login_answer
from ...routes.strict_json import StrictRoute
from . import proving
from .bodies import AnswerBody, Options

router = APIRouter(route_class=StrictRoute, responses=PROBLEM, tags=["Login"])


class BeginBody(Body):
    ticket: Annotated[
        str | None,
        Field(
            description="The `ticket` of the answer 202, to end its login. Without it, the passkey"
            " alone logs in."
        ),
    ] = None


class LoginBody(AnswerBody, BeginBody):
    transport: Annotated[
        Literal["cookie", "bearer"],
        Field(
            description="How the credential travels, as for `POST /api/login`; a login with a"
            " ticket began with one already."
        ),
    ] = "cookie"


@router.post("/api/login/passkey/options", summary="Begin to log in with a passkey")
async def post_login_options(body: BeginBody, service: Serving, response: Response) -> Options:
    """For `PublicKeyCredential.parseRequestOptionsFromJSON`. The answer is due within five minutes,
    in the same browser. Without a ticket the options are alike for everybody."""
    if body.ticket is None:
        return await proving.begin_login(service, response)
    return await proving.begin_second_step(service, response, body.ticket)


@router.post(
    "/api/login/passkey",
    summary="Log in with a passkey",
    response_model_exclude_none=True,
    responses=SECOND,
)
async def post_login(
    body: LoginBody, service: Serving, response: Response
) -> Who | Tokens | SecondStep:
    """Answers as `POST /api/login`. Refused with `passkey_refused`, with `unknown_passkey` if it
    was removed (tell the browser by `signalUnknownCredential`), and with `login_expired` if the
    ticket is not good any more."""
    if body.ticket is not None:
        issued, step = await proving.finish_second_step(
            service, response, body.ticket, body.credential
        )
        return shown(issued, step.via, service.clock())
    if body.transport == "cookie":
        await current_visit().check_keeps_cookies()
    begun = await proving.finish_login(service, response, body.credential, body.transport)
    return login_answer(service, response, begun, body.transport)


@router.post("/api/elevate/passkey/options", summary="Begin to confirm it is you with a passkey")
async def post_elevate_options(principal: Known, service: Serving, response: Response) -> Options:
    """For `PublicKeyCredential.parseRequestOptionsFromJSON`."""
    return await proving.begin_step_up(service, principal, response)


@router.post(
    "/api/elevate/passkey",
    summary="Confirm it is you with a passkey",
    response_model_exclude_none=True,
)
async def post_elevate(
    body: AnswerBody, principal: Known, service: Serving, response: Response
) -> Who | Tokens:
    """Answers as `POST /api/elevate`, with the passkey and `mfa` in `amr`."""
    issued = await proving.finish_step_up(service, principal, body.credential)
    visit = current_visit()
    for name, value in deliver(visit, issued, visit.via):
        response.headers.append(name.decode(), value.decode())
    return shown(issued, visit.via, service.clock())
