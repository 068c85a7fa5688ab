"""What a page of another site and a client without cookies can do to a real server, on a file and
in memory, in both modes.  The journeys of people are in tests/journeys."""

from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import httpx2
import pytest
from playwright.async_api import Browser, BrowserContext, Page

from tests.server.house import PASSWORD
from tests.support.server import RunningServer, Serve
from tests.support.until import PATIENCE

pytestmark = pytest.mark.anyio

# tests/journeys shows both modes on a file; a browser costs much.
SERVERS = [
    pytest.param(("token", "memory")),
    pytest.param(("session", "file"), marks=pytest.mark.soak),
    pytest.param(("session", "memory"), marks=pytest.mark.soak),
    pytest.param(("token", "file"), marks=pytest.mark.soak),
]
PEOPLE = count()


@pytest.fixture(scope="module", params=SERVERS, ids="-".join)
def server(request: pytest.FixtureRequest, serve: Serve) -> RunningServer:
    mode, store = request.param
    kept = () if store == "file" else ("--database", "memory:")
    return serve("--mode", mode, "--signup-limit", "1000", *kept)


@pytest.fixture
def email() -> str:
    """Another person for each test: the servers are shared."""
    return f"{next(PEOPLE)}@example.test"


@pytest.fixture
async def context(chromium: Browser) -> AsyncIterator[BrowserContext]:
    found = await chromium.new_context()
    yield found
    await found.close()


async def sign_up(page: Page, url: str, email: str) -> None:
    await page.goto(f"{url}/signup")
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Create account").click()
    await page.wait_for_url(f"{url}/account")


async def test_no_script_sees_a_credential(
    server: RunningServer, context: BrowserContext, email: str
) -> None:
    page = await context.new_page()
    await sign_up(page, server.url, email)
    cookies = {cookie["name"]: cookie for cookie in await context.cookies()}
    mode = "__Host-session" in cookies or "__Host-refresh" in cookies
    assert mode
    for cookie in cookies.values():
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
        assert cookie["secure"] is cookie["name"].startswith("__Host-")
    seen = await page.evaluate("[document.cookie, localStorage.length, sessionStorage.length]")
    assert seen == ["", 0, 0]
    held = [cookie["value"] for cookie in cookies.values() if len(cookie["value"]) > 20]
    assert not [value for value in held if value in await page.content()]


async def test_another_site_can_do_nothing_with_the_cookies(
    server: RunningServer, context: BrowserContext, email: str
) -> None:
    """`127.0.0.1` is another site; `app.localhost` is the same site, and refused too."""
    page = await context.new_page()
    await sign_up(page, server.url, email)
    for host in ("127.0.0.1", "app.localhost"):
        evil = await context.new_page()
        await evil.route(
            "**/attack", lambda route: route.fulfill(body="", content_type="text/html")
        )
        await evil.goto(f"http://{host}:{server.port}/attack")
        for path in ("/logout", "/account/sessions/end-others", "/login"):
            async with evil.expect_navigation():
                await evil.evaluate(
                    "url => { const form = document.createElement('form'); form.method = 'post';"
                    " form.action = url; document.body.append(form); form.submit() }",
                    server.url + path,
                )
            assert "Not allowed" in await evil.inner_text("main")
            await evil.goto(f"http://{host}:{server.port}/attack")
        await evil.evaluate(
            "url => fetch(url, {method: 'POST', mode: 'no-cors', credentials: 'include'})"
            ".catch(() => 'the answer may not be read')",
            f"{server.url}/api/logout",
        )
        await evil.close()
    await page.reload()
    assert page.url == f"{server.url}/account"


async def test_no_page_can_be_framed(server: RunningServer, context: BrowserContext) -> None:
    page = await context.new_page()
    html = f'<iframe src="{server.url}/login"></iframe>'
    await page.route("**/frame", lambda route: route.fulfill(body=html, content_type="text/html"))
    await page.goto(f"http://127.0.0.1:{server.port}/frame")
    await page.wait_for_load_state("networkidle")
    frame = page.frames[1]
    assert "Log in" not in await frame.content()


async def test_a_client_without_cookies_does_the_same_by_bearer(
    server: RunningServer, email: str
) -> None:
    body = {"email": email, "password": PASSWORD, "transport": "bearer"}
    async with httpx2.AsyncClient(base_url=server.url, timeout=PATIENCE) as client:
        assert (await client.post("/api/signup", json=body)).status_code == 201
        tokens: dict[str, Any] = (await client.post("/api/login", json=body)).json()
        client.headers["authorization"] = f"Bearer {tokens['access_token']}"
        me = (await client.get("/api/me")).json()
        if "refresh_token" in tokens:
            answer = await client.post(
                "/api/refresh", json={"refresh_token": tokens["refresh_token"]}
            )
            client.headers["authorization"] = f"Bearer {answer.json()['access_token']}"
        assert (await client.get("/api/me")).json()["sid"] == me["sid"]
        assert (await client.post("/api/logout")).status_code == 204
        dead = await client.get("/api/me")
        assert (dead.status_code, dead.json()["reason"]) == (401, "revoked")
