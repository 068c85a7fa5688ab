"""What the journeys of other applications share: who they are, and the grants that they get."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ...auth import Auth
from ...events import Record
from ...grants import Grants
from ...keys import RootKeys
from ...settings import DAY, MINUTE, Settings
from ..db.database import Database
from .clients import Clients
from .consents import Consents
from .documents import Applications, Documents
from .fetch import Fetch
from .scopes import Scopes

USERINFO = "/oauth/userinfo"


class Lifetimes(NamedTuple):
    """Seconds that an access token of a grant lives, a grant without use, and a grant at most."""

    access: int = 5 * MINUTE
    idle: int = 30 * DAY
    absolute: int = 365 * DAY


USUAL = Lifetimes()


@dataclass(frozen=True, slots=True)
class Provider:
    """`issuer` is what tokens name as ours (RFC 8414 section 2): the address of the server.

    `cursor_keys` prove that we wrote a cursor that an API shows.
    """

    issuer: str
    auth: Auth
    grants: Grants
    clients: Clients
    documents: Documents
    scopes: Scopes
    consents: Consents
    cursor_keys: Sequence[bytes]

    @property
    def own_audience(self) -> str:
        """The audience of tokens for no other API.  It is not that of the application's own logins,
        which no grant may have."""
        return self.issuer + USERINFO

    async def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The public keys, each for as long as any token of it lives."""
        logins, grants = self.auth.settings.access_ttl, self.grants.settings.access_ttl
        return await (self.auth if logins > grants else self.grants).jwks()

    async def make_keys(self) -> None:
        """Make the keys for ID tokens that some client wants, if they are not there yet.  To make
        them takes a second, which no person should wait for."""
        for algorithm in await self.clients.id_token_algorithms():
            await self.grants.add_algorithm(algorithm)


def provider_of(
    auth: Auth,
    root: RootKeys,
    record: Record,
    database: Database,
    issuer: str,
    lifetimes: Lifetimes = USUAL,
    *,
    applications: Applications = "operator",
    hosts: Collection[str] = (),
) -> Provider:
    """The provider beside the logins of `auth`, under the same root key.  `applications` and
    `hosts` say whose clients may describe themselves."""
    own = auth.settings
    settings = Settings(
        mode="token",
        public_origin=own.public_origin,
        issuer=issuer,
        audience=own.token_audience,
        access_ttl=lifetimes.access,
        idle_ttl=lifetimes.idle,
        absolute_ttl=lifetimes.absolute,
        max_staleness=own.max_staleness,
        algorithm=own.algorithm,
    )
    clients, scopes, fetch = Clients(database), Scopes(database), Fetch()
    documents = Documents(clients, scopes, auth.store, auth.clock, fetch, applications, hosts)
    return Provider(
        issuer=issuer,
        auth=auth,
        grants=Grants(auth.store, settings, root, clock=auth.clock, record=record),
        clients=clients,
        documents=documents,
        scopes=scopes,
        consents=Consents(database),
        cursor_keys=root.derive("cursor"),
    )
