"""`POST /api/recovery-codes`."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from ...routes.dependencies import PROBLEM, Serving
from ...routes.proven import Proven
from ...routes.strict_json import StrictRoute
from .flow import make_codes

router = APIRouter(route_class=StrictRoute, responses=PROBLEM)


class RecoveryCodes(BaseModel):
    recovery_codes: Annotated[list[str], Field(description="Ten. Shown now and never again.")]


@router.post("/api/recovery-codes", tags=["Account"], summary="Make new recovery codes")
async def post_recovery_codes(principal: Proven, service: Serving) -> RecoveryCodes:
    """Needs a proof of the last five minutes, of two factors in this session. The earlier codes
    no longer work."""
    return RecoveryCodes(recovery_codes=list(await make_codes(service, principal)))
