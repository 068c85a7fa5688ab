"""An attack: its story, its sources, the defences it tests, and its steps."""

from collections.abc import Callable
from dataclasses import dataclass

from .attacker import Attacker
from .verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """`story` is three sentences: what the attacker has, does, and wins.

    `defences` are names from `tests/attack/defences.py`; the tests remove each and check that `run`
    then succeeds.  `last` is for guessing, which uses up limits that other attacks would meet.  A
    `slow` attack runs with `--full`, or when it is named.  One that is `ours` tests Doorward's own
    pages or server: it is not applicable to another application.
    """

    id: str
    title: str
    story: str
    references: tuple[str, ...]
    defences: tuple[str, ...]
    run: Callable[[Attacker], Verdict]
    last: bool = False
    slow: bool = False
    ours: bool = False
