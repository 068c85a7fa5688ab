"""`/api/passkeys`."""

from fastapi import APIRouter, Response

from ...routes.dependencies import PROBLEM, Known, Serving
from ...routes.proven import Proven
from ...routes.strict_json import StrictRoute
from . import registering
from .bodies import (
    AddedPasskey,
    CreatedBody,
    CreationBody,
    NameBody,
    Options,
    PasskeyEntry,
    PasskeyList,
    members,
)
from .challenge import ceremony_of

router = APIRouter(
    prefix="/api/passkeys", route_class=StrictRoute, responses=PROBLEM, tags=["Account"]
)


@router.get("", summary="My passkeys")
async def get_passkeys(principal: Known, service: Serving) -> PasskeyList:
    found = await registering.mine(service, principal)
    return PasskeyList(
        rp_id=ceremony_of(service).rp_id,
        user_handle=found[0].user_handle if found else None,
        passkeys=[PasskeyEntry(**members(each)) for each in found],
    )


@router.post("/options", summary="Begin to add a passkey")
async def post_options(
    body: CreationBody, principal: Proven, service: Serving, response: Response
) -> Options:
    """For `PublicKeyCredential.parseCreationOptionsFromJSON`. Needs a proof of the last five
    minutes, of two factors in this session where the person has a second one. The answer is due
    within five minutes, in the same browser and session."""
    return await registering.begin(service, principal, response, unasked=body.unasked)


@router.post("", status_code=201, summary="Add a passkey")
async def post_passkey(body: CreatedBody, principal: Proven, service: Serving) -> AddedPasskey:
    """Refused with `passkey_refused`. Needs the same proof: the person may have set up a second
    factor since it began."""
    passkey, codes = await registering.add(
        service, principal, body.credential, body.name, unasked=body.unasked
    )
    return AddedPasskey(**members(passkey), recovery_codes=list(codes))


@router.patch("/{id}", summary="Rename a passkey")
async def patch_passkey(
    id: str, body: NameBody, principal: Known, service: Serving
) -> PasskeyEntry:
    """`not_found` if it is not one of your own."""
    return PasskeyEntry(**members(await registering.rename(service, principal, id, body.name)))


@router.delete("/{id}", status_code=204, summary="Remove a passkey")
async def delete_passkey(id: str, principal: Proven, service: Serving) -> None:
    """Needs a proof of the last five minutes, of two factors in this session. Refused with
    `factor_required` if the person must have a second factor and has no other, or has no password.
    """
    await registering.remove(service, principal, id)
