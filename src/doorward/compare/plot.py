"""One row as a bar chart."""

from collections.abc import Mapping, Sequence
from html import escape
from math import log10

from markupsafe import Markup

from .row import Row, Value
from .table import heading, shown

WIDTH, LABELS, STEP, BAR = 720, 290, 26, 16
"""Pixels: the chart's width, the names and figures on the left, where a narrow page shows them; the
height of a line and of a bar."""

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
        _line(place, column, shown(values.get(column)), _length(numbers.get(column), numbers))
        for place, column in enumerate(columns)
    ]
    note = LOGARITHMIC if _is_logarithmic(numbers) else ""
    svg = f'<svg viewBox="0 0 {WIDTH} {height}" width="100%" role="img" aria-label="{label}">'
    # every part was escaped or is a number
    return Markup(f"{svg}{''.join(lines)}</svg>{note}")  # noqa: S704


def _is_logarithmic(numbers: Mapping[str, float]) -> bool:
    above = [number for number in numbers.values() if number > 0]
    return max(above) / min(above) > LINEAR_RANGE


def _length(number: float | None, numbers: Mapping[str, float]) -> float:
    if number is None or number <= 0:
        return 0
    room = WIDTH - LABELS
    most = max(numbers.values())
    if not _is_logarithmic(numbers):
        return room * number / most
    least = min(each for each in numbers.values() if each > 0)
    return room * (log10(number / least) + 0.5) / (log10(most / least) + 0.5)


def _line(place: int, column: str, value: str, length: float) -> str:
    top, middle = place * STEP + 2, place * STEP + STEP / 2 + 3
    kind = column.partition(" @ ")[0].replace("_", "-")
    size = f'x="{LABELS}" y="{top}" width="{length:.1f}" height="{BAR}"'
    bar = f'<rect class="{kind}" {size} rx="2"/>'
    return (
        f'<text x="0" y="{middle}">{escape(heading(column))}</text>'
        f"{bar if length else ''}"
        f'<text x="{LABELS - 8}" y="{middle}" text-anchor="end">{escape(value)}</text>'
    )
