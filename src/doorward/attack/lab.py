"""What only an instance has that the lab starts for itself."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..types import system_clock
from .address import Address

Stored = Callable[[], list[str | bytes]]


@dataclass(frozen=True, slots=True)
class Files:
    """What somebody has who reads the disk and the databases of an instance.

    `database` and `sessions` are URLs.  `stored` gives every value that the databases hold now.
    `root_key` is None where there is no such file.
    """

    folder: Path
    database: str
    sessions: str
    root_key: Path | None
    stored: Stored


class LabClock:
    """The clock of an instance: this machine's, put forward by `advance`."""

    def __init__(self) -> None:
        self._ahead = 0

    def __call__(self) -> int:
        return system_clock() + self._ahead

    def advance(self, seconds: int) -> None:
        """Let `seconds` pass for the instance.  Time never goes back."""
        self._ahead += seconds


class Nodes(Protocol):
    """Starts another node on the same databases: its clock runs `ahead` seconds before that of the
    first, and with `tls` it speaks https, with a certificate that nobody signed."""

    def __call__(self, *, ahead: int = 0, tls: bool = False) -> AbstractContextManager[Address]: ...


@dataclass(frozen=True, slots=True)
class Lab:
    """Each is None where the instance has no such thing; at a URL all are."""

    files: Files | None = None
    clock: LabClock | None = None
    nodes: Nodes | None = None


@dataclass(frozen=True, slots=True)
class Instance:
    """A running application, and what the lab can do with it.  `label` names its stores where a run
    has several."""

    address: Address
    lab: Lab = Lab()
    label: str = ""

    @property
    def origin(self) -> str:
        return self.address.origin
