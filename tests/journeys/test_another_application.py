"""A real browser goes from another application to us and back, held to the policy of our pages."""

from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.async_api import Browser, Route

from doorward.server.oauth.pkce import challenge_of
from tests.cli.desk import desk_of
from tests.support.thread_server import server_in_thread

pytestmark = [pytest.mark.anyio, pytest.mark.process]

EMAIL, PASSWORD = "ada@example.test", "correct horse battery"
CALLBACK, API = "https://photos.example/callback", "https://api.photos.example"
VERIFIER = "v" * 43


async def test_a_browser_arrives_after_login_and_consent_and_the_next_time_by_itself(
    chromium: Browser, tmp_path: Path
) -> None:
    complaints: list[str] = []
    arrived: list[dict[str, str]] = []

    async def arrive(route: Route) -> None:
        arrived.append(await route.request.all_headers())
        await route.fulfill(body="<h1>Arrived</h1>", content_type="text/html")

    with server_in_thread("--provider", "on", folder=tmp_path) as server:
        desk = desk_of(server)
        desk.data("scopes", "add", "photos:read", API, "See your photos.")
        words = ["--redirect-uri", CALLBACK, "--scope", "photos:read"]
        client = desk.data("clients", "add", "Photos", *words)
        context = await chromium.new_context()
        context.set_default_timeout(5_000)
        account = {"email": EMAIL, "password": PASSWORD}
        assert (await context.request.post(f"{server.url}/api/signup", data=account)).ok
        page = await context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        await page.route("https://photos.example/**", arrive)
        asked = {
            "response_type": "code",
            "client_id": client["client_id"],
            "redirect_uri": CALLBACK,
            "scope": "photos:read",
            "state": "s",
            "code_challenge": str(challenge_of(VERIFIER)),
            "code_challenge_method": "S256",
        }
        address = f"{server.url}/oauth/authorize?{urlencode(asked)}"
        await page.goto(address)
        await page.get_by_label("E-mail").fill(EMAIL)
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Log in", exact=True).click()
        await page.get_by_text("See your photos.").wait_for()
        await page.get_by_role("button", name="Allow").click()
        await page.wait_for_url("https://photos.example/**")
        said = parse_qs(urlsplit(page.url).query)
        assert (said["state"], said["iss"]) == (["s"], [server.url])
        form = {
            "grant_type": "authorization_code",
            "code": said["code"][0],
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
            "client_id": client["client_id"],
            "client_secret": client["client_secret"],
        }
        answer = await context.request.post(f"{server.url}/oauth/token", form=form)
        assert answer.ok, await answer.text()

        # the next time, the form of the login leads out of this site without a question
        await context.clear_cookies()
        await page.goto(address)
        await page.get_by_label("E-mail").fill(EMAIL)
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Log in", exact=True).click()
        await page.wait_for_url("https://photos.example/**")
        # and where no form was sent, by a redirect, which Playwright does not intercept
        redirect = await context.request.get(address, max_redirects=0)
        assert (redirect.status, redirect.headers["location"].split("?")[0]) == (302, CALLBACK)
        await context.close()
    assert len(arrived) == 2
    assert not [each for each in arrived if "referer" in each or "cookie" in each]
    assert complaints == []
