"""`POST /oauth/token`."""

from typing import Any

from fastapi import APIRouter, Request, Response

from ...oauth.client import Client
from ...oauth.scopes import OPENID
from ...oauth.token_error import TokenError
from ...routes.dependencies import Serving
from ...routes.oauth import OAuthRoute, read_program_form
from ...routes.public import PREFLIGHT
from ...service import Service
from ...steps.client import authenticated
from .act_for_itself import act_for_itself
from .given import Given
from .redeem import redeem
from .renew import renew

router = APIRouter(route_class=OAuthRoute, include_in_schema=False)

_GRANTS = {
    "authorization_code": redeem,
    "refresh_token": renew,
    "client_credentials": act_for_itself,
}


@router.post("/oauth/token")
async def post_token(request: Request, service: Serving) -> dict[str, Any]:
    """RFC 6749 section 3.2."""
    form = await read_program_form(request)
    client = await authenticated(service, request.headers.getlist("authorization"), form)
    if "grant_type" not in form:
        raise TokenError("invalid_request", "grant_type is missing.")
    flow = _GRANTS.get(form["grant_type"])
    if flow is None:
        raise TokenError("unsupported_grant_type")
    return await _shown(service, client, await flow(service, client, form))


@router.options("/oauth/token", status_code=204)
async def options_token(response: Response) -> None:
    """Answers the preflight of a script that adds a header."""
    response.headers.update(PREFLIGHT)


async def _shown(service: Service, client: Client, given: Given) -> dict[str, Any]:
    """RFC 6749 section 5.1.  Without a refresh token the client keeps the one it has.  With
    `openid` there is an ID token (OpenID Connect Core sections 3.1.3.3 and 12.2)."""
    issued = given.issued
    shown = {
        "access_token": issued.credential,
        "token_type": "Bearer",
        "expires_in": issued.credential_expires_at - service.clock(),
        "scope": " ".join(sorted(issued.session.scopes)),
    }
    if issued.refresh_token is not None:
        shown["refresh_token"] = issued.refresh_token
    if OPENID in issued.session.scopes:
        nonce = given.nonce or None
        shown["id_token"] = await service.provider.grants.id_token(
            issued, nonce=nonce, algorithm=client.id_token_alg
        )
    return shown
