"""What an authorization request leads to."""

from typing import NamedTuple
from urllib.parse import urlencode

from ....settings import MINUTE
from ....types import Principal
from ....web.asgi import current_visit
from ....web.return_to import local_path
from ...accounts.user import User
from ...oauth import code
from ...oauth.apply_decisions import end_access
from ...oauth.code import Permission, Shown
from ...oauth.request import Asked, NotSent, Pairs, ToClient, client_id_of, judge
from ...refusals import Refusal
from ...routes.responses import who_is_in_this_browser
from ...service import Service
from ...steps.application_refused import application_refused
from ...steps.id_token_hint import read_hint

AUTHORIZE = "/oauth/authorize"

FRESH = MINUTE
"""Seconds after a login or step-up within which it is one for this request: the way back takes
time, whatever `max_age` says."""

PATIENCE = 10 * MINUTE
"""Seconds that a person may look at the page that asks them."""

_REFUSALS = {
    "unknown_client": Refusal.UNKNOWN_APPLICATION,
    "unregistered_uri": Refusal.UNREGISTERED_REDIRECT,
    "malformed": Refusal.INVALID_REQUEST,
}


class Known(NamedTuple):
    """Who is logged in, as recently as the request wants it."""

    user: User
    principal: Principal


class Login(NamedTuple):
    """The person must log in, or prove a factor again at the page `/elevate`, and come back."""

    page: str
    back: str


class Ask(NamedTuple):
    """The person is asked whether they allow it."""

    asked: Asked
    user: User


class Allowed(NamedTuple):
    """The application gets a code."""

    asked: Asked
    code: str


Outcome = ToClient | Login | Ask | Allowed


async def authorize(service: Service, pairs: Pairs) -> Outcome:
    """What a request leads to for whoever is logged in.  Refuses where nobody may be sent on."""
    attempt = await service.provider.grants.attempt()  # the mark, before anything is looked at
    asked = await _judged(service, pairs)
    if isinstance(asked, ToClient):
        return asked
    # an access token of minutes must not become a grant of weeks
    principal = await who_is_in_this_browser()
    known = await _known(service, asked, pairs, principal)
    if not isinstance(known, Known):
        return known
    if not await _is_allowed(service, asked, known.user):
        silent = "none" in asked.prompt
        return _error(asked, "consent_required") if silent else Ask(asked, known.user)
    return await _allow(service, asked, known.principal, attempt.mark)


async def consent(service: Service, pairs: Pairs, *, yes: bool) -> Outcome:
    """What the person decided on the page that asked them.  The request is judged once more."""
    attempt = await service.provider.grants.attempt()
    asked = await _judged(service, pairs)
    if isinstance(asked, ToClient):
        return asked
    principal = await who_is_in_this_browser()
    known = await _known(service, asked, pairs, principal, patience=PATIENCE)
    if not isinstance(known, Known):
        return known
    subject, client_id, names = known.user.subject, asked.client.client_id, sorted(asked.names)
    if not yes:
        await service.recorder.note("consent_denied", subject=subject, client=client_id)
        return _error(asked, "access_denied")
    consents, at = service.provider.consents, service.clock()
    before = await consents.find(subject, client_id)
    if before is not None and before.unsettled:  # otherwise a sweep would end the new grant
        await end_access(service.provider, subject, client_id)
    await consents.give(subject, client_id, names, asked.audience, at=at)
    # deleted meanwhile, with what was allowed until then
    if await service.users.by_subject(subject) is None:
        await consents.forget(subject)
    await service.recorder.note("consent_given", subject=subject, client=client_id, scopes=names)
    if before is None or before.withdrawn_at is not None:
        await service.recorder.note(
            "application_connected",
            subject=subject,
            client=client_id,
            application=asked.client.told_as,
        )
    return await _allow(service, asked, known.principal, attempt.mark)


async def _judged(service: Service, pairs: Pairs) -> ToClient | Asked:
    provider = service.provider
    source = current_visit().device().address
    client = await provider.documents.find(client_id_of(pairs), source)
    found = judge(pairs, client, await provider.scopes.known(), provider.own_audience)
    if not isinstance(found, NotSent):
        return found
    named = "" if client is None else client.client_id
    raise await application_refused(service, _REFUSALS[found.why], named)


async def _known(
    service: Service,
    asked: Asked,
    pairs: Pairs,
    principal: Principal | None,
    *,
    patience: int = 0,
) -> Known | Login | ToClient:
    """Who is logged in, as recently as the request wants it, and whom it expects; else where
    that is proved."""
    hint = await read_hint(service, asked.hint, asked.client.client_id) if asked.hint else None
    if asked.hint and hint is None:
        return _error(asked, "invalid_request", "id_token_hint is no ID token of the application.")
    user = None if principal is None else await service.users.by_subject(principal.subject)
    another = hint is not None and user is not None and user.subject != hint.subject
    if principal is None or user is None or user.locked_at is not None or another:
        return _must_prove(service, asked, pairs, "/login")
    age = service.clock() - principal.authenticated_at
    again = "login" in asked.prompt and not patience
    if again or (asked.max_age is not None and age > asked.max_age + patience):
        return _must_prove(service, asked, pairs, "/elevate")
    return Known(user, principal)


def _must_prove(service: Service, asked: Asked, pairs: Pairs, page: str) -> Login | ToClient:
    if "none" in asked.prompt:
        return _error(asked, "login_required")
    way = service.site.path(AUTHORIZE) + "?" + urlencode(_coming_back(asked, pairs))
    back = local_path(way)
    if not back:
        return _error(asked, "invalid_request", "The request is too long.")
    return Login(page, back)


def _coming_back(asked: Asked, pairs: Pairs) -> Pairs:
    """The request as it is made once the person proved who they are: it asks for that no more, but
    for a proof that is fresh."""
    again = asked.prompt & {"login", "select_account"}
    kept = [pair for pair in pairs if pair[0] not in ("prompt", "max_age")]
    if prompt := " ".join(sorted(asked.prompt - again)):
        kept.append(("prompt", prompt))
    if "login" in again:
        kept.append(("max_age", str(FRESH)))
    elif asked.max_age is not None:
        kept.append(("max_age", str(max(asked.max_age, FRESH))))
    return kept


async def _is_allowed(service: Service, asked: Asked, user: User) -> bool:
    """Whether the person allowed all of this before, and need not be asked again."""
    if "consent" in asked.prompt or asked.always_asks:
        return False
    given = await service.provider.consents.find(user.subject, asked.client.client_id)
    return given is not None and given.covers(asked.names, asked.audience)


async def _allow(service: Service, asked: Asked, principal: Principal, mark: int) -> Allowed:
    """A code for the application.  Whatever is decided about the person after `mark` makes it
    worthless."""
    word, at = code.new_code(), service.clock()
    permission = Permission(
        sid=code.new_sid(),
        subject=principal.subject,
        scopes=tuple(sorted(asked.names)),
        audience=asked.audience,
        nonce=asked.nonce,
        authenticated_at=principal.authenticated_at,
        amr=principal.amr,
        parent_sid=None if asked.offline else principal.sid,
        jkt=asked.jkt,
        mark=mark,
        good_until=at + code.LIFETIME,
        login_sid=principal.sid,
    )
    shown = Shown(word, asked.client.client_id, asked.uri, asked.challenge)
    await code.keep(service.auth.store, shown, permission, at=at)
    return Allowed(asked, word)


def _error(asked: Asked, error: str, description: str = "") -> ToClient:
    return ToClient(asked.uri, error, asked.state, description, asked.client.describes_itself)
