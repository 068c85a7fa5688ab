"""Lags as a picture: a row for each engine, mode and kind of decision, by a logarithm of time."""

from collections.abc import Iterator, Sequence
from math import log10
from typing import NamedTuple

WIDTH, LEFT, RIGHT, TOP, ROW, GAP = 720, 216, 20, 48, 20, 14
LEAST, MOST = 0.1, 100.0
"""Milliseconds at the left and the right edge; what is less stands at the edge."""

STYLE = """<style>
svg { font: 12px system-ui, sans-serif; color: #1f2328 }
text { fill: currentColor } .grid { stroke: currentColor; stroke-opacity: .15 }
.most { stroke: #0b6e99; stroke-width: 1 } .usual { stroke: #0b6e99; stroke-width: 7 }
.half { fill: #fff; stroke: #0b6e99; stroke-width: 2 } .target { stroke: #b3261e; stroke-width: 2 }
@media (prefers-color-scheme: dark) {
svg { color: #e6edf3 } .most, .usual, .half { stroke: #5cc1e8 } .half { fill: #0d1117 }
.target { stroke: #ff8a80 } }
</style>"""


class Lags(NamedTuple):
    """Milliseconds in order, and below how many 99 of 100 are to be."""

    store: str
    mode: str
    what: str
    times: Sequence[float]
    target: float

    def within(self, share: float) -> float:
        """How long the share of the fastest took."""
        return self.times[min(int(len(self.times) * share), len(self.times) - 1)]


def draw(all_lags: Sequence[Lags]) -> str:
    """An SVG document, in a light and a dark look."""
    height = _top(all_lags, len(all_lags) - 1) + ROW + 8
    frame = f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {frame} aria-labelledby="t d">',
        '<title id="t">Milliseconds until another process obeys a decision</title>',
        f'<desc id="d">{" ".join(map(_sentence, all_lags))}</desc>',
        STYLE,
        *_legend(),
        *_grid(height),
    ]
    for place, lags in enumerate(all_lags):
        parts += _row(lags, _top(all_lags, place))
    return "\n".join([*parts, "</svg>\n"])


def _sentence(lags: Lags) -> str:
    half, most = lags.within(0.5), lags.within(0.99)
    return (
        f"{lags.store}, {lags.mode} mode, {lags.what}: half within {half:.2f} ms,"
        f" 99 of 100 within {most:.2f} ms, target {lags.target:g} ms."
    )


def _top(all_lags: Sequence[Lags], place: int) -> int:
    """Where a row begins; a gap stands between the engines."""
    stores = [lags.store for lags in all_lags[: place + 1]]
    return TOP + place * ROW + (len(dict.fromkeys(stores)) - 1) * GAP


def _x(milliseconds: float) -> str:
    share = log10(min(max(milliseconds, LEAST), MOST) / LEAST) / log10(MOST / LEAST)
    return f"{LEFT + share * (WIDTH - LEFT - RIGHT):.1f}"


def _legend() -> Iterator[str]:
    yield '<line class="most" x1="216" x2="246" y1="12" y2="12"/>'
    yield '<line class="usual" x1="222" x2="240" y1="12" y2="12"/>'
    yield '<text x="252" y="16">98 and 90 of 100</text>'
    yield '<circle class="half" cx="372" cy="12" r="4"/><text x="382" y="16">half are faster</text>'
    yield '<line class="target" x1="488" x2="488" y1="5" y2="19"/>'
    yield '<text x="496" y="16">99 of 100 are to be left of it</text>'


def _grid(height: int) -> Iterator[str]:
    for milliseconds in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100):
        x = _x(milliseconds)
        yield f'<line class="grid" x1="{x}" x2="{x}" y1="{TOP - 4}" y2="{height - 8}"/>'
        yield f'<text x="{x}" y="{TOP - 10}" text-anchor="middle">{milliseconds:g}</text>'
    yield f'<text x="{LEFT - 12}" y="{TOP - 10}" text-anchor="end">milliseconds</text>'


def _row(lags: Lags, top: int) -> Iterator[str]:
    y, target = top + ROW // 2, _x(lags.target)
    name = f"{lags.store}, {lags.mode}, {lags.what}"
    yield f"<g><title>{_sentence(lags)}</title>"
    yield f'<text x="{LEFT - 12}" y="{y + 4}" text-anchor="end">{name}</text>'
    yield _line("most", lags, (0.01, 0.99), y)
    yield _line("usual", lags, (0.05, 0.95), y)
    yield f'<circle class="half" cx="{_x(lags.within(0.5))}" cy="{y}" r="4"/>'
    yield f'<line class="target" x1="{target}" x2="{target}" y1="{top}" y2="{top + ROW}"/></g>'


def _line(kind: str, lags: Lags, shares: tuple[float, float], y: int) -> str:
    ends = [_x(lags.within(share)) for share in shares]
    return f'<line class="{kind}" x1="{ends[0]}" x2="{ends[1]}" y1="{y}" y2="{y}"/>'
