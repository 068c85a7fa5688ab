"""`POST /api/login` and `POST /api/refresh`."""

from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import Field

from ....web.asgi import current_visit
from ...refusals import Refusal, Refused
from ...routes.bodies import Body, Email, Password, Tokens, Who, tokens
from ...routes.dependencies import PROBLEM, Serving
from ...routes.second_step import SECOND, SecondStep, login_answer
from ...routes.strict_json import StrictRoute
from .flow import login

router = APIRouter(route_class=StrictRoute, responses=PROBLEM)


class LoginBody(Body):
    email: Email
    password: Password
    transport: Annotated[
        Literal["cookie", "bearer"],
        Field(
            description="How the credential travels: cookies that no script can read, or a"
            " token in the answer."
        ),
    ] = "cookie"


class RefreshBody(Body):
    refresh_token: str


@router.post(
    "/api/login",
    tags=["Login"],
    summary="Log in",
    response_model_exclude_none=True,
    responses=SECOND,
)
async def post_login(
    body: LoginBody, service: Serving, response: Response
) -> Who | Tokens | SecondStep:
    """With `cookie`, the answer sets the cookies and says who is logged in; with `bearer`, it holds
    the tokens. A session that the request brings along is ended.

    With 202 the password was right, and a second factor is asked for: go on with `ticket` and one
    of `factors`, within ten minutes.

    `invalid_credentials` also stands for an unknown and for a locked account. Only failures count
    towards `too_many_attempts`.
    """
    if body.transport == "cookie":  # before the password is looked at, and a wrong one counted
        await current_visit().check_keeps_cookies()
    begun = await login(service, response, body.email, body.password, body.transport)
    return login_answer(service, response, begun, body.transport)


@router.post("/api/refresh", tags=["Login"], summary="Refresh", response_model_exclude_none=True)
async def post_refresh(body: RefreshBody, service: Serving) -> Tokens:
    """Token mode only. Browsers do not need it: their cookies are renewed automatically.

    While the server changes over, it exchanges what was given out in the other mode."""
    if "token" not in service.auth.settings.modes:
        raise Refused(Refusal.NOT_FOUND, "In session mode there is nothing to refresh.")
    issued = await service.auth.refresh(body.refresh_token, current_visit().device())
    return tokens(issued, service.clock())
