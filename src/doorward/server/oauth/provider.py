"""What the journeys of other applications share: who they are, and the grants that they get."""

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
    """`issuer` is what tokens name as ours (RFC 8414 section 2): the address of the server."""

    issuer: str
    auth: Auth
    grants: Grants
    clients: Clients
    scopes: Scopes
    consents: Consents

    @property
    def own_audience(self) -> str:
        """The audience of tokens for no other API.  It is not that of the application's own logins,
        which no grant may have."""
        return self.issuer + USERINFO

    async def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The public keys, each for as long as any token of it lives."""
        logins, grants = self.auth.settings.access_ttl, self.grants.settings.access_ttl
        return await (self.auth if logins > grants else self.grants).jwks()


def provider_of(
    auth: Auth,
    root: RootKeys,
    record: Record,
    database: Database,
    issuer: str,
    lifetimes: Lifetimes = USUAL,
) -> Provider:
    """The provider beside the logins of `auth`, under the same root key."""
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
    return Provider(
        issuer=issuer,
        auth=auth,
        grants=Grants(auth.store, settings, root, clock=auth.clock, record=record),
        clients=Clients(database),
        scopes=Scopes(database),
        consents=Consents(database),
    )
