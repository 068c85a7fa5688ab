"""The acts on signing keys: each asks at its address, and does it by a form.

To look already needs a recent proof, so that nobody has to prove anything in the middle of an act.
"""

from fastapi import Request
from starlette.responses import Response

from ...refusals import Refusal, Refused
from ...routes.access import admit
from ...routes.acts import question
from ...routes.admin import console_router
from ...routes.dependencies import Serving
from ...routes.responses import see
from .flow import compromise_key, rotate_keys

router = console_router()


@router.get("/keys/rotate")
async def get_rotate(request: Request, service: Serving) -> Response:
    principal = await admit(request, act=True)
    return question(
        service,
        principal,
        request,
        heading="Let the next key take over?",
        sentence="Nobody is logged out and no request fails, because the next key is published an"
        " hour before it signs.",
        button="Rotate",
        back="/admin/keys",
    )


@router.post("/keys/rotate")
async def post_rotate(service: Serving) -> Response:
    await rotate_keys(service.auth)
    return see(service.site.path("/admin/keys"), "rotated")


@router.get("/keys/{kid}/compromise")
async def get_compromise(kid: str, request: Request, service: Serving) -> Response:
    principal = await admit(request, act=True)
    if all(key.kid != kid for key in await service.auth.signing.keys()):
        raise Refused(Refusal.NOT_FOUND, "There is no such key.")
    return question(
        service,
        principal,
        request,
        heading="Is this key compromised?",
        sentence=f"If it is, nothing that {kid} signed is accepted any more. People with a good"
        " refresh token stay logged in, and another key signs at once. This cannot be undone.",
        button="Yes, this key is compromised",
        danger=True,
        back="/admin/keys",
    )


@router.post("/keys/{kid}/compromise")
async def post_compromise(kid: str, service: Serving) -> Response:
    gone, _ = await compromise_key(service.auth, kid)
    return see(service.site.path("/admin/keys"), "withdrawn" if gone else "withdrawn_before")
