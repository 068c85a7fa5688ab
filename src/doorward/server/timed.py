"""A store whose answers are timed."""

from collections.abc import Awaitable, Callable
from time import perf_counter
from types import SimpleNamespace
from typing import Any, cast

from ..stores import Backend

METHODS = ("mark", "insert", "get", "replace", "change", "list", "purge", "put", "take", "hit")
"""What is timed.  `changes` is asked on every check and must cost nothing more."""

_OTHERS = ("changes", "wait", "close", "keys", "put_key", "forgive")


def timed(store: Backend, told: Callable[[str, float], None]) -> Backend:
    """The same store; `told` gets a method and the seconds it took, also when it failed."""
    methods = {name: _timing(name, getattr(store, name), told) for name in METHODS}
    others = {name: getattr(store, name) for name in _OTHERS}
    return cast(Backend, SimpleNamespace(**methods, **others))


def _timing(
    name: str, method: Callable[..., Awaitable[Any]], told: Callable[[str, float], None]
) -> Callable[..., Awaitable[Any]]:
    async def call(*args: Any, **named: Any) -> Any:
        began = perf_counter()
        try:
            return await method(*args, **named)
        finally:
            told(name, perf_counter() - began)

    return call
