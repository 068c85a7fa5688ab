"""Logins and refusals over time, drawn: logins above the line, refusals below it."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from html import escape
from itertools import count

from ..settings import DAY
from .history import Count

WIDTH, HEIGHT = 640, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 4, 24, 24
_LABELS = 6
_LINES = 3
"""Grid lines on each side of the middle, at most."""

LOGIN, REFUSAL = "var(--accent, currentColor)", "var(--danger, currentColor)"
"""The page's own colours, light and dark; presentation attributes, because its policy allows no
inline style.  Which is which shows without colour: one is above, one below."""


def draw(counts: Sequence[Count]) -> str:
    """An SVG element to stand in a page; `counts` are in equal steps, at least one."""
    step = counts[1].at - counts[0].at if len(counts) > 1 else DAY
    up, down = max(c.logins for c in counts), max(c.refusals for c in counts)
    scale = (HEIGHT - _TOP - _BOTTOM) / max(up + down, 1)
    middle = _TOP + up * scale if up + down else (_TOP + HEIGHT - _BOTTOM) / 2
    frame = f'class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" width="100%" role="img"'
    text = 'aria-labelledby="plot-title plot-desc" font-size="12" fill="currentColor"'
    parts = [
        f"<svg {frame} {text}>",
        '<title id="plot-title">Logins and refusals over time</title>',
        f'<desc id="plot-desc">{escape(described(counts, step))}</desc>',
        *_legend(),
        *_grid(up, down, scale, middle),
        *_columns(counts, step, scale, middle),
        *_times(counts, step),
        "</svg>",
    ]
    return "\n".join(parts)


def described(counts: Sequence[Count], step: int) -> str:
    """What the plot shows, in words."""
    logins, refusals = sum(c.logins for c in counts), sum(c.refusals for c in counts)
    end = counts[-1].at + step
    return (
        f"{logins} logins and {refusals} refusals from {_when(counts[0].at)} to {_when(end)} UTC."
        f" Most logins: {_most(counts, 1, step)}. Most refusals: {_most(counts, 2, step)}."
    )


def _most(counts: Sequence[Count], which: int, step: int) -> str:
    most = max(counts, key=lambda count: count[which])
    return f"{most[which]} at {_label(most.at, step)}" if most[which] else "none"


def _legend() -> Iterator[str]:
    yield f'<rect x="{_LEFT}" y="4" width="10" height="10" rx="2" fill="{LOGIN}"/>'
    yield f'<text x="{_LEFT + 16}" y="13">Logins</text>'
    yield f'<rect x="{_LEFT + 76}" y="4" width="10" height="10" rx="2" fill="{REFUSAL}"/>'
    yield f'<text x="{_LEFT + 92}" y="13">Refusals, below the line</text>'


def _grid(up: int, down: int, scale: float, middle: float) -> Iterator[str]:
    tick = tick_for(max(up, down))
    for value in range(-(down // tick) * tick, up + 1, tick):
        y = _short(middle - value * scale)
        strength = "1" if value == 0 else "0.2"
        yield (
            f'<line x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y}" y2="{y}" stroke="currentColor"'
            f' stroke-opacity="{strength}"/>'
        )
        yield f'<text x="{_LEFT - 6}" y="{y}" dy="4" text-anchor="end">{abs(value)}</text>'


def _columns(counts: Sequence[Count], step: int, scale: float, middle: float) -> Iterator[str]:
    room = (WIDTH - _LEFT - _RIGHT) / len(counts)
    width = _short(max(room * 0.8, 1))
    for place, (at, logins, refusals) in enumerate(counts):
        if not logins and not refusals:
            continue
        x, up, down = _LEFT + place * room, logins * scale, refusals * scale
        yield f"<g><title>{_label(at, step)}: {logins} logins, {refusals} refusals</title>"
        if logins:
            yield _bar(x, middle - up, width, up, LOGIN)
        if refusals:
            yield _bar(x, middle, width, down, REFUSAL)
        yield "</g>"


def _bar(x: float, y: float, width: str, height: float, fill: str) -> str:
    place = f'x="{_short(x)}" y="{_short(y)}"'
    return f'<rect {place} width="{width}" height="{_short(height)}" fill="{fill}"/>'


def _times(counts: Sequence[Count], step: int) -> Iterator[str]:
    room = (WIDTH - _LEFT - _RIGHT) / len(counts)
    every = -(-len(counts) // _LABELS)
    for place in range(0, len(counts), every):
        x = _short(_LEFT + place * room)
        yield f'<text x="{x}" y="{HEIGHT - 6}">{_label(counts[place].at, step)}</text>'


def tick_for(most: int) -> int:
    """The distance of the grid lines: 1, 2 or 5 times a power of ten."""
    powers: Iterator[int] = (10**power for power in count())
    steps = (factor * power for power in powers for factor in (1, 2, 5))
    return next(step for step in steps if most // step <= _LINES)


def _label(at: int, step: int) -> str:
    """As much of a moment as a step of this length needs."""
    moment = _moment(at)
    return f"{moment.day} {moment:%b}" if step >= DAY else f"{moment.day} {moment:%b %H:%M}"


def _when(at: int) -> str:
    return _moment(at).strftime("%Y-%m-%d %H:%M")


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def _short(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
