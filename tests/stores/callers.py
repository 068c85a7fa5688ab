"""How synchronous code calls a store."""

from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def finish(call: Coroutine[Any, Any, T]) -> T:
    """The result of a call that never suspends, without an event loop."""
    try:
        call.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    call.close()
    raise AssertionError("the store suspended, where nothing could have resumed it")
