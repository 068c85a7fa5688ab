"""Waiting for what happens elsewhere, at its own time."""

from asyncio import sleep
from collections.abc import Awaitable, Callable
from contextlib import suppress
from time import monotonic

from doorward.errors import StoreUnavailable
from doorward.stores import Backend
from doorward.testing.contract.rows import NOW


async def recovers(store: Backend) -> float:
    """Seconds until both a look-up and a write work again, by themselves."""
    start = monotonic()
    while monotonic() - start < 10:
        with suppress(StoreUnavailable):
            await store.get("a")
            await store.put("code", b"again", "payload", NOW)
            return monotonic() - start
        await sleep(0.02)
    raise AssertionError("it never came back")


async def comes_about(condition: Callable[[], Awaitable[bool]], seconds: float = 10) -> None:
    """Ask until it is so."""
    give_up = monotonic() + seconds
    while monotonic() < give_up:
        if await condition():
            return
        await sleep(0.01)
    raise AssertionError("it never came about")
