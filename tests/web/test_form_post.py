"""A login that an identity provider finishes by a form of its own page, in a real browser."""

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType

import pytest
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from playwright.async_api import Browser, BrowserContext

from doorward.web.fastapi import Doorward
from tests.docs.pages import DOCS, blocks
from tests.support.thread import served

pytestmark = [pytest.mark.anyio, pytest.mark.process]

FORM = """<form method="post" action="{action}">
<input name="code" value="{code}"><input name="state" value="{state}"><button>go</button></form>"""


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The application that the page about identity providers shows."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    found = ModuleType("recipe")
    page = DOCS / "identity-provider.md"
    block = next(each for each in blocks(page) if each.more == "test_form_post.py")
    exec(block.text, found.__dict__)  # noqa: S102  # our own page
    return found


@pytest.fixture
def home(recipe: ModuleType) -> Iterator[str]:
    auth: Doorward = recipe.auth
    app: FastAPI = recipe.app

    @app.get("/", response_class=HTMLResponse)
    async def front() -> str:
        return "home"

    @app.post("/strict")
    async def strict() -> None:
        await auth.attempt()

    with served(app) as running:
        yield running.url.replace("127.0.0.1", "localhost")


@pytest.fixture
def provider(home: str) -> Iterator[str]:
    """Another site: it has another host name."""
    site = FastAPI()

    @site.get("/{path}", response_class=HTMLResponse)
    async def authorize(path: str, state: str, code: str = "ann") -> str:
        return FORM.format(action=f"{home}/{path}".replace("-", "/"), code=code, state=state)

    with ExitStack() as stack:
        yield stack.enter_context(served(site)).url


@pytest.fixture
async def context(chromium: Browser) -> AsyncIterator[BrowserContext]:
    found = await chromium.new_context()
    yield found
    await found.close()


async def ticket_of(context: BrowserContext, home: str) -> str:
    """Begins a login in this browser."""
    await context.request.get(f"{home}/login/provider", max_redirects=0)
    ticket = await cookie_of(context, "login-ticket")
    assert ticket is not None
    return ticket


async def cookie_of(context: BrowserContext, name: str) -> str | None:
    found = {each.get("name"): each.get("value") for each in await context.cookies()}
    return found.get(f"__Host-{name}")


async def test_a_form_of_the_provider_finishes_the_login_that_began_here(
    context: BrowserContext, home: str, provider: str
) -> None:
    state = await ticket_of(context, home)
    page = await context.new_page()
    await page.goto(f"{provider}/login-callback?state={state}")
    await page.click("button")
    await page.wait_for_url(f"{home}/")
    assert await cookie_of(context, "session") is not None


async def test_a_form_of_an_attacker_logs_nobody_in(
    context: BrowserContext, home: str, provider: str
) -> None:
    theirs = "the attacker's own state"
    for begun in (False, True):
        if begun:
            await ticket_of(context, home)
        page = await context.new_page()
        await page.goto(f"{provider}/login-callback?state={theirs}&code=attacker")
        await page.click("button")
        await page.wait_for_url(f"{home}/login/finish**")
        assert "did not begin in this browser" in await page.content()
        assert await cookie_of(context, "session") is None


async def test_a_login_in_the_form_itself_is_refused(
    context: BrowserContext, home: str, provider: str
) -> None:
    page = await context.new_page()
    await page.goto(f"{provider}/strict?state=x")
    await page.click("button")
    await page.wait_for_url(f"{home}/strict")
    assert "cross_origin" in await page.content()
