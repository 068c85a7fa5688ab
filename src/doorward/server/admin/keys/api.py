"""`/api/admin/keys`."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, Field

from ....types import SigningKey
from ...routes.admin import BARE, api_router
from ...routes.dependencies import Serving
from ...signing_keys import State, state
from .flow import compromise_key, rotate_keys

router = api_router()


class Key(BaseModel):
    kid: str
    algorithm: str
    state: State
    created_at: int
    signs_from: int | None
    withdrawn_at: int | None


class KeyList(BaseModel):
    keys: Annotated[list[Key], Field(description="Oldest first; none in session mode.")]


class Rotated(BaseModel):
    kid: str
    signs_from: int


class Compromised(BaseModel):
    kid: str
    withdrawn: list[str]
    signing: str


@router.get("/keys", summary="The signing keys")
async def get_keys(service: Serving) -> KeyList:
    keys, now = await service.auth.signing.keys(), service.clock()
    return KeyList(keys=[_entry(key, keys, now) for key in keys])


@router.post("/keys/rotate", summary="Let the next key take over", dependencies=BARE)
async def post_rotate(service: Serving) -> Rotated:
    """`not_found` in session mode, where nothing is signed."""
    key = await rotate_keys(service.auth)
    return Rotated(kid=key.kid, signs_from=key.signs_from or 0)


@router.post("/keys/{kid}/compromise", summary="A key leaked", dependencies=BARE)
async def post_compromise(kid: str, service: Serving) -> Compromised:
    """Nothing that it signed is accepted any more. Who has a good refresh token stays logged in."""
    gone, signer = await compromise_key(service.auth, kid)
    return Compromised(kid=kid, withdrawn=gone, signing=signer.kid)


def _entry(key: SigningKey, keys: Sequence[SigningKey], now: int) -> Key:
    return Key(
        kid=key.kid,
        algorithm=key.algorithm,
        state=state(key, keys, now),
        created_at=key.created_at,
        signs_from=key.signs_from,
        withdrawn_at=key.withdrawn_at,
    )
