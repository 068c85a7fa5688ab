"""Cut off an asynchronous test that hangs, where it hangs.

What pytest-timeout would show of it is only that the event loop waits.  A time-out inside the
loop ends the test at the line that waits, and what it opened is closed.
"""

from asyncio import timeout
from collections.abc import Awaitable, Callable
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any

import pytest

LIMIT = 100
"""Seconds: more than one wait of `until.PATIENCE`, less than pytest's own `timeout`."""


def limit(item: pytest.Function) -> None:
    """Bound the time of an asynchronous test, but for those of the soak."""
    if iscoroutinefunction(item.obj) and not item.get_closest_marker("soak"):
        item.obj = limited(item.obj, LIMIT)


def limited(test: Callable[..., Awaitable[Any]], seconds: int) -> Callable[..., Awaitable[None]]:
    """The test, which fails when it takes longer."""

    @wraps(test)
    async def bounded(*args: Any, **kwargs: Any) -> None:
        limit = timeout(seconds)
        try:
            async with limit:
                await test(*args, **kwargs)
        except TimeoutError as error:
            if not limit.expired():
                raise
            why = f"hung: cut off after {seconds} s, in the line where the first stack below ends"
            raise AssertionError(why) from error

    return bounded
