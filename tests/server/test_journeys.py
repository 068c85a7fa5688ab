"""The main job, on a real socket: sign up, log in, be seen, be refused, in a real Chromium and by a
client without cookies, on a file and in memory, in both modes."""

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

NEW = "a wholly new passphrase"


# The journeys of tests/journeys show both modes on a file; a browser costs much.
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


async def log_in(page: Page, email: str, password: str = PASSWORD) -> None:
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Password", exact=True).fill(password)
    await page.get_by_role("button", name="Log in").click()


async def test_a_person_signs_up_logs_out_and_logs_in_again(
    server: RunningServer, context: BrowserContext, email: str
) -> None:
    page = await context.new_page()
    trouble: list[str] = []
    page.on("pageerror", lambda error: trouble.append(str(error)))
    await sign_up(page, server.url, email)
    assert email in await page.inner_text("main")
    await page.get_by_role("button", name="Log out").click()
    await page.wait_for_url(f"{server.url}/login")
    assert "You are logged out." in await page.inner_text("main")
    await page.goto(f"{server.url}/account")
    assert page.url == f"{server.url}/login?return_to=%2Faccount"
    await log_in(page, email, "not the password")
    assert "is wrong" in await page.inner_text("main")
    await log_in(page, email)
    await page.wait_for_url(f"{server.url}/account")
    assert trouble == []


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


async def test_the_back_button_shows_nothing_after_logging_out(
    server: RunningServer, context: BrowserContext, email: str
) -> None:
    page = await context.new_page()
    await sign_up(page, server.url, email)
    await page.get_by_role("button", name="Log out").click()
    await page.wait_for_url(f"{server.url}/login")
    await page.go_back()
    await page.wait_for_url(f"{server.url}/login?return_to=%2Faccount")
    assert email not in await page.content()


async def test_a_person_sees_and_ends_another_login(
    server: RunningServer, context: BrowserContext, chromium: Browser, email: str
) -> None:
    page = await context.new_page()
    await sign_up(page, server.url, email)
    phone = await chromium.new_context(user_agent="Mozilla/5.0 (iPhone) Safari/604.1")
    other = await phone.new_page()
    await other.goto(f"{server.url}/login")
    await log_in(other, email)
    await other.wait_for_url(f"{server.url}/account")
    await page.reload()
    places = page.get_by_role("region", name="Where you are logged in")
    place = places.get_by_role("listitem").filter(has_text="Safari on iPhone")
    await place.get_by_role("button").click()
    await page.get_by_text("That place is logged out.").wait_for()
    assert await place.count() == 0
    await other.reload()
    assert other.url == f"{server.url}/login?return_to=%2Faccount"
    await phone.close()


async def test_a_new_password_logs_every_other_place_out(
    server: RunningServer, context: BrowserContext, chromium: Browser, email: str
) -> None:
    page = await context.new_page()
    await sign_up(page, server.url, email)
    elsewhere = await chromium.new_context()
    other = await elsewhere.new_page()
    await other.goto(f"{server.url}/login")
    await log_in(other, email)
    await page.get_by_label("Current password", exact=True).fill(PASSWORD)
    await page.get_by_label("New password", exact=True).fill(NEW)
    await page.get_by_role("button", name="Change password").click()
    await page.get_by_text("Your password was changed").wait_for()
    await other.goto(f"{server.url}/account")
    await log_in(other, email)
    assert "is wrong" in await other.inner_text("main")
    await log_in(other, email, NEW)
    await other.wait_for_url(f"{server.url}/account")
    await elsewhere.close()


async def test_the_pages_work_without_scripts(
    server: RunningServer, chromium: Browser, email: str
) -> None:
    context = await chromium.new_context(java_script_enabled=False)
    page = await context.new_page()
    await sign_up(page, server.url, email)
    await page.get_by_role("button", name="Log out").click()
    await log_in(page, email)
    await page.wait_for_url(f"{server.url}/account")
    await context.close()


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
