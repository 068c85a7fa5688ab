"""`POST /api/login/mail`."""

from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import Field

from ...routes.bodies import Accepted, Body, Email, Tokens, Who
from ...routes.dependencies import PROBLEM, Serving
from ...routes.second_step import SECOND, SecondStep, login_answer
from ...routes.strict_json import StrictRoute
from . import flow

router = APIRouter(
    prefix="/api/login/mail", route_class=StrictRoute, responses=PROBLEM, tags=["Login"]
)


class MailBody(Body):
    email: Email
    transport: Annotated[
        Literal["cookie", "bearer"],
        Field(description="How the credential will travel, as in `POST /api/login`."),
    ] = "cookie"


class CodeBody(Body):
    ticket: Annotated[str, Field(description="The `ticket` of the answer 202.")]
    code: Annotated[str, Field(description="Of the letter; spaces, dashes and case do not matter.")]


class LinkBody(Body):
    ticket: Annotated[str, Field(description="From the link in the letter.")]


class Sent(Accepted):
    """A letter is on its way, whether or not the address has an account."""

    ticket: Annotated[
        str,
        Field(
            description="For `POST /api/login/mail/code`, within ten minutes. By cookie it works in"
            " the browser that it was given to."
        ),
    ]


@router.post("", status_code=202, summary="Log in by mail: ask for a letter")
async def post_mail(body: MailBody, service: Serving, response: Response) -> Sent:
    """The same answer whether or not the address has an account; one letter goes out either way.
    Refused with `invalid_email` or `too_many_attempts`, and with `not_found` unless the server
    runs with `--login-by-mail on`."""
    ticket = await flow.ask_for_letter(service, response, body.email, body.transport)
    return Sent(ticket=ticket)


@router.post(
    "/code",
    summary="Log in by mail: code",
    response_model_exclude_none=True,
    responses=SECOND,
)
async def post_code(
    body: CodeBody, service: Serving, response: Response
) -> Who | Tokens | SecondStep:
    """With the code of the letter. 202 as in `POST /api/login`. Refused with `wrong_code`, which
    is also the answer where there is no account, `login_expired` or `too_many_attempts`."""
    entered = await flow.enter_by_code(service, response, body.ticket, body.code)
    return login_answer(service, response, entered.begun, entered.via)


@router.post(
    "/link",
    summary="Log in by mail: link",
    response_model_exclude_none=True,
    responses=SECOND,
)
async def post_link(
    body: LinkBody, service: Serving, response: Response
) -> Who | Tokens | SecondStep:
    """With the ticket of the link, in the browser that asked for it by cookie. Refused with
    `invalid_link` or `too_many_attempts`; `login_expired` in any other browser, where only the
    code helps."""
    entered = await flow.enter_by_link(service, response, body.ticket)
    if isinstance(entered, flow.Opened):
        raise await flow.refused_elsewhere(service, entered)
    return login_answer(service, response, entered.begun, entered.via)
