"""`/oauth/userinfo` (OpenID Connect Core section 5.3)."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from ....errors import Rejected
from ....types import Principal
from ...oauth.scopes import OPENID
from ...routes.dependencies import Serving
from ...routes.oauth import OAuthRoute
from ...routes.public import PREFLIGHT
from ...service import Service

router = APIRouter(route_class=OAuthRoute, include_in_schema=False)


@router.get("/oauth/userinfo")
@router.post("/oauth/userinfo")
async def userinfo(request: Request, service: Serving) -> Response:
    """For an access token in the header alone, whose audience is ours and whose scopes contain
    `openid`: one that was shown to an API opens nothing here."""
    headers = request.headers.getlist("authorization")
    scheme, _, token = headers[0].partition(" ") if len(headers) == 1 else ("", "", "")
    if scheme.lower() != "bearer":
        return _refused("")
    provider = service.provider
    try:
        principal = await provider.grants.authenticate(token.strip(), provider.own_audience)
    except Rejected:
        return _refused("invalid_token")
    if OPENID not in principal.scopes:
        return _refused("insufficient_scope", 403)
    claims = await _claims(service, principal)
    return _refused("invalid_token") if claims is None else JSONResponse(claims)


@router.options("/oauth/userinfo", status_code=204)
async def options_userinfo(response: Response) -> None:
    """Answers the preflight of a script, which `authorization` needs."""
    response.headers.update(PREFLIGHT | {"access-control-allow-headers": "authorization, *"})


async def _claims(service: Service, principal: Principal) -> dict[str, Any] | None:
    """Section 5.4.  None when the person is gone."""
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
    challenge = {"www-authenticate": f'Bearer realm="doorward"{said}'}
    return JSONResponse(content, status, challenge)
