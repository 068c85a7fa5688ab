"""What a store keeps for a while: links that wait to be used, and the counters of the limits."""

import asyncio
from typing import NamedTuple

from ...stores import Backend, Counter, Movable

AT_ONCE = 64
"""Under way to the target at the same time, as with sessions."""

ANY = 2**31
"""More than any limit allows: what was counted at the source is counted."""


class Waiting(NamedTuple):
    """How many of each the target was given."""

    tickets: int
    limits: int


async def carry(source: Movable, target: Backend, at: int) -> Waiting:
    """All at once, when nobody writes to the source any more: of the secrets in the links a store
    has only digests, and those work at the target as well.  A guesser who was held off stays so.
    Raises `StoreUnavailable`."""
    tickets, counters = await source.tickets(at), await source.counters(at)
    for first in range(0, len(tickets), AT_ONCE):
        await asyncio.gather(*(target.put(*each) for each in tickets[first : first + AT_ONCE]))
    for first in range(0, len(counters), AT_ONCE):
        some = counters[first : first + AT_ONCE]
        await asyncio.gather(*(_count(target, each, at) for each in some))
    return Waiting(len(tickets), len(counters))


async def _count(target: Backend, counter: Counter, at: int) -> None:
    """In a window that ends when that of the source does."""
    for _ in range(counter.hits):
        await target.hit(counter.key, counter.ends_at - at, ANY, at)
