"""An application gets an access token for itself, without a person (RFC 6749 section 4.4)."""

from collections.abc import Mapping

from ....errors import Rejected
from ....web.asgi import current_visit
from ...oauth.client import Client
from ...oauth.scopes import STANDARD, Scope, fit_a_token
from ...oauth.token_error import TokenError
from ...service import Service
from ...steps.client import token_refused
from ...steps.key_proof import proved_key
from .given import Given, Shown


async def act_for_itself(service: Service, request: Shown) -> Given:
    """An access token for one API.  Its subject is the client id, which is no person's.  Raises
    `TokenError`."""
    provider, client = service.provider, request.client
    attempt = await provider.grants.attempt()  # the mark, before the client is looked at
    now = await provider.clients.find(client.client_id)
    if now is None or now.disabled_at is not None:
        raise await token_refused(service, "invalid_client", client.client_id)
    if not now.acts_for_itself:
        sentence = "The client is not registered to act for itself."
        raise await token_refused(service, "unauthorized_client", now.client_id, sentence)
    scopes = _scopes(await provider.scopes.known(), now, request.form)
    jkt = await proved_key(service, request.proof)
    try:
        issued = await attempt.begin_own(
            now.client_id,
            audience=scopes[0].resource,
            scopes=[each.name for each in scopes],
            device=current_visit().device(),
            jkt=jkt,
        )
    except Rejected:  # it was disabled meanwhile
        raise await token_refused(service, "invalid_client", client.client_id) from None
    return Given(issued, jkt=jkt)


def _scopes(known: Mapping[str, Scope], client: Client, form: Mapping[str, str]) -> list[Scope]:
    """The scopes that are asked for, all of one API.  Where none is named, all that the client has
    of its one API, or of the `resource` that it names.  Those of OpenID Connect tell of a person,
    and there is none."""
    own = client.scopes - STANDARD.keys()
    resource, named = form.get("resource", ""), form.get("scope", "").split()
    if resource and resource not in client.resources:
        raise TokenError("invalid_target", "The client is not registered for this resource.")
    if not own.issuperset(named):
        raise TokenError("invalid_scope", "The client may not have one of the scopes for itself.")
    found = [known[name] for name in sorted(named or own) if name in known]
    if resource and not named:
        found = [each for each in found if each.resource == resource]
    if not found:
        raise TokenError("invalid_scope", "The client has no scope for itself.")
    if len({each.resource for each in found}) > 1:
        raise TokenError("invalid_target", "The scopes are of several resources; ask for one.")
    if resource and found[0].resource != resource:
        raise TokenError("invalid_scope", "A scope is of another resource.")
    if not fit_a_token([each.name for each in found]):
        raise TokenError("invalid_scope", "The scopes are too many for one token.")
    return found
