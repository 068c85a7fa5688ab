"""What the ready routes take and show."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field, StringConstraints

_ADDRESS = r"^[A-Za-z0-9.+_'-]+@[A-Za-z0-9.-]*[A-Za-z0-9]$"

Email = Annotated[str, StringConstraints(to_lower=True, pattern=_ADDRESS, max_length=254)]
"""Plain and in lower case, so that another spelling is not another account."""

Typed = Annotated[str, Field(max_length=128)]
Chosen = Annotated[str, Field(min_length=8, max_length=128)]


class SignupForm(BaseModel):
    email: Email
    password: Chosen


class LoginForm(BaseModel):
    email: Email
    password: Typed


class PasswordForm(BaseModel):
    current: Typed
    new: Chosen


class ElevateForm(BaseModel):
    password: Typed


class SessionShown(BaseModel):
    """A place where the person is logged in."""

    sid: str
    address: str
    user_agent: str
    created_at: int
    seen_at: int
    current: bool


class SecretiveRoute(APIRoute):
    """A route that says what is wrong with a body and never repeats it: it may hold a password, or
    half a surrogate pair, which no answer could carry."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def secretive(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as invalid:
                wrong = [{key: each[key] for key in _SHOWN} for each in invalid.errors()]
                raise HTTPException(422, wrong) from None

        return secretive


_SHOWN = ("type", "loc", "msg")
"""Of what FastAPI says about an error: not the input, nor the context made of it."""
