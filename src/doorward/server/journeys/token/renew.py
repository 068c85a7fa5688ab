"""A refresh token becomes new tokens (RFC 6749 section 6)."""

from collections.abc import Mapping

from ....errors import Rejected
from ....types import Session
from ....web.asgi import current_visit
from ...oauth.token_error import TokenError
from ...service import Service
from ...steps.client import token_refused
from ...steps.key_proof import proved_key
from .given import Given, Shown


async def renew(service: Service, request: Shown) -> Given:
    """New tokens of the same grant.  A token of another client is refused before it is judged: who
    found it must not end the grant by showing it as theirs.  Raises `TokenError`."""
    client, form = request.client, request.form
    token = form.get("refresh_token")
    if token is None:
        raise TokenError("invalid_request", "refresh_token is missing.")
    grants = service.provider.grants
    row = await grants.owner(token)
    if row is None or row.client_id != client.client_id:
        raise await token_refused(service, "invalid_grant", client.client_id)
    _check_same(row, form)
    jkt = await proved_key(service, request.proof)
    try:
        issued = await grants.refresh(token, current_visit().device(), jkt=jkt)
        return Given(issued, jkt=jkt)
    except Rejected:
        raise TokenError("invalid_grant") from None


def _check_same(row: Session, form: Mapping[str, str]) -> None:
    """What is asked for must be what the grant is of: fewer scopes would be a grant of its own."""
    if frozenset(form.get("scope", " ".join(row.scopes)).split()) != row.scopes:
        raise TokenError("invalid_scope", "The scopes of a grant do not change.")
    if form.get("resource", row.audience) != row.audience:
        raise TokenError("invalid_target", "The resource of a grant does not change.")
