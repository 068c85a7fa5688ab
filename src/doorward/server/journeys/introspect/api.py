"""`POST /oauth/introspect` (RFC 7662)."""

import json
from typing import Any

from fastapi import APIRouter, Request

from ....errors import Rejected
from ....keys import base64url
from ...oauth.client import Client
from ...oauth.token_error import TokenError
from ...routes.dependencies import Serving
from ...routes.oauth import OAuthRoute, read_program_form
from ...service import Service
from ...steps.client import authenticated

router = APIRouter(route_class=OAuthRoute, include_in_schema=False)

INACTIVE: dict[str, Any] = {"active": False}

_TOLD = ("iss", "aud", "sub", "client_id", "exp", "iat", "jti", "scope", "cnf")


@router.post("/oauth/introspect")
async def post_introspect(request: Request, service: Serving) -> dict[str, Any]:
    """For confidential clients, about their own tokens and those for their resources.  Anything
    else, a refresh token too, is answered like a dead one (section 2.2)."""
    form = await read_program_form(request)
    client = await authenticated(service, request.headers.getlist("authorization"), form)
    if client.kind != "confidential":
        raise TokenError("unauthorized_client", "Only a confidential client may ask.")
    if "token" not in form:
        raise TokenError("invalid_request", "token is missing.")
    return await _state(service, client, form["token"])


async def _state(service: Service, client: Client, token: str) -> dict[str, Any]:
    grants = service.provider.grants
    row = await grants.owner(token)
    if row is None or not (row.client_id == client.client_id or row.audience in client.resources):
        return INACTIVE
    if row.revoked_at is not None:  # `authenticate` may know as late as `max_staleness`
        return INACTIVE
    if not await service.provider.documents.allows_id(row.client_id):
        return INACTIVE
    try:
        bound = await grants.authenticate(token, row.audience, jkt=None)  # the API asks for proof
    except Rejected:
        return INACTIVE
    claims = json.loads(base64url.decode(token.split(".")[1].encode()))  # verified a line before
    return {"active": True, "token_type": "DPoP" if bound.jkt else "Bearer"} | {
        name: claims[name] for name in _TOLD if name in claims
    }
