"""What becomes of each kind of event: whether it is audited, how loud it is, what it counts as."""

import logging
from dataclasses import dataclass
from typing import Literal

from ...errors import Reason


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind is recorded.  What is not audited is only logged and counted; with `named`, so
    is what names nobody: strangers can cause it without end, and would fill the disk."""

    audited: bool = True
    named: bool = False
    level: int = logging.INFO
    counts: Literal["login", "refusal"] | None = None


_OTHER = Kind()

KINDS: dict[str, Kind] = {
    "login": Kind(counts="login"),
    # all day, by every client
    "refreshed": Kind(audited=False, level=logging.DEBUG),
    "reissued": Kind(audited=False, level=logging.DEBUG),
    "refused": Kind(named=True, level=logging.DEBUG, counts="refusal"),
    # what made the limit close is in the log; what comes after could fill the disk
    "limited": Kind(audited=False, counts="refusal"),
    "login_failed": Kind(counts="refusal"),
    "wrong_password": Kind(counts="refusal"),
    "denied": Kind(named=True, counts="refusal"),
    "reused": Kind(level=logging.WARNING, counts="refusal"),
    "unsteady": Kind(level=logging.WARNING, counts="refusal"),
    "adopted": Kind(level=logging.WARNING),
    "key_withdrawn": Kind(level=logging.WARNING),
}
"""Those that are not simply audited and logged, which is what every other kind is."""

TRIED = frozenset({Reason.CROSS_ORIGIN, Reason.BAD_SIGNATURE, Reason.MALFORMED})
"""Why a credential is `refused` that no client of good will sends: logged at INFO, sparingly."""

LOGINS = tuple(name for name, kind in KINDS.items() if kind.counts == "login")
REFUSALS = tuple(name for name, kind in KINDS.items() if kind.counts == "refusal")


def kind_of(name: str) -> Kind:
    """How a kind is recorded; one that nobody thought of is audited."""
    return KINDS.get(name, _OTHER)
