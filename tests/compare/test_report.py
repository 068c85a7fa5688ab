"""The page that a run writes."""

import re
from html import unescape
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from playwright.async_api import Browser

from doorward.compare.catalogue import ROWS
from doorward.compare.plot import bars
from doorward.compare.report import report
from tests.compare.figures import COLUMNS, a_run
from tools.pictures import example

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_explains_each_row_and_needs_nothing_beside_it() -> None:
    page = report(a_run(), "A title")
    for row in ROWS:
        assert f'id="{row.id}"' in page
        assert row.explained.partition("'")[0] in page
    assert "<script" not in page
    assert re.findall(r" src=|url\(|@import|https?:", page) == []


def test_what_was_measured_is_shown_as_text() -> None:
    page = report(a_run(), "A <title>")
    assert "<b>words</b>" not in page
    assert "&lt;b&gt;words&lt;/b&gt;" in page
    assert "A &lt;title&gt;" in page


def test_bars_are_as_long_as_their_figures_and_name_them() -> None:
    row = ROWS[0]
    drawn = bars(row, COLUMNS, dict(zip(COLUMNS, (10, 40, None), strict=True)))
    svg = ET.fromstring(str(drawn))  # noqa: S314 - our own
    lengths = [float(bar.get("width", "").removesuffix("%")) for bar in svg.iter("rect")]
    assert lengths[1] == pytest.approx(4 * lengths[0], abs=0.1)
    assert [text.text for text in svg.iter("text")][1::2] == ["10", "40", "-"]
    assert lengths[1] == 100
    assert "session @ sqlite: 10" in str(svg.get("aria-label"))


def test_bars_that_are_far_apart_count_powers_of_ten_and_say_so() -> None:
    drawn = bars(ROWS[0], COLUMNS, dict(zip(COLUMNS, (1, 1_000, 1_000_000), strict=True)))
    lengths = [float(width) for width in re.findall(r'<rect[^>]* width="([\d.]+)%"', drawn)]
    assert lengths[2] - lengths[1] == pytest.approx(lengths[1] - lengths[0], abs=0.1)
    assert "power of ten" in drawn


def test_a_logarithmic_chart_says_so_beside_its_title_and_each_topic_is_linked() -> None:
    page = report(a_run(), "A title")
    assert f"{ROWS[0].title}, {ROWS[0].unit}</h3>" in page
    assert page.count("<h2 id=") == page.count("<li><a href=")
    wide = a_run()
    wide.values[ROWS[0].id] = dict(zip(COLUMNS, (1, 10, 1_000), strict=True))
    assert f"{ROWS[0].title}, {ROWS[0].unit}, logarithmic</h3>" in report(wide, "A title")


def test_nothing_is_drawn_where_everything_is_nothing() -> None:
    assert bars(ROWS[0], COLUMNS, dict.fromkeys(COLUMNS, 0)) == ""


def test_the_example_is_the_kept_result_in_the_words_of_today() -> None:
    kept = (DOCS / "examples/compare.html").read_text()
    assert kept == example(), "run: python -m tools.pictures"
    words = unescape(kept)
    for row in ROWS:
        assert {text for text in (row.title, row.explained, row.how) if text not in words} == set()


@pytest.mark.process
@pytest.mark.anyio
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("colours", ["light", "dark"])
async def test_the_example_fits_in_light_and_dark(
    width: int, colours: str, chromium: Browser
) -> None:
    context = await chromium.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if colours == "dark" else "light",
    )
    page = await context.new_page()
    trouble: list[str] = []
    page.on("console", lambda message: trouble.append(message.text))
    address = (DOCS / "examples/compare.html").as_uri()
    page.on("request", lambda request: trouble.append(request.url))
    await page.goto(address)
    assert await page.evaluate("document.documentElement.scrollWidth") == width
    assert await page.locator("section").count() == len(ROWS)
    assert trouble == [address]
    await context.close()
