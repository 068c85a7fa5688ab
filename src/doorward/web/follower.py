"""The follower: keeps what a process knows of a store across a network fresh."""

import asyncio
import logging
from typing import Protocol

from ..errors import StoreUnavailable
from ..settings import Settings
from ..stores import Backend

log = logging.getLogger("doorward")

LOOKS = 3
"""Looks at the store within `max_staleness` when nothing is announced: one may be late or lost
before any check has to ask by itself."""

RETRY = 0.1
"""Seconds until a store that did not answer is asked again."""


class Learner(Protocol):
    """Who remembers what was checked: `Auth`, or the `Grants` beside it."""

    store: Backend
    settings: Settings

    @property
    def asks_always(self) -> bool:
        """Whether the store is asked on every check."""

    async def catch_up(self) -> None:
        """Learn what was decided elsewhere.  Raises `StoreUnavailable`."""


async def follow(auth: Learner) -> None:
    """Learn what is decided elsewhere as it is announced, until cancelled.

    Returns at once where the store is asked on every check.  While the store does not answer,
    every check finds that by itself; afterwards this goes on by itself.
    """
    pause = auth.settings.max_staleness / LOOKS
    answered = True
    while not auth.asks_always:
        # listening begins before the store is read: what is announced in between is not missed
        announced = asyncio.ensure_future(auth.store.wait(pause))
        try:
            await auth.catch_up()
            answered = _tell(answered, "")
            await announced
        except StoreUnavailable as error:
            answered = _tell(answered, str(error))
            await asyncio.sleep(RETRY)
        finally:
            announced.cancel()
            await asyncio.gather(announced, return_exceptions=True)


def _tell(answered: bool, error: str) -> bool:
    """Log when the store stops to answer and when it does again.  Whether it answers."""
    if answered and error:
        log.warning("the store does not answer, so every check asks it again: %s", error)
    if not answered and not error:
        log.warning("the store answers again")
    return not error
