"""The outcome of an attack, with its reason."""

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
    """The server noticed the attack and ended the stolen login."""
    return Verdict("detected", why)


def succeeded(why: str) -> Verdict:
    """The attack got more than the security page says that it can."""
    return Verdict("succeeded", why)


def not_applicable(why: str) -> Verdict:
    """The attack was not tried; `why` names what is missing."""
    return Verdict("not_applicable", why)
