"""What came of an attack."""

from dataclasses import dataclass
from typing import Literal

Outcome = Literal["held", "detected", "succeeded", "not_applicable"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`why` is one sentence."""

    outcome: Outcome
    why: str


def held(why: str) -> Verdict:
    """The attack got nothing."""
    return Verdict("held", why)


def detected(why: str) -> Verdict:
    """The attack was noticed, and what was stolen ended."""
    return Verdict("detected", why)


def succeeded(why: str) -> Verdict:
    """The attack got something beyond the stated bound."""
    return Verdict("succeeded", why)


def not_applicable(why: str) -> Verdict:
    """Nothing was tried; `why` names what is missing."""
    return Verdict("not_applicable", why)
