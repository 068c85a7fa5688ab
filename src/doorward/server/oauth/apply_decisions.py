"""What was decided about applications, carried out on their grants, also after a crash in between.

A decision counts from the moment when it stands in the row of the client or consent: no code works
any more.  Then the grants end, and then the row notes that.
"""

import asyncio
import logging
from collections.abc import AsyncIterator

from ...errors import StoreUnavailable
from ...types import Device, Session
from .client import Client
from .provider import Provider

log = logging.getLogger("doorward")

EVERY = 5
"""Seconds between two sweeps."""

_NOWHERE = Device()


async def end_grants(provider: Provider, client: Client, device: Device = _NOWHERE) -> int:
    """End the grants that a client may not have any more: all of one that is disabled, else those
    of a scope or API that it lost, and those of its own.  Note that.  How many ended."""
    own = provider.own_audience
    ended = await _end_its_own(provider, client, device)

    def beyond(grant: Session) -> bool:
        return not client.may_have(grant.scopes, grant.audience, own)

    async for subject in _subjects(provider, client.client_id):
        if client.disabled_at is None:  # the consent first: a code under way is redeemed no more
            kept, at = {own, *client.resources}, provider.auth.clock()
            await provider.consents.narrow(subject, client.client_id, client.scopes, kept, at=at)
        ended += len(await provider.grants.end(subject, client.client_id, device, only=beyond))
    await provider.clients.settle(client)  # if another was made since, a sweep begins again
    return ended


async def _end_its_own(provider: Provider, client: Client, device: Device) -> int:
    """End what a client got for itself, and what it is about to get: it can ask again at once, for
    what it may still have."""
    if client.describes_itself:  # it never acts for itself, and no subject is as long as its id
        return 0
    name = client.client_id
    if not client.acts_for_itself and client.disabled_at is not None:
        return len(await provider.grants.end(name, name, device))
    gone = await provider.auth.revoke(subject=name, device=device)
    if gone:
        await provider.grants.catch_up()
    return len(gone)


async def end_access(
    provider: Provider, subject: str, client_id: str, device: Device = _NOWHERE
) -> int:
    """End all grants of a consent that was withdrawn, and note that.  How many ended."""
    ended = await provider.grants.end(subject, client_id, device)
    await provider.consents.settle(subject, client_id)
    return len(ended)


async def _subjects(provider: Provider, client_id: str) -> AsyncIterator[str]:
    """Everybody who ever allowed a client anything."""
    last = ""
    while subjects := await provider.consents.subjects(client_id, last):
        for subject in subjects:
            yield subject
        last = subjects[-1]


async def keep_sweeping(provider: Provider) -> None:
    """Finish what was decided and not settled, now and every few seconds, until cancelled."""
    while True:
        try:
            for client in await provider.clients.unsettled():
                await end_grants(provider, client)
            for consent in await provider.consents.unsettled():
                await end_access(provider, consent.subject, consent.client_id)
        except StoreUnavailable:
            log.debug("no application could be swept: a database does not answer")
        await asyncio.sleep(EVERY)
