"""How an answer leads on to the second step of a login."""

from typing import Annotated, Any

from fastapi import Response
from pydantic import BaseModel, Field
from starlette.responses import Response as AnyResponse

from ...types import Issued
from ...web.transport import Transport
from ..service import Service
from ..steps.second_step import PAGE, Asked
from .bodies import Tokens, Who, shown


class Ticket(BaseModel):
    ticket: Annotated[
        str,
        Field(
            description="For one of the calls below /api/login, within ten minutes. By cookie it"
            " works in the browser that it was given to."
        ),
    ]
    factors: Annotated[
        list[str],
        Field(
            description="What the person can prove: totp, passkey, recovery_code. Empty: they must"
            " set up an app first, with POST /api/login/enrol."
        ),
    ]


class SecondStep(BaseModel):
    """The first factor was right, and a second one is asked for."""

    second_factor: Ticket


SECOND: dict[int | str, dict[str, Any]] = {
    202: {"description": "A second factor is asked for.", "model": SecondStep}
}


def login_answer(
    service: Service, response: Response, begun: Issued | Asked, via: Transport
) -> Who | Tokens | SecondStep:
    """The body that answers a login by `via`.  Where a second factor is asked for, the status of
    `response` is 202 from now on."""
    if not isinstance(begun, Asked):
        return shown(begun, via, service.clock())
    response.status_code = 202
    return SecondStep(second_factor=Ticket(ticket=begun.ticket, factors=list(begun.factors)))


def led_on(service: Service, response: AnyResponse, begun: Issued | Asked) -> AnyResponse:
    """The redirect of a login page, which leads to the second step if one is asked for."""
    if isinstance(begun, Asked):
        response.headers["location"] = service.site.path(PAGE)
    return response
