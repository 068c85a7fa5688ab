"""What was decided about applications, carried out on their grants, also after a crash in between.

A decision counts from the moment when it stands in the row of the client or consent: no code works
any more.  Then the grants end, and then the row notes that.
"""

import asyncio
import logging

from ...errors import StoreUnavailable
from ...types import Device
from .client import Client
from .provider import Provider

log = logging.getLogger("doorward")

EVERY = 5
"""Seconds between two sweeps."""

_NOWHERE = Device()


async def end_grants(provider: Provider, client: Client) -> int:
    """End all grants of a client that is disabled, its own and those of people, and note that.  How
    many ended."""
    # of its own also those under way, in one step
    ended, last = len(await provider.auth.revoke(subject=client.client_id)), ""
    while subjects := await provider.consents.subjects(client.client_id, last):
        for subject in subjects:
            ended += len(await provider.grants.end(subject, client.client_id))
        last = subjects[-1]
    await provider.clients.settle(client)  # if another was made since, a sweep begins again
    return ended


async def end_access(
    provider: Provider, subject: str, client_id: str, device: Device = _NOWHERE
) -> int:
    """End all grants of a consent that was withdrawn, and note that.  How many ended."""
    ended = await provider.grants.end(subject, client_id, device)
    await provider.consents.settle(subject, client_id)
    return len(ended)


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
