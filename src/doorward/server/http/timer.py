"""A time by which something must have happened."""

from asyncio import AbstractEventLoop, TimerHandle
from collections.abc import Callable


class Timer:
    """Calls back once, unless it is stopped within some seconds."""

    __slots__ = ("_act", "_handle", "_loop", "_seconds")

    def __init__(self, loop: AbstractEventLoop, seconds: float, act: Callable[[], object]) -> None:
        self._loop = loop
        self._seconds = seconds
        self._act = act
        self._handle: TimerHandle | None = None

    def start(self) -> None:
        """Does nothing while it is running."""
        if self._handle is None:
            self._handle = self._loop.call_later(self._seconds, self._ring)

    def stop(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _ring(self) -> None:
        self._handle = None
        self._act()
