"""`POST /api/email` and what its links do."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from ...routes.bodies import Accepted, Body, Email
from ...routes.dependencies import PROBLEM, Known, Serving
from ...routes.proven import Proven
from ...routes.strict_json import StrictRoute
from .flow import ask_for_change, confirm_change, undo_change

router = APIRouter(route_class=StrictRoute, responses=PROBLEM, tags=["Account"])


class EmailBody(Body):
    email: Email


class TicketBody(Body):
    ticket: Annotated[str, Field(description="From the link in the letter.")]


class Restored(BaseModel):
    reset_ticket: Annotated[
        str, Field(description="For `POST /api/reset`: the old password no longer works.")
    ]


@router.post("/api/email", status_code=202, summary="Change the address")
async def post_email(body: EmailBody, principal: Proven, service: Serving) -> Accepted:
    """Sends a letter to the new address; only its link changes anything. The same answer whether
    or not the address has an account. Needs a proof of the last five minutes, and of
    two factors in this session from a person who has two. Refused with `invalid_email` or
    `too_many_attempts`, and with `not_found` where the server has no mail."""
    await ask_for_change(service, principal, body.email)
    return Accepted()


@router.post("/api/email/confirm", status_code=204, summary="Confirm a new address")
async def post_email_confirm(body: TicketBody, principal: Known, service: Serving) -> None:
    """The address is changed from now on. Sessions stay, and reset links die. The old address gets
    a letter. Only a session of the person who asked may confirm. Refused with `invalid_link`,
    `email_taken` or `too_many_attempts`."""
    await confirm_change(service, principal, body.ticket)


@router.post("/api/email/undo", summary="Put the old address back")
async def post_email_undo(body: TicketBody, service: Serving) -> Restored:
    """With the link in the letter to the old address, within seven days. Ends every session, and
    the password no longer works. Refused with `invalid_link`, `email_taken` or
    `too_many_attempts`."""
    return Restored(reset_ticket=await undo_change(service, body.ticket))
