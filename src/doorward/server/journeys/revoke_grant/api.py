"""`POST /oauth/revoke` (RFC 7009)."""

from fastapi import APIRouter, Request, Response

from ....web.asgi import current_visit
from ...oauth.token_error import TokenError
from ...routes.dependencies import Serving
from ...routes.oauth import OAuthRoute, read_program_form
from ...routes.public import PREFLIGHT
from ...steps.client import authenticated

router = APIRouter(route_class=OAuthRoute, include_in_schema=False)


@router.post("/oauth/revoke")
async def post_revoke(request: Request, service: Serving) -> Response:
    """Either token ends the grant.  A token that is unknown, dead or another client's is answered
    alike (section 2.2), and ends nothing."""
    form = await read_program_form(request)
    client = await authenticated(service, request.headers.getlist("authorization"), form)
    if "token" not in form:
        raise TokenError("invalid_request", "token is missing.")
    grants = service.provider.grants
    row = await grants.owner(form["token"])
    if row is not None and row.client_id == client.client_id:
        await grants.revoke(row.sid, current_visit().device())
    return Response(status_code=200)


@router.options("/oauth/revoke", status_code=204)
async def options_revoke(response: Response) -> None:
    """Answers the preflight of a script that adds a header."""
    response.headers.update(PREFLIGHT)
