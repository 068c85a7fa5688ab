"""`POST /api/signup`."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from ...routes.bodies import ACCEPTED, Accepted, Body, Email, Password, accepted
from ...routes.dependencies import PROBLEM, Serving
from ...routes.strict_json import StrictRoute
from .flow import signup

router = APIRouter(route_class=StrictRoute, responses=PROBLEM)


class SignupBody(Body):
    email: Email
    password: Password


class Account(BaseModel):
    subject: Annotated[str, Field(description="The stable id of the user.")]


@router.post(
    "/api/signup",
    status_code=201,
    responses=ACCEPTED,
    tags=["Account"],
    summary="Make an account",
)
async def post_signup(body: SignupBody, service: Serving, response: Response) -> Account | Accepted:
    """With `--verify first` the answer is always 202, and the account is there once the link in the
    letter was used.

    Refused with `email_taken`, except with `--verify first`, and with `weak_password`,
    `invalid_email`, `signup_closed` or `too_many_attempts`."""
    user = await signup(service, body.email, body.password)
    return accepted(response) if user is None else Account(subject=user.subject)
