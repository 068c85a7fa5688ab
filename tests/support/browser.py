"""A real Chromium for tests.  Playwright's synchronous API would occupy the tests' event loop."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, Error, async_playwright, expect

from tests.support.until import PATIENCE

NAMES = ("chromium-headless-shell", "chromium", "google-chrome")
FLAGS = [
    "--no-sandbox",  # root, as in most containers, has no sandbox to give
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def chromium_path() -> str | None:
    """DOORWARD_CHROMIUM, else one on PATH; None: Playwright's own, or failure."""
    given = os.environ.get("DOORWARD_CHROMIUM")
    return given or next((path for path in map(shutil.which, NAMES) if path), None)


@asynccontextmanager
async def launched_chromium() -> AsyncIterator[Browser]:
    expect.set_options(timeout=1000 * PATIENCE)
    async with async_playwright() as playwright:
        try:
            browser = await playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        except Error as error:
            # its message is a stack of the driver's, and each test that asks for a browser shows it
            why = str(error).partition("\n")[0]
            said = f"no browser ({why}); install Chromium, or name one in DOORWARD_CHROMIUM"
            raise pytest.fail.Exception(said, pytrace=False) from None
        try:
            yield browser
        finally:
            await browser.close()
