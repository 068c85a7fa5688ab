"""The order of changes as server-sent events (HTML Living Standard, section 9.2)."""

import asyncio
import json
from collections.abc import AsyncIterator
from time import monotonic

from ....errors import StoreUnavailable
from ....stores import Store
from .order import Message, Order

HEARTBEAT = 1.0
"""Seconds after which something is said, if only that nothing changed."""

LOCAL_PAUSE = 0.1
"""Seconds between two looks at a store on this machine that announces nothing; they cost
microseconds."""

LIFETIME = 300.0
"""Seconds until a stream ends and its listener comes again: who was disabled is refused then, and
two clocks do not drift apart."""


async def events(order: Order, store: Store, stopping: asyncio.Event) -> AsyncIterator[str]:
    """Each message as an event, as soon as its change is announced; a heartbeat only after the
    store was asked.  While the store does not answer, nothing is said: the listener has to notice
    that nobody knows.  Ends when `stopping` is set."""
    pause = LOCAL_PAUSE if store.local else HEARTBEAT
    began, told = monotonic(), 0.0
    yield "retry: 1000\n\n"
    while not stopping.is_set() and monotonic() - began < LIFETIME:
        announced = asyncio.ensure_future(_any(store, pause, stopping))
        try:
            await asyncio.sleep(0)  # it listens, before the store is read
            messages = await order.look()
            if len(messages) > 1 or is_news(messages[-1]) or monotonic() - told >= HEARTBEAT:
                told = monotonic()
                for each in messages:
                    yield _event(each)
            await announced
        except StoreUnavailable:
            await asyncio.sleep(pause)
        finally:
            announced.cancel()
            await asyncio.gather(announced, return_exceptions=True)


def is_news(message: Message) -> bool:
    """Whether it tells more than that nothing changed."""
    return not message.keys() <= {"cursor", "elapsed"}


def _event(message: Message) -> str:
    cursor = f"id: {message['cursor']}\n" if "cursor" in message else ""
    return f"{cursor}data: {json.dumps(message, separators=(',', ':'))}\n\n"


async def _any(store: Store, seconds: float, stopping: asyncio.Event) -> None:
    """Return when something is announced, after `seconds`, or when the server stops."""
    waiting = [
        asyncio.ensure_future(store.wait(seconds)),
        asyncio.ensure_future(stopping.wait()),
    ]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        if waiting[0].done():
            waiting[0].result()
    finally:
        for each in waiting:
            each.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
