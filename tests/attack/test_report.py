"""The page that a run writes, as a reader sees it on a phone and on a screen."""

from pathlib import Path

import pytest
from playwright.async_api import Browser

from doorward.cli.attack import main

pytestmark = [pytest.mark.process, pytest.mark.anyio]


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("colours", ["light", "dark"])
async def test_the_report_fits_and_shows_what_was_sent(
    width: int, colours: str, chromium: Browser, report: Path
) -> None:
    context = await chromium.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if colours == "dark" else "light",
    )
    page = await context.new_page()
    trouble: list[str] = []
    page.on("console", lambda message: trouble.append(message.text))
    page.on("request", lambda request: trouble.append(request.url))
    await page.goto(report.as_uri())
    assert await page.evaluate("document.documentElement.scrollWidth") == width
    assert await page.locator("tbody tr").count() == 2
    await page.locator("summary").first.click()
    assert "Cookie: session=" in await page.locator("details[open]").inner_text()
    assert trouble == [report.as_uri()]
    await context.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    page = tmp_path_factory.mktemp("report") / "report.html"
    assert main(["--naive", "--only", "csrf", "--html", str(page)]) == 1
    return page


def test_no_secret_of_a_run_stands_in_its_report(report: Path) -> None:
    text = report.read_text()
    assert "throw-away" not in text
    assert "***" in text


@pytest.mark.parametrize("word", ["succeeded", "not applicable"])
def test_each_verdict_has_its_colour(word: str, report: Path) -> None:
    assert f'<span class="{word}">{word}</span>' in report.read_text()
