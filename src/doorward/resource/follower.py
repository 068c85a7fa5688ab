"""Keeps what an API knows up to date, beside its requests."""

import asyncio
import logging
from contextlib import aclosing

from ..change_feed import Ticks
from ..types import Clock
from .issuer import Issuer, IssuerUnavailable, Message
from .knowledge import NEVER, Knowledge
from .signing_keys import SigningKeys

log = logging.getLogger("doorward.resource")

POLL_EVERY = 0.5
"""Seconds between two questions while the stream is silent: a proxy may keep it back."""

LATE = 1.5
"""Seconds of silence of a stream, whose heartbeat comes every second, until the server is asked."""

RETRY = (0.1, 10.0)
"""Seconds until a stream is tried again: at first, and at most."""


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
        self._heard_at = NEVER
        self._streams = True
        self._answered = True

    async def follow(self) -> None:
        """By stream, and by questions whenever the stream is silent."""
        while True:
            try:
                async with asyncio.TaskGroup() as both:
                    both.create_task(self._listen())
                    both.create_task(self._poll_in_silence())
            except Exception:
                log.exception("the changes of the server are not followed; trying again")
                await asyncio.sleep(POLL_EVERY)

    async def poll(self) -> bool:
        """Ask once.  Whether the server answered."""
        asked_at = self._ticks()
        try:
            self.take(await self._issuer.poll(self._known.cursor), asked_at)
        except IssuerUnavailable as error:
            self._tell(str(error))
            return False
        return True

    async def _listen(self) -> None:
        pause, most = RETRY
        while True:
            # each stream ends after some minutes, and goes on at once
            pause = RETRY[0] if await self._stream() else min(2 * pause, most)
            await asyncio.sleep(pause)

    async def _stream(self) -> bool:
        """Whether anything was heard before the stream ended."""
        heard, asked_at = False, self._ticks()
        try:
            async with aclosing(self._issuer.listen(self._known.cursor)) as messages:  # type: ignore[type-var]  # a generator, though typed by less
                async for each in messages:
                    self.take(each, asked_at)
                    self._heard_at = self._ticks()
                    heard = self._streams = True
        except IssuerUnavailable as error:
            log.debug("a stream of changes ended: %s", error)
        return heard

    async def _poll_in_silence(self) -> None:
        while True:
            await asyncio.sleep(POLL_EVERY)
            if self._ticks() - self._heard_at > LATE and await self.poll() and self._streams:
                self._streams = False
                log.warning("no stream of changes arrives; the server is asked every half second")

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
