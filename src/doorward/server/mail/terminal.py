"""Prints letters on a developer's own machine, where no mail is sent."""

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from ...errors import StoreUnavailable
from ...types import Clock
from .letter import Filled, Letter, Letters
from .outbox import Outbox

log = logging.getLogger("doorward")

EVERY = 1
"""Seconds between two looks."""

MOST = 100
"""Links that are remembered for the console."""

Fill = Callable[[Letter], Awaitable[Filled | None]]


Shows = Callable[[], bool]

Say = Callable[[str], None]

_HIDDEN = "shown in the console's outbox, since stderr is no terminal"


def to_stderr(line: str) -> None:
    """Not by logging: an application's handlers may carry its log to other machines, and a link
    opens an account."""
    print(line, file=sys.stderr, flush=True)


def always() -> bool:
    return True


def in_a_terminal() -> bool:
    """For an application that nobody told its public origin: it may run elsewhere than on the
    machine of who tries it, and its stderr may be a log."""
    return sys.stderr.isatty()


@dataclass(frozen=True, slots=True)
class Terminal:
    """Takes letters out of an outbox and prints their recipients and subjects, and the links and
    codes in them if `shows` lets it.  `links` are the latest that this process made, by the id of
    their letter: they are in no database."""

    letters: Letters
    clock: Clock
    shows: Shows = always
    say: Say = to_stderr
    links: dict[str, str] = field(default_factory=dict)

    async def walk(self, outbox: Outbox, fill: Fill) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.deliver(outbox, fill)
            except StoreUnavailable:
                pass  # the letters are still there when it is back
            except Exception:
                log.exception("letters could not be printed; the next round goes on")
            await asyncio.sleep(EVERY)

    async def deliver(self, outbox: Outbox, fill: Fill) -> None:
        """Print what is due."""
        await outbox.give_up(self.clock())
        while (waiting := await outbox.take(self.clock())) is not None:
            filled = await fill(waiting)
            if filled is None:
                await outbox.drop(waiting)
                continue
            self._print(filled)
            await outbox.sent(filled.letter, self.clock())

    def _print(self, filled: Filled) -> None:
        """All of a letter that somebody needs who tries the server, in one piece: the lines of two
        letters must not mix."""
        letter, link = filled
        text = self.letters.write(letter, link)
        lines = [f"Mail to {letter.email}", f"  Subject: {text.title}"]
        if link:
            self._remember(letter, link)
            shown = self.shows()
            lines.append(f"  Link: {link if shown else _HIDDEN}")
            if text.code:
                lines.append(f"  Code: {text.code if shown else _HIDDEN}")
        self.say("\n".join(lines))

    def _remember(self, letter: Letter, link: str) -> None:
        self.links[letter.id] = link
        while len(self.links) > MOST:
            del self.links[next(iter(self.links))]
