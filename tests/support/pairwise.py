"""A few rows of a product in which every two values meet.

Most faults of a product show where two of its values meet, so such a cover finds nearly what the
whole product finds (NIST SP 800-142).  The other rows belong to the soak.
"""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

Row = tuple[Any, ...]


def cover(rows: Sequence[Row]) -> list[Row]:
    """Rows that hold each pair of values that `rows` hold, the same in each run: chosen greedily,
    so not always the fewest."""
    missing = {pair for row in rows for pair in _pairs(row)}
    kept: list[Row] = []
    while missing:
        best = max(rows, key=lambda row: len(missing & _pairs(row)))
        kept.append(best)
        missing -= _pairs(best)
    return kept


def _pairs(row: Row) -> set[tuple[tuple[int, Any], ...]]:
    """The values of a row with their axes, two at a time; one alone where there is one axis."""
    return set(combinations(enumerate(row), min(2, len(row))))
