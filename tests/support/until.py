"""Ask until it is so: for what happens in another thread or process, at its own time."""

from asyncio import sleep as pause
from asyncio import timeout
from collections.abc import Awaitable, Callable
from time import monotonic, sleep

PAUSE = 0.02

PATIENCE = 60
"""Seconds after which a test that waits for what must come gives up: a disk or processors that are
busy with something else have held a test up for a quarter of a minute.  It asserts nothing."""


def until(condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
    give_up = monotonic() + seconds
    while not condition():
        assert monotonic() < give_up, "it never came about"
        sleep(PAUSE)


async def eventually(condition: Callable[[], bool]) -> None:
    """The same within an event loop."""
    async with timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - nobody would set an event
            await pause(PAUSE)


async def comes_true(ask: Callable[[], Awaitable[bool]]) -> None:
    """The same where the answer has to be awaited too."""
    async with timeout(PATIENCE):
        while not await ask():  # noqa: ASYNC110 - nobody would set an event
            await pause(PAUSE)
