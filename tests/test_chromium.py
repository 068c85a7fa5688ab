"""The browser that other tests rely on."""

import pytest
from playwright.async_api import Browser

pytestmark = pytest.mark.anyio


async def test_a_real_browser_renders_a_page_and_runs_its_script(chromium: Browser) -> None:
    context = await chromium.new_context()
    page = await context.new_page()
    await page.set_content("<p id=sum>?</p>")
    await page.evaluate("document.querySelector('#sum').textContent = 2 + 3")
    assert await page.inner_text("#sum") == "5"
    await context.close()
