"""Which applications have access to a person's account."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ...stores import Page
from ...types import Session
from .client import Client
from .client_document import host_of as document_host
from .consents import Consent
from .provider import Provider
from .redirect_uri import host_of
from .scopes import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What one application may do for a person.  `hosts` are where codes for it are sent; `grants`
    counts those that live now, and `used_at` is their last activity, or None without one.
    `described_by` is the host that alone says what it is, empty for one that the operator
    registered."""

    client_id: str
    name: str
    hosts: tuple[str, ...]
    scopes: tuple[Scope, ...]
    since: int
    used_at: int | None
    grants: int = 0
    described_by: str = ""


MOST_COUNTED = 2_000
"""Grants that a count looks at: with very many, counting all would hold up the page."""


@dataclass(frozen=True, slots=True)
class Usage:
    """How many live grants each client has, and when one was last used, by client id.  `whole`:
    whether all were counted, and not only those that were used last."""

    grants: Mapping[str, int]
    used_at: Mapping[str, int]
    whole: bool


async def usage(provider: Provider) -> Usage:
    """How the applications are used."""
    found = await live_grants(provider, most=MOST_COUNTED)
    used_at: dict[str, int] = {}
    for grant in found:
        used_at[grant.client_id] = max(grant.seen_at, used_at.get(grant.client_id, 0))
    return Usage(Counter(grant.client_id for grant in found), used_at, len(found) < MOST_COUNTED)


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
        described_by=document_host(client.client_id) if client.describes_itself else "",
    )
