"""axe-core finds nothing on any page."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from doorward.server.ui.rendering import render
from tests.server.pages import every_page
from tests.server.served import ORIGIN, serving

pytestmark = pytest.mark.anyio

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
RUN = """async () => {
    const {violations} = await axe.run({
        resultTypes: ["violations"],
        preload: false,
        rules: {"target-size": {enabled: true}},
    });
    return violations.flatMap(({id, nodes}) => nodes.map(({html}) => `${id}: ${html}`));
}"""
"""All rules of WCAG 2.2 A and AA and of good practice.  One is off by default: a target is at least
24 pixels high and wide, or stands apart."""

PAGES = every_page("plain")
VARIANTS = [(scheme, width) for scheme in ("light", "dark") for width in (390, 1280)]

PARTS = 4
"""All pages are looked at in so many parts."""


def fullest() -> list[str]:
    """Of each template the longest page, which has most of what the others have."""
    longest = sorted(PAGES, key=lambda name: len(render(PAGES[name])))
    return [*{PAGES[name].template: name for name in longest}.values()]


@asynccontextmanager
async def opened(chromium: Browser, scheme: Any, width: int) -> AsyncIterator[Page]:
    view = {"width": width, "height": 800}
    context = await chromium.new_context(color_scheme=scheme, viewport=view)  # type: ignore[arg-type]  # a dict of these two keys
    await context.route("**/*", serving(PAGES))
    yield await context.new_page()
    await context.close()


async def faults_of(page: Page, names: Iterable[str]) -> dict[str, list[str]]:
    found = {}
    for name in names:
        await page.goto(ORIGIN + name)
        await page.evaluate(AXE)
        found[name] = await page.evaluate(RUN)
    return {name: faults for name, faults in found.items() if faults}


async def test_axe_finds_nothing_on_the_fullest_page_of_each_template(chromium: Browser) -> None:
    """On a phone, which has every element that a desk has, and more to press in less room.  The
    palette has its own test in both schemes."""
    async with opened(chromium, "light", 390) as page:
        assert await faults_of(page, fullest()) == {}


@pytest.mark.soak
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize(("scheme", "width"), VARIANTS)
async def test_axe_finds_nothing_on_any_page(
    chromium: Browser, scheme: str, width: int, part: int
) -> None:
    async with opened(chromium, scheme, width) as page:
        assert await faults_of(page, list(PAGES)[part::PARTS]) == {}


async def test_axe_sees_what_is_wrong(chromium: Browser) -> None:
    async with opened(chromium, "light", 390) as page:
        await page.goto(ORIGIN + "login")
        await page.evaluate("document.querySelector('label').remove()")
        await page.evaluate(AXE)
        (fault,) = await page.evaluate(RUN)
    assert fault.startswith("label: <input")
