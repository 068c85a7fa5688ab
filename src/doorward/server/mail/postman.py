"""The postman: takes letters out of the outbox and sends them, in the background."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from email.errors import MessageError

from ...errors import StoreUnavailable
from ...types import Clock
from ..audit import event_log
from .letter import Filled, Letter, Letters
from .outbox import Outbox
from .relay import Relay
from .smtp import NotSent, Unwanted, message, post, sender_of

log = logging.getLogger("doorward")

EVERY = 1
"""Seconds between two looks: other processes write letters too."""

GRACE = 3
"""Seconds that a letter under way has when the server stops."""

Fill = Callable[[Letter], Awaitable[Filled | None]]
"""Makes the link of a letter; None when the letter has become pointless."""


class Postman:
    """Sends from one outbox through one relay.  Several at one outbox send each letter once."""

    def __init__(
        self,
        outbox: Outbox,
        relay: Relay,
        sender: str,
        password: str | None,
        letters: Letters,
        fill: Fill,
        clock: Clock,
    ) -> None:
        self._outbox = outbox
        self._relay = relay
        self._from = sender_of(letters.site, sender)
        self._password = password
        self._letters = letters
        self._fill = fill
        self._clock = clock

    async def walk(self) -> None:
        """Until cancelled; then what is just being sent is sent."""
        while True:
            delivery = asyncio.create_task(self.deliver())
            try:
                await asyncio.shield(delivery)
            except asyncio.CancelledError:
                await asyncio.wait({delivery}, timeout=GRACE)
                delivery.cancel()
                raise
            except StoreUnavailable:
                pass  # the letters are still there when it is back
            except Exception:
                log.exception("a round of the postman failed; the next goes on")
            await asyncio.sleep(EVERY)

    async def deliver(self) -> None:
        """Send what is due, until one finds no server that takes it: then it is likely that none
        will.  One that is refused for its own sake ends nothing but itself."""
        for lost in await self._outbox.give_up(self._clock()):
            self._tell(logging.ERROR, "mail_given_up", lost)
        while (letter := await self._outbox.take(self._clock())) is not None:
            if not await self._send(letter):
                return

    async def _send(self, waiting: Letter) -> bool:
        filled = await self._fill(waiting)
        if filled is None:
            await self._outbox.drop(waiting)
            return True
        (letter, link), at = filled, self._clock()
        try:
            made = message(letter, self._letters.write(letter, link), self._from, at=at)
        except (MessageError, ValueError) as failed:  # of this letter alone: the others go on
            self._tell(logging.ERROR, "mail_not_sent", letter, str(failed))
            return True
        try:
            await post(made, self._relay, self._password)
        except Unwanted as refused:
            await self._refused(letter, refused)
            return True
        except NotSent as failed:
            self._tell(logging.WARNING, "mail_not_sent", letter, str(failed))
            return False
        await self._outbox.sent(letter, at)
        self._tell(logging.INFO, "mail_sent", letter)
        return True

    async def _refused(self, letter: Letter, refused: Unwanted) -> None:
        """It is tried again like any other, for a day at most; but not where that is for good."""
        if refused.for_good:
            await self._outbox.drop(letter)
            self._tell(logging.ERROR, "mail_given_up", letter, str(refused))
        else:
            self._tell(logging.WARNING, "mail_not_sent", letter, str(refused))

    def _tell(self, level: int, kind: str, letter: Letter, reason: str = "") -> None:
        fields = {"subject": letter.subject, "about": letter.kind, "reason": reason}
        event_log.write(level, kind, self._clock(), {**fields, "tries": letter.tries})
