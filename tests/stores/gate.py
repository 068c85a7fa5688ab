"""Attributes that hold a store up in the middle of a step."""

from collections.abc import Iterator, Mapping
from threading import Event

from tests.support.until import PATIENCE


class Gate(Mapping[str, str | int | bool]):
    """Empty, but whoever reads it waits until it is open."""

    def __init__(self) -> None:
        self.reached = Event()
        self.open = Event()

    def __iter__(self) -> Iterator[str]:
        self.reached.set()
        assert self.open.wait(PATIENCE)
        return iter(())

    def __len__(self) -> int:
        return 0

    def __getitem__(self, key: str) -> str | int | bool:
        raise KeyError(key)
