"""A product of axes in which every pair of values meets in the ordinary suite.

Most faults of a product show where two of its values meet, so a cover of all pairs finds nearly
what the whole product finds (NIST SP 800-142).  The rows outside the cover are marked `soak`.
"""

from collections.abc import Sequence
from itertools import combinations, product
from typing import Any

import pytest

Row = tuple[Any, ...]


def pairwise(*axes: Sequence[Any]) -> list[object]:
    """Every row of the product of `axes`, as arguments for `pytest.mark.parametrize`.

    The cover is the same in each run.  A row is named by its values.
    """
    return [pytest.param(*row, marks=marks, id=name) for row, marks, name in _rows(axes)]


def pairwise_fixture(*axes: Sequence[Any]) -> list[object]:
    """The same for a fixture's `params`: `request.param` is a row, as a tuple."""
    return [pytest.param(row, marks=marks, id=name) for row, marks, name in _rows(axes)]


def _rows(axes: Sequence[Sequence[Any]]) -> list[tuple[Row, Sequence[pytest.MarkDecorator], str]]:
    rows = list(product(*axes))
    kept = cover(rows)
    return [
        (row, () if row in kept else (pytest.mark.soak,), "-".join(map(str, row))) for row in rows
    ]


def cover(rows: Sequence[Row]) -> list[Row]:
    """A few of `rows` that hold each pair of values that `rows` hold: greedily, not the fewest."""
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
