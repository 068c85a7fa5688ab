"""Logins and refusals over time, drawn: logins above the line, refusals below it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from itertools import count

from ....settings import DAY, HOUR, MINUTE
from ...audit.history import Count
from ...plural import counted

HEIGHT = 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 4, 24, 24
_LINES = 3
"""Grid lines on each side of the middle, at most."""

LOGIN, REFUSAL = "var(--accent, currentColor)", "var(--danger, currentColor)"
"""The page's own colours, light and dark; presentation attributes, because its policy allows no
inline style.  Which is which shows without colour: one is above, one below."""


@dataclass(frozen=True, slots=True)
class Frame:
    """How wide a drawing is, and how many times fit below it, or days, which are shorter."""

    name: str
    width: int
    times: int
    days: int

    def room(self, counts: Sequence[Count]) -> float:
        """What one column has."""
        return (self.width - _LEFT - _RIGHT) / len(counts)


DESK, PHONE = Frame("desk", 640, 6, 8), Frame("phone", 320, 3, 5)
"""For a desk and for a phone, where a drawing that is only made smaller cannot be read.  The style
sheet shows one of them."""

_APART = (
    *(MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE),
    *(HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR),
    *(DAY, 2 * DAY, 7 * DAY, 14 * DAY, 28 * DAY, 84 * DAY, 168 * DAY, 364 * DAY),
)
"""Distances of the times below, so that each is a round one."""

_LETTER = 3.5
"""Half the width of a letter, roughly."""


def draw_all(counts: Sequence[Count]) -> str:
    """A drawing for every width of a page."""
    return "\n".join(draw(counts, frame) for frame in (DESK, PHONE))


def draw(counts: Sequence[Count], to: Frame = DESK) -> str:
    """An SVG element to stand in a page; `counts` are in equal steps, at least one."""
    step = counts[1].at - counts[0].at if len(counts) > 1 else DAY
    up, down = max(c.logins for c in counts), max(c.refusals for c in counts)
    scale = (HEIGHT - _TOP - _BOTTOM) / max(up + down, 1)
    middle = _TOP + up * scale if up + down else (_TOP + HEIGHT - _BOTTOM) / 2
    title, desc = f"plot-{to.name}-title", f"plot-{to.name}-desc"
    frame = f'class="plot {to.name}" viewBox="0 0 {to.width} {HEIGHT}" width="100%" role="img"'
    text = f'aria-labelledby="{title} {desc}" font-size="12" fill="currentColor"'
    parts = [
        f"<svg {frame} {text}>",
        f'<title id="{title}">Logins and refusals over time</title>',
        f'<desc id="{desc}">{escape(described(counts, step))}</desc>',
        *_legend(),
        *_grid(to, up, down, scale, middle),
        *_columns(to, counts, step, scale, middle),
        *_times(to, counts, step),
        "</svg>",
    ]
    return "\n".join(parts)


def described(counts: Sequence[Count], step: int) -> str:
    """What the plot shows, in words."""
    logins = counted(sum(c.logins for c in counts), "login")
    refusals = counted(sum(c.refusals for c in counts), "refusal")
    begin, end = _when(counts[0].at), _when(counts[-1].at + step)
    return (
        f"{logins} and {refusals} from {begin} to {end} UTC."
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


def _grid(to: Frame, up: int, down: int, scale: float, middle: float) -> Iterator[str]:
    tick = tick_for(max(up, down))
    for value in range(-(down // tick) * tick, up + 1, tick):
        y = _short(middle - value * scale)
        strength = "1" if value == 0 else "0.2"
        yield (
            f'<line x1="{_LEFT}" x2="{to.width - _RIGHT}" y1="{y}" y2="{y}" stroke="currentColor"'
            f' stroke-opacity="{strength}"/>'
        )
        yield f'<text x="{_LEFT - 6}" y="{y}" dy="4" text-anchor="end">{abs(value)}</text>'


def _columns(
    to: Frame, counts: Sequence[Count], step: int, scale: float, middle: float
) -> Iterator[str]:
    room = to.room(counts)
    width = _short(max(room * 0.8, 1))
    for place, (at, logins, refusals) in enumerate(counts):
        if not logins and not refusals:
            continue
        x, up, down = _LEFT + place * room, logins * scale, refusals * scale
        said = f"{counted(logins, 'login')}, {counted(refusals, 'refusal')}"
        yield f"<g><title>{_label(at, step)}: {said}</title>"
        if logins:
            yield _bar(x, middle - up, width, up, LOGIN)
        if refusals:
            yield _bar(x, middle, width, down, REFUSAL)
        yield "</g>"


def _bar(x: float, y: float, width: str, height: float, fill: str) -> str:
    place = f'x="{_short(x)}" y="{_short(y)}"'
    return f'<rect {place} width="{width}" height="{_short(height)}" fill="{fill}"/>'


def _times(to: Frame, counts: Sequence[Count], step: int) -> Iterator[str]:
    """Round times below the columns that begin with them.  The first has its day, each other only
    what is new in it."""
    apart = _apart_for(to, len(counts), step)
    marks = [place for place, one in enumerate(counts) if one.at % apart == 0] or [0]
    for place in marks:
        at = counts[place].at
        alone = apart < DAY and at % DAY and place != marks[0]
        text = f"{_moment(at):%H:%M}" if alone else _label(at, step if at % DAY else DAY)
        reach = _LETTER * len(text)
        x = min(_LEFT + place * to.room(counts), to.width - reach)
        yield f'<text x="{_short(x)}" y="{HEIGHT - 6}" text-anchor="middle">{text}</text>'


def _apart_for(to: Frame, columns: int, step: int) -> int:
    """The distance of the times that are told."""
    span = columns * step
    fit = (each for each in _APART if each % step == 0 and span <= each * _most_marks(to, each))
    return next(fit, span)


def _most_marks(to: Frame, apart: int) -> int:
    return to.times if apart < DAY else to.days


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
