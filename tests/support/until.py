"""Ask until it is so: for what happens in another thread or process, at its own time."""

from asyncio import sleep as pause
from asyncio import timeout
from collections.abc import Awaitable, Callable
from time import monotonic, sleep

PAUSE = 0.02


def until(condition: Callable[[], bool], seconds: float = 15) -> None:
    give_up = monotonic() + seconds
    while not condition():
        assert monotonic() < give_up, "it never came about"
        sleep(PAUSE)


async def eventually(condition: Callable[[], bool], seconds: float = 15) -> None:
    """The same within an event loop."""
    async with timeout(seconds):
        while not condition():  # noqa: ASYNC110 - nobody would set an event
            await pause(PAUSE)


async def comes_true(ask: Callable[[], Awaitable[bool]], seconds: float = 15) -> None:
    """The same where the answer has to be awaited too."""
    async with timeout(seconds):
        while not await ask():  # noqa: ASYNC110 - nobody would set an event
            await pause(PAUSE)
