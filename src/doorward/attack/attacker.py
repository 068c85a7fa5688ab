"""What an attack is given."""

from dataclasses import dataclass
from random import Random

from .target import Target


@dataclass(frozen=True, slots=True)
class Attacker:
    """`random` is seeded, so that a run can be repeated.  With `full`, an attack uses the samples
    and sizes that take minutes."""

    target: Target
    random: Random
    full: bool = False
