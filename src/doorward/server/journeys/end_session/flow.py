"""What an application that wants a person logged out may have done.

Nobody is logged out by a look at an address, unless the application shows an ID token of this very
login; and nobody is sent to an address that the application did not register.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ....id_token import IdToken
from ....types import Principal
from ...oauth import redirect_uri
from ...oauth.client import Client
from ...oauth.code import LOGIN
from ...oauth.redirect_uri import CheckedUri
from ...oauth.request import Pairs
from ...refusals import Refusal
from ...service import Service
from ...steps.application_refused import application_refused
from ...steps.id_token_hint import read_hint

_TWICE = "A parameter is given twice."


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoutAsked:
    """A request that is in order.  `client` is None where it names none, and `uri` where the person
    stays here afterwards; `hint` is an ID token that was given to the client."""

    client: Client | None
    uri: CheckedUri | None
    state: str
    hint: IdToken | None


async def judged(service: Service, pairs: Pairs) -> LogoutAsked:
    """The request with these parameters.  Refuses a hint that is not ours, a client that is unknown
    or not the one of the hint, and an address that the client did not register.  An address of
    nobody is not gone to (section 3)."""
    said = {name: text for name, text in pairs if text}
    if len({name for name, _ in pairs}) != len(pairs):
        raise await application_refused(service, Refusal.INVALID_REQUEST, "", _TWICE)
    hint = await _hint(service, said)
    client = await _client(service, said, hint)
    uri = await _uri(service, said, client)
    return LogoutAsked(client=client, uri=uri, state=said.get("state", ""), hint=hint)


async def may_be_silent(service: Service, asked: LogoutAsked, principal: Principal | None) -> bool:
    """Whether nobody need be asked: the ID token is of a grant that the person gave in this very
    login, whatever became of the grant since, or nobody is logged in.  An ID token of another login
    of theirs may be years old, and in other hands."""
    if asked.hint is None:
        return False
    if principal is None:
        return True
    grant = await service.auth.session(asked.hint.sid)
    return grant is not None and principal.sid in (grant.parent_sid, grant.attributes.get(LOGIN))


async def _hint(service: Service, said: Mapping[str, str]) -> IdToken | None:
    token = said.get("id_token_hint")
    if token is None:
        return None
    hint = await read_hint(service, token, said.get("client_id", ""))
    if hint is None:
        raise await application_refused(service, Refusal.INVALID_HINT, "")
    return hint


async def _client(service: Service, said: Mapping[str, str], hint: IdToken | None) -> Client | None:
    client_id = said.get("client_id", "") if hint is None else hint.client_id
    if not client_id:
        return None
    client = await service.provider.clients.find(client_id)
    if client is None or client.disabled_at is not None:
        named = "" if client is None else client.client_id
        raise await application_refused(service, Refusal.UNKNOWN_APPLICATION, named)
    return client


async def _uri(
    service: Service, said: Mapping[str, str], client: Client | None
) -> CheckedUri | None:
    given = said.get("post_logout_redirect_uri")
    if given is None or client is None:
        return None
    uri = redirect_uri.exactly(client.post_logout_uris, given)
    if uri is None:
        raise await application_refused(service, Refusal.UNREGISTERED_REDIRECT, client.client_id)
    return uri
