"""What the lab can do with an instance that it starts itself."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from ..types import system_clock
from .address import Address, parse_address
from .files import Files

Stored = Callable[[], list[str | bytes]]
"""Returns every value that the databases of an instance hold now, on any engine."""


class LabClock:
    """The clock of an instance: this machine's time, plus what `advance` adds."""

    def __init__(self) -> None:
        self._ahead = 0

    def __call__(self) -> int:
        return system_clock() + self._ahead

    def advance(self, seconds: int) -> None:
        """Let `seconds` pass for the instance.  Time never goes back."""
        self._ahead += seconds


class Nodes(Protocol):
    """Starts another node on the same databases: its clock runs `ahead` seconds before that of the
    first, and with `tls` it speaks https, with a self-signed certificate."""

    def __call__(self, *, ahead: int = 0, tls: bool = False) -> AbstractContextManager[Address]: ...


class Sign(Protocol):
    """Makes an access token; see `Operator`."""

    def __call__(self, claims: bytes, *, kid: str = "") -> str: ...


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter of the instance: what it tells of, such as `reset_asked`, and the link in it, which
    may be empty."""

    kind: str
    link: str


@dataclass(frozen=True, slots=True)
class Operator:
    """What the operator of an instance can do, or a thief of the operator's access.

    `sign` signs claims with the current key, under its `kid` or another, and returns the access
    token.  `compromise` withdraws
    the key with this `kid`.  `reset_link` returns a single-use link with which the person of this
    address chooses a new password.  `invitation` makes an account for an address, and returns the
    link with which its owner chooses the first password.  `letters` waits until all letters to an
    address are written, and returns them.
    """

    sign: Sign
    compromise: Callable[[str], None]
    reset_link: Callable[[str], str]
    invitation: Callable[[str], str]
    letters: Callable[[str], list[Letter]]


class Register(Protocol):
    """Registers an application with a secret; see `Applications`."""

    def __call__(self, uris: Sequence[str], scopes: Mapping[str, str]) -> tuple[str, str]: ...


@dataclass(frozen=True, slots=True)
class Applications:
    """What the operator of an instance does about other applications.

    `register` returns the id and the secret of a new one with these URIs, for the ways back from a
    login and from a logout.  Its `scopes`
    are names with the API that each is of, empty for those of OpenID Connect.  `disable` refuses
    one from now on, and `lock` the person with this address.
    """

    register: Register
    disable: Callable[[str], None]
    lock: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Lab:
    """Each member is None where the instance has no such thing; at a URL, all are None."""

    files: Files | None = None
    stored: Stored | None = None
    clock: LabClock | None = None
    nodes: Nodes | None = None
    operator: Operator | None = None
    other: "Other | None" = None
    applications: Applications | None = None


@dataclass(frozen=True, slots=True)
class Instance(Address):
    """An address, and what the lab can do with the instance there.  `label` names its store where
    a run has several.  An `adapted` instance is somebody else's application."""

    lab: Lab = field(default=Lab(), compare=False)
    label: str = ""
    adapted: bool = False

    @classmethod
    def at(
        cls, url: str, lab: Lab = Lab(), label: str = "", *, adapted: bool = False
    ) -> "Instance":
        """Raises `Refused` for every address that is not this machine's loopback."""
        found = parse_address(url)
        return cls(found.host, found.ip, found.port, found.scheme, lab, label, adapted)


class Other(Protocol):
    """Starts another instance of the same kind, with databases, keys and people of its own.  With
    `verify_first`, people there prove their address before they have an account."""

    def __call__(self, *, verify_first: bool = False) -> AbstractContextManager[Instance]: ...
