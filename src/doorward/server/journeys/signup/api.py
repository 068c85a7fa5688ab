"""`POST /api/signup`."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from ...routes.bodies import Body, Email, Password
from ...routes.dependencies import PROBLEM, Serving
from ...routes.strict_json import StrictRoute
from .flow import signup

router = APIRouter(route_class=StrictRoute, responses=PROBLEM)


class SignupBody(Body):
    email: Email
    password: Password


class Account(BaseModel):
    subject: Annotated[str, Field(description="The stable id of the user.")]


@router.post("/api/signup", status_code=201, tags=["Account"], summary="Make an account")
async def post_signup(body: SignupBody, service: Serving) -> Account:
    """Refused with `email_taken`, `weak_password`, `invalid_email`, `signup_closed` or
    `too_many_attempts`."""
    return Account(subject=(await signup(service, body.email, body.password)).subject)
