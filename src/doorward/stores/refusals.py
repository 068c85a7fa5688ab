"""Why a store does not take a login in: what `insert` comes to in every engine."""

from typing import Literal

from ..errors import Reason, Rejected

Refusal = Literal["superseded", "orphaned", "full"]

REFUSALS: dict[str, tuple[Reason, str]] = {
    "superseded": (Reason.SUPERSEDED, "the subject was changed during this login"),
    "orphaned": (Reason.SUPERSEDED, "the parent session is not live"),
    "full": (Reason.TOO_MANY_SESSIONS, ""),
}
"""By the word that the server's functions and scripts answer with."""


def refusal(why: Refusal) -> Rejected:
    """What to raise."""
    return Rejected(*REFUSALS[why])


def check(outcome: str) -> None:
    """Raises `Rejected` when what a server answered is a refusal."""
    if outcome in REFUSALS:
        raise Rejected(*REFUSALS[outcome])
