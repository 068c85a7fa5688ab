"""Ask until it is so: for what happens in another thread or process, at its own time."""

from collections.abc import Callable
from time import monotonic, sleep

PAUSE = 0.02


def until(condition: Callable[[], bool], seconds: float = 15) -> None:
    give_up = monotonic() + seconds
    while not condition():
        assert monotonic() < give_up, "it never came about"
        sleep(PAUSE)
