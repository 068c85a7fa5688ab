"""`GET /api/account/data` and `DELETE /api/account`."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from ...routes.dependencies import PROBLEM, Serving
from ...routes.own_entry import OwnEntry
from ...routes.own_session import SessionEntry
from ...routes.proven import Proven
from ...routes.strict_json import StrictRoute
from ...routes.user_entry import UserEntry
from .flow import delete_account, file_name, own_data

router = APIRouter(route_class=StrictRoute, responses=PROBLEM, tags=["Account"])


class PasskeyEntry(BaseModel):
    name: str
    created_at: int
    used_at: int | None


class FactorsHeld(BaseModel):
    passkeys: list[PasskeyEntry]
    totp_since: int | None
    recovery_codes: Annotated[int, Field(description="How many are left.")]


class OwnData(BaseModel):
    made_at: Annotated[str, Field(description="UTC (RFC 3339).")]
    account: UserEntry
    sessions: list[SessionEntry]
    factors: FactorsHeld
    history: Annotated[list[OwnEntry], Field(description="All of it, the latest first.")]


class Deleted(BaseModel):
    erase_at: Annotated[int, Field(description="A login before then keeps the account.")]


@router.get("/api/account/data", summary="Download my data", response_model=OwnData)
async def get_data(principal: Proven, service: Serving) -> Any:
    """Everything that the server holds about the account, without secrets. Refused with
    `step_up_required` when the last proof is older than five minutes, or was of one factor where
    the person holds two."""
    pieces = await own_data(service, principal)
    disposition = f'attachment; filename="{file_name(service)}"'
    return StreamingResponse(
        pieces, media_type="application/json", headers={"content-disposition": disposition}
    )


@router.delete("/api/account", summary="Delete my account")
async def delete_own_account(
    request: Request, response: Response, principal: Proven, service: Serving
) -> Deleted:
    """Ends every session now, and erases the account in seven days; a login before then keeps it.
    Refused with `step_up_required` like the download, and with `last_admin`."""
    user = await delete_account(service, principal)
    await service.doorward.logout(request, response)
    return Deleted(erase_at=user.erase_at or 0)
