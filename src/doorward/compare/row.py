"""A row of the comparison: one question, its unit, and how it is measured."""

from collections.abc import Callable
from dataclasses import dataclass

from .contender import Contender

Value = int | float | str | None
"""None where the question has no answer there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`topic` is the article's point that it belongs to.  `explained` are two plain sentences: what
    is asked, and why it matters.  `how` says how it is measured.

    An `arithmetic` row is computed from measured ones, and says from which.  `last` are those that
    leave nothing for others to measure.
    """

    id: str
    topic: str
    unit: str
    title: str
    explained: str
    how: str
    measure: Callable[[Contender], Value]
    arithmetic: bool = False
    last: bool = False
