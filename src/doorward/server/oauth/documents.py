"""Clients that describe themselves in a document, as far as the operator lets them."""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

from ...settings import MINUTE
from ...stores import Limits
from ...types import Clock
from ...web import limits
from ...web.limits import Bucket
from .client import Client, InvalidClient
from .client_document import host_of, is_document_id, read_document
from .clients import Clients
from .fetch import Fetch, Unfetched
from .scopes import Scopes

log = logging.getLogger("doorward")

Applications = Literal["operator", "listed", "documents"]

MOST, WINDOW = 3, MINUTE
"""Fetches of one document in so many seconds, from all nodes."""


@dataclass(frozen=True, slots=True)
class Documents:
    """`applications` says whose documents count: nobody's, those of the `hosts`, or anybody's."""

    clients: Clients
    scopes: Scopes
    limits: Limits
    clock: Clock
    fetch: Fetch
    applications: Applications = "operator"
    hosts: Collection[str] = ()

    def allows(self, client: Client) -> bool:
        """Whether a client may act now: it is not disabled, and what it is by its own document
        counts here."""
        return client.disabled_at is None and (
            not client.describes_itself or self._counts(client.client_id)
        )

    async def allows_id(self, client_id: str) -> bool:
        """The same of the client with this id."""
        client = await self.clients.find(client_id)
        return client is not None and self.allows(client)

    async def find(self, client_id: str, source: str = "") -> Client | None:
        """The client with this id, of one that describes itself as its document says now: fetched
        if the copy is too old, which is limited for each `source`, an address.  None for one that
        may not act.  Raises `StoreUnavailable`."""
        known = await self.clients.find(client_id)
        if known is not None and not self.allows(known):
            return None
        if not is_document_id(client_id) or not self._counts(client_id):
            return known
        at = self.clock()
        if known is not None and at < (known.fresh_until or 0):
            return known
        if source and await self._hit(limits.fetches(source), at):
            return None
        return await self._described(client_id, at)

    async def _described(self, client_id: str, at: int) -> Client | None:
        """As the document says, which is fetched and kept.  None while it cannot be had: what the
        host took back must not live on."""
        key = f"document:{sha256(client_id.encode()).hexdigest()}"
        if await self._hit(Bucket(key, WINDOW, MOST), at):
            return None
        try:
            found = await self.fetch(client_id)
            scopes = (await self.scopes.known()).values()
            said = read_document(client_id, found.body, list(scopes))
        except (Unfetched, InvalidClient) as error:
            log.info("the document of the client %s was not taken: %s", client_id, error)
            return None
        return await self.clients.describe(client_id, said, at=at, fresh_until=at + found.fresh_for)

    async def _hit(self, bucket: Bucket, at: int) -> bool:
        return bool(await self.limits.hit(bucket.key, bucket.window, bucket.most, at))

    def _counts(self, client_id: str) -> bool:
        match self.applications:
            case "operator":
                return False
            case "listed":
                return host_of(client_id) in self.hosts
            case "documents":
                return True
