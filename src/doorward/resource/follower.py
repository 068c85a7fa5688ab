"""Keeps what an API knows up to date, beside its requests."""

import asyncio
import logging
from contextlib import aclosing

from ..change_feed import Ticks
from ..types import Clock
from .issuer import Issuer, IssuerUnavailable, Message
from .knowledge import Knowledge
from .signing_keys import SigningKeys

log = logging.getLogger("doorward.resource")

POLL_EVERY = 0.5
"""Seconds between two questions where no stream arrives, as behind a proxy that keeps it back."""

POLLS = 120
"""Questions until a stream is tried again."""

RETRY = (0.1, 1.0)
"""Seconds until a server that does not answer is asked again: at first, and at most."""


class Follower:
    """Listens to the order of changes until cancelled.  `asked_at` of whatever is learned is the
    tick before it was asked for."""

    def __init__(
        self, issuer: Issuer, known: Knowledge, keys: SigningKeys, clock: Clock, ticks: Ticks
    ) -> None:
        self._issuer = issuer
        self._known = known
        self._keys = keys
        self._clock = clock
        self._ticks = ticks
        self.synced = asyncio.Event()
        self._answered = True

    async def follow(self) -> None:
        """By stream; by polling while no stream arrives but answers do."""
        pause = RETRY[0]
        while True:
            began = self._ticks()
            heard = await self._stream()
            if not heard and await self.poll():
                await self._poll_for_a_while()
                continue
            if heard and self._ticks() - began >= RETRY[1]:
                pause = RETRY[0]
                continue  # it ended, as each does after some minutes
            await asyncio.sleep(pause)
            pause = min(2 * pause, RETRY[1])

    async def _stream(self) -> bool:
        """Whether anything was heard before the stream ended."""
        heard, asked_at = False, self._ticks()
        try:
            async with aclosing(self._issuer.listen(self._known.cursor)) as messages:  # type: ignore[type-var]  # a generator, though typed by less
                async for each in messages:
                    self.take(each, asked_at)
                    heard = True
        except IssuerUnavailable as error:
            self._tell(str(error))
        return heard

    async def poll(self) -> bool:
        """Ask once.  Whether the server answered."""
        asked_at = self._ticks()
        try:
            self.take(await self._issuer.poll(self._known.cursor), asked_at)
        except IssuerUnavailable as error:
            self._tell(str(error))
            return False
        return True

    async def _poll_for_a_while(self) -> None:
        log.warning("no stream of changes arrives, so the server is asked every half second")
        for _ in range(POLLS):
            await asyncio.sleep(POLL_EVERY)
            if not await self.poll():
                return

    def take(self, message: Message, asked_at: float) -> None:
        """Learn.  Raises `IssuerUnavailable` for a message that cannot be read; what it told is
        then not taken for known."""
        try:
            withdrawn = [str(each) for each in message.get("withdrawn", ())]
            self._keys.withdraw(withdrawn)
            self._known.learn(message, asked_at, self._clock())
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise IssuerUnavailable(f"a message cannot be read: {error!r}") from None
        self.synced.set()
        self._tell("")

    def _tell(self, error: str) -> None:
        """Log when the server stops to answer and when it does again."""
        if self._answered and error:
            log.warning("the server of the tokens does not answer: %s", error)
        if not self._answered and not error:
            log.warning("the server of the tokens answers again")
        self._answered = not error
