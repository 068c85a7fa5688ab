"""Which applications have access to a person's account."""

from collections.abc import Iterable
from dataclasses import dataclass

from ...stores import Page
from ...types import Session
from .client import Client
from .consents import Consent
from .provider import Provider
from .redirect_uri import host_of
from .scopes import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What one application may do for a person.  `hosts` are where codes for it are sent; `grants`
    counts those that live now, and `used_at` is their last activity, or None without one."""

    client_id: str
    name: str
    hosts: tuple[str, ...]
    scopes: tuple[Scope, ...]
    since: int
    used_at: int | None
    grants: int = 0


async def applications_of(provider: Provider, subject: str) -> list[Access]:
    """The applications that a person allows anything now, the latest change first."""
    found, grants = [], await live_grants(provider, subject)
    known = await provider.scopes.known()
    for consent in await provider.consents.of_person(subject):
        client = await provider.clients.find(consent.client_id)
        if client is not None and client.disabled_at is None:
            scopes = [known[name] for name in sorted(consent.scopes) if name in known]
            own = [grant for grant in grants if grant.client_id == client.client_id]
            found.append(_access(client, consent, scopes, own))
    return found


async def live_grants(
    provider: Provider, subject: str | None = None, most: int | None = None
) -> list[Session]:
    """The live grants of a person, or of everybody, latest activity first: all, or no more than
    `most` and the rest of a page."""
    found: list[Session] = []
    after: Page | None = None
    while page := await provider.grants.sessions(subject, after):
        found += page
        if most is not None and len(found) >= most:
            break
        after = Page(page[-1].seen_at, page[-1].sid)
    return found


def last_used(grants: Iterable[Session]) -> int | None:
    """The last activity of any of these grants."""
    return max((grant.seen_at for grant in grants), default=None)


def _access(client: Client, consent: Consent, scopes: list[Scope], grants: list[Session]) -> Access:
    return Access(
        client_id=client.client_id,
        name=client.name,
        hosts=tuple(dict.fromkeys(map(host_of, client.redirect_uris))),
        scopes=tuple(scopes),
        since=consent.given_at,
        used_at=last_used(grants),
        grants=len(grants),
    )
