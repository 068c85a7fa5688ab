"""After a logout the Back button shows nothing that only somebody logged in may see."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import pytest
from fastapi import Depends, FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from playwright.async_api import Browser, Page

from doorward.types import Mode
from doorward.web.fastapi import Doorward, Principal
from tests.support.thread import served

pytestmark = [pytest.mark.anyio, pytest.mark.process]

SECRET = "the plans of ann"
BUTTON = '<form method="post" action="/{}"><button>go</button></form>'


def application(auth: Doorward) -> FastAPI:
    app = FastAPI(lifespan=auth.lifespan)
    auth.install(app, login_page="/login")
    Known = Annotated[Principal, Depends(auth.principal)]  # noqa: N806 - a type
    Maybe = Annotated[Principal | None, Depends(auth.optional_principal)]  # noqa: N806 - a type

    @app.get("/login", response_class=HTMLResponse)
    async def login_page() -> str:
        return BUTTON.format("login")

    @app.post("/login")
    async def login() -> RedirectResponse:
        attempt, response = await auth.attempt(), RedirectResponse("/plans", 303)
        await attempt.login(response, subject="ann")
        return response

    @app.get("/plans", response_class=HTMLResponse)
    async def plans(who: Known) -> str:
        return SECRET + BUTTON.format("logout")

    @app.get("/home", response_class=HTMLResponse)
    async def home(who: Maybe) -> str:
        return (SECRET if who else "a stranger") + BUTTON.format("logout")

    @app.post("/logout")
    async def logout(request: Request) -> RedirectResponse:
        response = RedirectResponse("/bye", 303)
        await auth.logout(request, response)
        return response

    @app.get("/bye", response_class=HTMLResponse)
    async def bye() -> str:
        return "<script>localStorage.length</script>bye"

    return app


@pytest.fixture(params=["session", "token"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    mode: Mode = request.param
    auth = Doorward("memory:", mode=mode, root_key_file=tmp_path / "key")
    with served(application(auth)) as found:
        yield found.url.replace("127.0.0.1", "localhost")


@asynccontextmanager
async def logged_in(browser: Browser, url: str) -> AsyncIterator[Page]:
    context = await browser.new_context()
    try:
        page = await context.new_page()
        await page.goto(f"{url}/login")
        await page.click("button")
        await page.wait_for_url("**/plans")
        yield page
    finally:
        await context.close()


@pytest.mark.parametrize("path", ["/plans", "/home"])
async def test_the_back_button_shows_nothing_guarded_after_a_logout(
    chromium: Browser, url: str, path: str
) -> None:
    async with logged_in(chromium, url) as page:
        await page.goto(url + path)
        assert SECRET in await page.content()
        await page.click("button")
        await page.wait_for_url("**/bye")
        await page.go_back()
        assert SECRET not in await page.content()


async def test_the_back_button_shows_nothing_guarded_after_a_logout_in_another_tab(
    chromium: Browser, url: str
) -> None:
    async with logged_in(chromium, url) as page:
        await page.goto(f"{url}/bye")
        other = await page.context.new_page()
        await other.goto(f"{url}/plans")
        await other.click("button")
        await other.wait_for_url("**/bye")
        await page.go_back()
        assert SECRET not in await page.content()


async def test_a_logout_empties_what_scripts_kept(chromium: Browser, url: str) -> None:
    async with logged_in(chromium, url) as page:
        await page.evaluate("localStorage.setItem('draft', 'of ann')")
        await page.click("button")
        await page.wait_for_url("**/bye")
        assert await page.evaluate("localStorage.length") == 0
