"""A store whose answers are timed."""

from collections.abc import Awaitable, Callable, Collection
from time import perf_counter
from typing import Any, cast

from ...stores import Backend

METHODS = (
    *("mark", "insert", "get", "replace", "change", "sessions", "purge"),
    *("put", "look", "take", "hit"),
)
"""What is timed.  `changes` is asked on every check and must cost nothing more."""


def timed(
    store: Backend, told: Callable[[str, float], None], methods: Collection[str] = METHODS
) -> Backend:
    """The same store; `told` gets a method and the seconds it took, also when it failed."""
    return cast(Backend, _Timed(store, told, methods))


class _Timed:
    def __init__(
        self, store: Backend, told: Callable[[str, float], None], methods: Collection[str]
    ) -> None:
        # set here, because `isinstance` of a protocol looks for the attributes of an object
        for name in dir(store):
            if not name.startswith("_"):
                found = getattr(store, name)
                setattr(self, name, _timing(name, found, told) if name in methods else found)


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
