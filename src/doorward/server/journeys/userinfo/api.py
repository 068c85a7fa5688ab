"""`/oauth/userinfo` (OpenID Connect Core section 5.3)."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from ....dpop import ALGORITHMS
from ....errors import Rejected
from ....types import Principal
from ...oauth.provider import USERINFO
from ...oauth.scopes import OPENID
from ...oauth.token_error import TokenError
from ...routes.dependencies import Serving
from ...routes.oauth import OAuthRoute
from ...routes.public import PREFLIGHT
from ...service import Service
from ...steps.key_proof import proved_key, shown_proof

router = APIRouter(route_class=OAuthRoute, include_in_schema=False)


@router.get(USERINFO)
@router.post(USERINFO)
async def userinfo(request: Request, service: Serving) -> Response:
    """For an access token in the header alone, whose audience is ours and whose scopes contain
    `openid`: one that was shown to an API opens nothing here."""
    headers = request.headers.getlist("authorization")
    scheme, _, token = headers[0].partition(" ") if len(headers) == 1 else ("", "", "")
    if scheme.lower() not in ("bearer", "dpop"):
        return _refused("")
    try:
        principal = await _authenticated(service, request, scheme.lower(), token.strip())
    except Rejected:
        return _refused("invalid_token")
    except TokenError as error:
        return _refused(error.code)
    if OPENID not in principal.scopes:
        return _refused("insufficient_scope", 403)
    claims = await _claims(service, principal)
    return _refused("invalid_token") if claims is None else JSONResponse(claims)


@router.options(USERINFO, status_code=204)
async def options_userinfo(response: Response) -> None:
    """Answers the preflight of a script, which `authorization` needs."""
    response.headers.update(PREFLIGHT | {"access-control-allow-headers": "authorization, *"})


async def _authenticated(service: Service, request: Request, scheme: str, token: str) -> Principal:
    """A token that is bound to a key is no bearer token, and the other way round (RFC 9449 section
    7.2)."""
    provider, proof = service.provider, None
    if scheme == "dpop":
        proof = shown_proof(service, request, USERINFO, token)
        if proof is None:
            raise TokenError("invalid_dpop_proof")
    jkt = "" if proof is None else proof.jkt
    principal = await provider.grants.authenticate(token, provider.own_audience, jkt=jkt)
    await proved_key(service, proof)
    return principal


async def _claims(service: Service, principal: Principal) -> dict[str, Any] | None:
    """Section 5.4.  None when the person is gone, or the application may not act any more."""
    if not await service.provider.documents.allows_id(principal.client_id):
        return None
    user = await service.users.by_subject(principal.subject)
    if user is None or user.locked_at is not None:
        return None
    claims: dict[str, Any] = {"sub": principal.subject}
    if "email" in principal.scopes:
        claims |= {"email": user.email, "email_verified": user.verified_at is not None}
    return claims


def _refused(error: str, status: int = 401) -> Response:
    """RFC 6750 section 3: without a token no more is said than that one is needed."""
    said = f', error="{error}"' if error else ""
    content = {"error": error} if error else {}
    both = f'Bearer realm="doorward"{said}, DPoP algs="{" ".join(ALGORITHMS)}"{said}'
    return JSONResponse(content, status, {"www-authenticate": both})
