"""An attack: its story, its sources, the defences it tests, and its steps."""

from collections.abc import Callable
from dataclasses import dataclass

from .attacker import Attacker
from .verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """`story` is three sentences: what the attacker has, does, and wins.

    `defences` are names of the table in the tests, which takes each one out and sees `run` say
    `succeeded`.  `last` is for guessing, which fills limits that others would meet.  A `slow`
    attack runs with `--full`, or when it is named.  One that is `ours` is about Doorward's own
    pages, or about the server beneath them: at another application it is not applicable.
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
