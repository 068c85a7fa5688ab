"""A code becomes a grant, once.

Where a code is used twice, whoever is second may be its owner and the first a thief, so the grant
ends.  The two may run at the same time: the second notes that the code is burned before it looks
for the grant, and the first looks for that note after it began the grant.  Whichever order their
steps come in, one of them finds the other.
"""

from collections.abc import Mapping

from ....errors import Rejected
from ....types import Issued
from ....web.asgi import current_visit
from ...oauth import code, pkce
from ...oauth.client import Client
from ...oauth.code import LOGIN, Permission
from ...oauth.token_error import TokenError
from ...service import Service
from ...steps.client import token_refused
from ...steps.key_proof import proved_key
from .given import Given, Shown


async def redeem(service: Service, request: Shown) -> Given:
    """The tokens for a code.  A wrong client, verifier or redirect URI finds no code, and so uses
    none up.  Raises `TokenError`."""
    client, form = request.client, request.form
    shown = code.Shown(
        _needed(form, "code"),
        client.client_id,
        _needed(form, "redirect_uri"),
        await _challenge(service, client, form),
    )
    store, at = service.auth.store, service.clock()
    taken = await code.take(store, shown, at=at)
    if taken is None:
        raise await _refused(service, client)
    permission = taken.permission
    if not taken.first:
        await code.burn(store, shown, at=at)
        raise await _reused(service, client, permission)
    if at >= permission.good_until:
        raise await _refused(service, client, permission.subject)
    jkt = await proved_key(service, request.proof)
    if permission.jkt not in ("", jkt):
        raise await _refused(service, client, permission.subject)
    issued = await _begin(service, client, permission, jkt)
    if await code.is_burned(store, shown, at=service.clock()):
        raise await _reused(service, client, permission)
    if not await _still_allowed(service, client, permission):
        await service.provider.grants.revoke(permission.sid)
        raise await _refused(service, client, permission.subject)
    return Given(issued, permission.nonce, jkt)


async def _challenge(service: Service, client: Client, form: Mapping[str, str]) -> str:
    """The challenge that the verifier answers.  It is empty for a client that may do without PKCE
    and shows no verifier: that finds only a code whose request had no challenge either, so nobody
    can leave out the one or add the other on the way."""
    if client.pkce_exempt and "code_verifier" not in form:
        return ""
    challenge = pkce.challenge_of(_needed(form, "code_verifier"))
    if challenge is None:
        raise await _refused(service, client)
    return challenge


async def _begin(service: Service, client: Client, permission: Permission, jkt: str) -> Issued:
    """The grant, unless anything was decided about the person since they consented.  Refresh
    tokens of a client without a secret are bound to its key, too (RFC 9449 section 5)."""
    try:
        return await service.provider.grants.resume(permission.mark).begin(
            permission.subject,
            client_id=client.client_id,
            audience=permission.audience,
            scopes=permission.scopes,
            parent_sid=permission.parent_sid,
            authenticated_at=permission.authenticated_at,
            amr=permission.amr,
            sid=permission.sid,
            device=current_visit().device(),
            jkt=jkt,
            bound=bool(jkt) and client.kind == "public",
            attributes={LOGIN: permission.login_sid},
        )
    except Rejected:
        raise await _refused(service, client, permission.subject) from None


async def _still_allowed(service: Service, client: Client, permission: Permission) -> bool:
    """Whether neither the person nor the operator took it back.  Looked at once the grant is there:
    who takes it back ends the grants that are, and this one ends what came after."""
    provider, scopes, audience = service.provider, permission.scopes, permission.audience
    given = await provider.consents.find(permission.subject, client.client_id)
    now = await provider.clients.find(client.client_id)
    if given is None or now is None:
        return False
    may = provider.documents.allows(now) and now.may_have(scopes, audience, provider.own_audience)
    return may and given.covers(scopes, audience)


async def _reused(service: Service, client: Client, permission: Permission) -> TokenError:
    sid, subject = permission.sid, permission.subject
    await service.provider.grants.revoke(sid, current_visit().device())
    await service.recorder.note(
        "code_reused",
        subject=subject,
        sid=sid,
        outcome="invalid_grant",
        client=client.client_id,
        application=client.told_as,
    )
    return TokenError("invalid_grant")


async def _refused(service: Service, client: Client, subject: str = "") -> TokenError:
    return await token_refused(service, "invalid_grant", client.client_id, subject=subject)


def _needed(form: Mapping[str, str], name: str) -> str:
    if name not in form:
        raise TokenError("invalid_request", f"{name} is missing.")
    return form[name]
