"""One row as a bar chart."""

from collections.abc import Mapping, Sequence
from html import escape
from math import log10

from markupsafe import Markup

from .row import Row, Value
from .table import heading, shown

STEP, BASELINE, BAR = 34, 13, 9
"""Pixels: the height of a column with its bar, the line of its name and value, the height of the
bar.  Widths are parts of the page, so that text keeps its size on a phone."""

LINEAR_RANGE = 100
"""The largest ratio of two values on a linear scale; beyond it the scale is logarithmic."""

LOGARITHMIC = (
    "<p class='quiet'>The scale is logarithmic: each power of ten adds the same length.</p>"
)


def bars(row: Row, columns: Sequence[str], values: Mapping[str, Value]) -> Markup:
    """An SVG element for a page; empty if no value is above zero."""
    numbers = {
        column: float(value)
        for column in columns
        if isinstance(value := values.get(column), int | float)
    }
    if not any(number > 0 for number in numbers.values()):
        return Markup()
    height = STEP * len(columns) + 4
    said = "; ".join(f"{column}: {shown(values.get(column))}" for column in columns)
    label = escape(f"{row.title}, {row.unit}. {said}")
    lines = [
        _line(place, column, shown(values.get(column)), _percent(numbers.get(column), numbers))
        for place, column in enumerate(columns)
    ]
    note = LOGARITHMIC if is_logarithmic(values) else ""
    svg = f'<svg width="100%" height="{height}" role="img" aria-label="{label}">'
    # every part was escaped or is a number
    return Markup(f"{svg}{''.join(lines)}</svg>{note}")  # noqa: S704


def is_logarithmic(values: Mapping[str, Value]) -> bool:
    above = [value for value in values.values() if isinstance(value, int | float) and value > 0]
    return bool(above) and max(above) / min(above) > LINEAR_RANGE


def _percent(number: float | None, numbers: Mapping[str, float]) -> float:
    if number is None or number <= 0:
        return 0
    most = max(numbers.values())
    if not is_logarithmic(numbers):
        return 100 * number / most
    least = min(each for each in numbers.values() if each > 0)
    return 100 * (log10(number / least) + 0.5) / (log10(most / least) + 0.5)


def _line(place: int, column: str, value: str, percent: float) -> str:
    top = place * STEP
    kind = column.partition(" @ ")[0].replace("_", "-")
    size = f'y="{top + BASELINE + 4}" width="{percent:.2f}%" height="{BAR}"'
    return (
        f'<text x="0" y="{top + BASELINE}">{escape(heading(column))}</text>'
        f'<text x="100%" y="{top + BASELINE}" text-anchor="end">{escape(value)}</text>'
        + (f'<rect class="{kind}" {size} rx="2"/>' if percent else "")
    )
