"""Deletes long-dead rows once an hour, on one of the nodes that share a store."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from time import monotonic

from ..auth import Auth
from ..errors import StoreUnavailable
from ..settings import HOUR
from ..stores import Limits
from ..types import Clock

log = logging.getLogger("doorward.sweeper")

STEP = 100
"""Sessions that go at once: what is written meanwhile waits for the step to end."""

PAUSE = 0.05
"""Seconds between two steps, for live requests alone."""

TELL_EVERY = 5.0
"""Seconds between two lines about a sweep that takes long."""


async def sweep_in_turn(auth: Auth) -> None:
    """Delete dead sessions when it is this node's turn, until cancelled."""
    await in_turn("sweep", auth.store, auth.clock, lambda: sweep(auth))


async def in_turn(
    name: str, limits: Limits, clock: Clock, work: Callable[[], Awaitable[object]]
) -> None:
    """Do `work` now and every hour, unless another node has its turn; until cancelled.

    A turn is a counter that lets one through in an hour.  A node that dies in its turn takes no
    harm with it: the hour runs out, and whoever asks next goes on.  Clocks that differ only make
    two work at once, which every `work` must bear.
    """
    key = f"turn:{name}"
    while True:
        try:
            began = clock()
            rest = await limits.hit(key, HOUR, 1, began)
            if not rest:
                rest = HOUR
                await _work(work, limits, key, began)
        except StoreUnavailable as error:
            log.warning("%s is tried again in an hour: %s", name, error)
            rest = HOUR
        await asyncio.sleep(rest)


async def _work(
    work: Callable[[], Awaitable[object]], limits: Limits, key: str, began: int
) -> None:
    try:
        await work()
    except asyncio.CancelledError:  # this node stops: the next need not wait for the hour to end
        with suppress(StoreUnavailable):
            await limits.forgive(key, HOUR, began)
        raise


async def sweep(auth: Auth, pause: float = PAUSE, tell_every: float = TELL_EVERY) -> None:
    """Delete sessions that have been dead for a day, with a `pause` after each step.  Raises
    `StoreUnavailable`; what went until then is gone."""
    began = told = monotonic()

    async def rest(gone: int) -> None:
        nonlocal told
        if monotonic() - told >= tell_every:
            told = monotonic()
            log.info("%d dead sessions deleted in %.0f s, and going on", gone, told - began)
        await asyncio.sleep(pause)

    total = await auth.purge(rest, STEP)
    if told > began:
        log.info("%d dead sessions deleted in %.0f s", total, monotonic() - began)
