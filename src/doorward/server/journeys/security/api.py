"""`GET /api/factors`."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from ...routes.dependencies import PROBLEM, Known, Serving
from ...routes.strict_json import StrictRoute
from ...steps.factors import factors_of

router = APIRouter(route_class=StrictRoute, responses=PROBLEM)


class Factors(BaseModel):
    totp_since: Annotated[int | None, Field(description="Null: no authenticator app.")]
    passkeys: Annotated[int, Field(description="How many there are.")]
    recovery_codes: Annotated[int, Field(description="How many are left.")]
    required: Annotated[bool, Field(description="Whether the person must have a second factor.")]


@router.get("/api/factors", tags=["Account"], summary="What I can prove beside the password")
async def get_factors(principal: Known, service: Serving) -> Factors:
    found = await factors_of(service, principal)
    return Factors(
        totp_since=found.totp_since,
        passkeys=found.held.passkeys,
        recovery_codes=found.held.recovery_codes,
        required=found.required,
    )
