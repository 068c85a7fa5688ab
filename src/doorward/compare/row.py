"""A row of the comparison: one question, its unit, and how it is measured."""

from collections.abc import Callable
from dataclasses import dataclass

from .contender import Contender

Value = int | float | str | None
"""None if the row does not apply to the column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`explained` says in two sentences what the row asks and why it matters; `how` says how it is
    measured.  Rows of one `topic` are shown together.

    An `arithmetic` row is computed from measured rows, which `how` names.  A row that is `last`
    disturbs the others and is measured after them.
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
