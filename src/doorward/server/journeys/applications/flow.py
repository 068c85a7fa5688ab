"""What a person sees of applications, and does about them."""

from collections.abc import Iterable
from dataclasses import dataclass

from ....stores import Page
from ....types import Principal, Session
from ....web.asgi import current_visit
from ...oauth.apply_decisions import end_access
from ...oauth.client import Client
from ...oauth.consents import Consent
from ...oauth.redirect_uri import host_of
from ...oauth.scopes import Scope
from ...refusals import Refusal, Refused
from ...service import Service


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What one application may do for a person.  `hosts` are where codes for it are sent;
    `used_at` is its last activity, or None when it has no grant now."""

    client_id: str
    name: str
    hosts: tuple[str, ...]
    scopes: tuple[Scope, ...]
    since: int
    used_at: int | None


async def applications_of(service: Service, principal: Principal) -> list[Access]:
    """The applications that a person allows anything now, the latest change first."""
    provider, found = service.provider, []
    used = _last_used(await _grants(service, principal.subject))
    known = await provider.scopes.known()
    for consent in await provider.consents.of_person(principal.subject):
        client = await provider.clients.find(consent.client_id)
        if client is not None and client.disabled_at is None:
            scopes = [known[name] for name in sorted(consent.scopes) if name in known]
            found.append(_access(client, consent, scopes, used.get(client.client_id)))
    return found


async def end_application(service: Service, principal: Principal, client_id: str) -> None:
    """Take back all that an application was allowed, and end its grants.  Refuses what has no
    access."""
    consents, at = service.provider.consents, service.clock()
    # the consent first: a code under way is redeemed no more
    if not await consents.withdraw(principal.subject, client_id, at=at):
        raise Refused(Refusal.NOT_FOUND)
    device = current_visit().device()
    ended = await end_access(service.provider, principal.subject, client_id, device)
    await service.recorder.note(
        "consent_withdrawn", subject=principal.subject, client=client_id, sessions=ended
    )


async def _grants(service: Service, subject: str) -> list[Session]:
    found: list[Session] = []
    after: Page | None = None
    while page := await service.provider.grants.sessions(subject, after):
        found += page
        after = Page(page[-1].seen_at, page[-1].sid)
    return found


def _last_used(grants: Iterable[Session]) -> dict[str, int]:
    used: dict[str, int] = {}
    for grant in grants:
        used[grant.client_id] = max(grant.seen_at, used.get(grant.client_id, 0))
    return used


def _access(client: Client, consent: Consent, scopes: list[Scope], used: int | None) -> Access:
    return Access(
        client_id=client.client_id,
        name=client.name,
        hosts=tuple(dict.fromkeys(map(host_of, client.redirect_uris))),
        scopes=tuple(scopes),
        since=consent.given_at,
        used_at=used,
    )
