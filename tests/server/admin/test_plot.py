"""The plot: well-formed, harmless under a strict policy, and no larger than its frame."""

import re
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from playwright.async_api import Browser

from doorward.server.admin.history.plot import DESK, HEIGHT, PHONE, Frame, draw, draw_all, tick_for
from doorward.server.audit.history import Count
from doorward.server.ui.rendering import static_file, static_path
from doorward.settings import DAY, HOUR, MINUTE

pytestmark = pytest.mark.anyio

NOON = 1_700_049_600
DAYS = [Count(NOON + n * HOUR, (n * 7) % 30, n % 5) for n in range(48)]


def numbers(svg: str, name: str) -> list[float]:
    return [float(found) for found in re.findall(rf' {name}="([-0-9.]+)"', svg)]


SERIES = {
    "usual": DAYS,
    "nothing": [Count(NOON + n * HOUR, 0, 0) for n in range(5)],
    "one": [Count(NOON, 1, 0)],
    "refusals": [Count(NOON + n * DAY, 0, 10**9) for n in range(60)],
    "flood": [Count(NOON, 10**12, 1), Count(NOON + DAY, 0, 0)],
}


@pytest.mark.parametrize("frame", [DESK, PHONE])
@pytest.mark.parametrize("name", SERIES)
def test_it_is_well_formed_and_stays_in_its_frame(name: str, frame: Frame) -> None:
    svg = draw(SERIES[name], frame)
    root = ET.fromstring(svg)  # noqa: S314 - our own
    assert root.attrib["viewBox"] == f"0 0 {frame.width} {HEIGHT}"
    rows = zip(numbers(svg, "y"), numbers(svg, "height"), strict=False)
    assert all(0 <= y <= HEIGHT and 0 <= height <= HEIGHT for y, height in rows)
    assert all(0 <= x <= frame.width for x in numbers(svg, "x"))


@pytest.mark.parametrize("name", SERIES)
def test_it_needs_nothing_that_a_strict_policy_forbids(name: str) -> None:
    assert not re.search(r"style|<script|href|url\(|\son\w+=", draw(SERIES[name]))


def test_it_says_in_words_what_it_shows() -> None:
    root = ET.fromstring(draw(DAYS))  # noqa: S314
    named = root.attrib["aria-labelledby"].split()
    assert [child.attrib.get("id") for child in root[:2]] == named
    logins, refusals = sum(c.logins for c in DAYS), sum(c.refusals for c in DAYS)
    assert root[1].text == (
        f"{logins} logins and {refusals} refusals from 2023-11-15 12:00 to 2023-11-17 12:00 UTC."
        " Most logins: 29 at 16 Nov 05:00. Most refusals: 4 at 15 Nov 16:00."
    )
    assert "Most logins: none." in draw(SERIES["nothing"])


def marks(svg: str) -> list[str]:
    return re.findall(rf'y="{HEIGHT - 6}"[^>]*>([^<]*)<', svg)


def every(step: int, columns: int, begin: int = NOON) -> list[Count]:
    return [Count(begin + n * step, 1, 0) for n in range(columns)]


def test_the_times_below_are_round_and_each_says_only_what_is_new() -> None:
    assert marks(draw(DAYS)) == ["15 Nov 12:00", "16 Nov", "12:00", "17 Nov"]
    assert marks(draw(DAYS, PHONE)) == ["16 Nov", "17 Nov"]
    week = every(3 * HOUR, 57)
    assert marks(draw(week)) == [f"{day} Nov" for day in range(16, 23)]
    assert marks(draw(week, PHONE)) == ["17 Nov", "19 Nov", "21 Nov"]
    assert marks(draw(every(MINUTE, 45))) == ["15 Nov 12:00", "12:10", "12:20", "12:30", "12:40"]
    assert marks(draw(every(MINUTE, 2, NOON + 11 * MINUTE))) == ["15 Nov 12:11", "12:12"]
    assert marks(draw(every(1000 * DAY, 1))) == ["15 Nov"]


@pytest.mark.parametrize("width", [360, 1280])
async def test_no_two_times_below_it_overlap_and_one_drawing_is_shown(
    chromium: Browser, width: int
) -> None:
    page = await chromium.new_page(viewport={"width": width, "height": 800})
    sheet = static_file(static_path("doorward.css").removeprefix("/static/"))
    assert sheet is not None
    css = sheet.body.decode()
    for counts in (DAYS, every(MINUTE, 60), every(3 * HOUR, 57), every(DAY, 59, NOON - 12 * HOUR)):
        html = f"<!doctype html><style>{css}</style><main>{draw_all(counts)}</main>"
        await page.set_content(html)
        boxes = await page.evaluate(
            """([y]) => [...document.querySelectorAll(`svg text[y="${y}"]`)]
                .map(text => text.getBoundingClientRect()).filter(box => box.width)
                .map(box => [box.left, box.right, box.height])""",
            [HEIGHT - 6],
        )
        assert len(boxes) in (range(1, 6) if width == 360 else range(2, 9))
        assert all(one[1] + 6 < other[0] for one, other in pairwise(boxes)), boxes
        assert min(height for *_, height in boxes) > 10
        assert boxes[-1][1] <= width
        legend = await page.evaluate(
            """() => [...document.querySelectorAll("svg > rect")]
                .map(mark => mark.getBoundingClientRect().width).filter(width => width)"""
        )
        assert len(legend) == 2
        assert max(legend) < 30
    await page.close()


def test_each_column_is_named_and_as_high_as_it_counts() -> None:
    counts = [Count(0, 30, 10), Count(DAY, 0, 0), Count(2 * DAY, 15, 0)]
    root = ET.fromstring(draw(counts))  # noqa: S314
    columns = [child for child in root if child.tag == "g"]
    assert [column[0].text for column in columns] == [
        "1 Jan: 30 logins, 10 refusals",
        "3 Jan: 15 logins, 0 refusals",
    ]
    up, down = (float(bar.attrib["height"]) for bar in columns[0][1:])
    (half,) = (float(bar.attrib["height"]) for bar in columns[1][1:])
    assert up == pytest.approx(3 * down, abs=0.2)
    assert up == pytest.approx(2 * half, abs=0.2)
    above, below = (float(bar.attrib["y"]) for bar in columns[0][1:])
    assert above + up == pytest.approx(below, abs=0.2)


@pytest.mark.parametrize(
    ("most", "tick"),
    [(0, 1), (1, 1), (3, 1), (4, 2), (7, 2), (8, 5), (100, 50), (10**12, 5 * 10**11)],
)
def test_grid_lines_stand_at_round_numbers(most: int, tick: int) -> None:
    assert tick_for(most) == tick


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_browser_paints_it_in_the_colours_of_the_page(
    chromium: Browser, scheme: str
) -> None:
    context = await chromium.new_context(color_scheme=scheme)  # type: ignore[arg-type]
    page = await context.new_page()
    sheet = static_file(static_path("doorward.css").removeprefix("/static/"))
    assert sheet is not None
    css = sheet.body.decode()
    await page.set_content(f"<!doctype html><style>{css}</style><body>{draw(DAYS)}</body>")
    painted = await page.evaluate(
        """() => {
            const probe = document.body.appendChild(document.createElement('i'))
            return ['--accent', '--danger'].map((name, place) => {
                probe.style.color = `var(${name})`
                const bar = document.querySelectorAll('svg > rect')[place]
                return [getComputedStyle(bar).fill, getComputedStyle(probe).color]
            })
        }"""
    )
    assert [bar for bar, _ in painted] == [colour for _, colour in painted]
    assert painted[0][0] != painted[1][0]
    await context.close()
