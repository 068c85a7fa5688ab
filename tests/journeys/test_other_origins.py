"""Single-page applications that are served from elsewhere, in a real browser."""

import itertools
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Error, Page, expect

from doorward.testing import FakeClock
from doorward.types import Mode
from tests.support.elsewhere import pages_elsewhere
from tests.support.ports import free_port
from tests.support.thread_server import ThreadServer, server_in_thread

pytestmark = pytest.mark.anyio

PASSWORD = "a sturdy door of oak"
MODES: tuple[Mode, ...] = ("session", "token")
_names = itertools.count()

CALL = """async ([url, method, body, headers, credentials]) => {
    const answer = await fetch(url, {
        method,
        headers: {...(body && {"content-type": "application/json"}), ...headers},
        body: body && JSON.stringify(body),
        credentials,
    })
    const text = await answer.text()
    return [answer.status, text && JSON.parse(text)]
}"""


@dataclass(frozen=True, slots=True)
class Spa:
    """A script on a page of another origin, which calls the server at `api`."""

    page: Page
    api: str
    credentials: str

    async def call(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> tuple[int, Any]:
        status, said = await self.page.evaluate(
            CALL, [self.api + path, method, body, headers, self.credentials]
        )
        return status, said


@dataclass(frozen=True, slots=True)
class Scene:
    """A server at `login.localhost`, and the port at which other people's pages are."""

    server: ThreadServer
    port: int
    clock: FakeClock
    mode: Mode

    @property
    def api(self) -> str:
        return f"http://login.localhost:{self.server.port}"

    def origin(self, host: str) -> str:
        return f"http://{host}:{self.port}"


SIBLING, OTHER_PORT, OTHER_SITE, STRANGER = (
    "spa.login.localhost",
    "login.localhost",
    "spa.localhost",
    "evil.login.localhost",
)


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Mode, Scene]]:
    with ExitStack() as stack:
        yield {
            mode: stack.enter_context(opened(mode, tmp_path_factory.mktemp(mode))) for mode in MODES
        }


@pytest.fixture(params=MODES)
def scene(request: pytest.FixtureRequest, scenes: dict[Mode, Scene]) -> Scene:
    """In each mode one for all tests."""
    return scenes[request.param]


@contextmanager
def opened(mode: Mode, folder: Path) -> Iterator[Scene]:
    clock = FakeClock(int(time.time()))  # the browser has its own, by which cookies end
    with ExitStack() as stack:
        port, own = stack.enter_context(pages_elsewhere()), free_port()
        known = [f"http://{host}:{port}" for host in (SIBLING, OTHER_PORT, OTHER_SITE)]
        server = stack.enter_context(
            server_in_thread(
                *("--mode", mode, "--public-origin", f"http://login.localhost:{own}"),
                *("--trusted-origin", known[0], "--trusted-origin", ", ".join(known[1:])),
                folder=folder,
                port=own,
                clock=clock,
            )
        )
        yield Scene(server, port, clock, mode)


def in_turn(names: str, *rows: Any) -> pytest.MarkDecorator:
    """Each of these rows in one mode in the ordinary suite, by turns, and under soak in the other.
    No rule about origins knows the mode, and `server/test_csrf.py` has them in both."""
    both = [
        pytest.param(mode, *row, marks=() if mode == first else pytest.mark.soak)
        for row, first in zip(rows, itertools.cycle(MODES))
        for mode in MODES
    ]
    return pytest.mark.parametrize(f"scene, {names}", both, indirect=["scene"])


@pytest.fixture
async def context(chromium: Browser) -> AsyncIterator[BrowserContext]:
    found = await chromium.new_context()
    yield found
    await found.close()


async def spa_at(
    context: BrowserContext, scene: Scene, host: str, credentials: str = "omit"
) -> Spa:
    page = await context.new_page()
    await page.goto(scene.origin(host))
    return Spa(page, scene.api, credentials)


async def cookies(context: BrowserContext) -> dict[str, str]:
    found = await context.cookies()
    return {each.get("name", ""): each.get("value", "") for each in found}


def somebody() -> dict[str, str]:
    return {"email": f"eva{next(_names)}@example.org", "password": PASSWORD}


@pytest.mark.parametrize("host", [SIBLING, OTHER_PORT, OTHER_SITE])
async def test_an_application_on_a_trusted_origin_does_everything_by_bearer(
    scene: Scene, context: BrowserContext, host: str
) -> None:
    spa, eva = await spa_at(context, scene, host), somebody()
    assert (await spa.call("POST", "/api/signup", eva))[0] == 201
    status, tokens = await spa.call("POST", "/api/login", {**eva, "transport": "bearer"})
    assert status == 200
    if "refresh_token" in tokens:
        body = {"refresh_token": tokens["refresh_token"]}
        status, tokens = await spa.call("POST", "/api/refresh", body)
        assert status == 200
    bearer = {"authorization": f"Bearer {tokens['access_token']}"}
    assert (await spa.call("GET", "/api/me", **bearer))[0] == 200
    assert (await spa.call("DELETE", "/api/sessions", **bearer))[0] == 204
    assert (await spa.call("POST", "/api/logout", **bearer))[0] == 204
    status, refused = await spa.call("GET", "/api/me", **bearer)
    assert (status, refused["reason"]) == (401, "revoked")


@pytest.mark.parametrize("host", [SIBLING, OTHER_PORT])
async def test_an_application_on_our_site_does_everything_by_cookie(
    scene: Scene, context: BrowserContext, host: str
) -> None:
    spa, eva = await spa_at(context, scene, host, "include"), somebody()
    assert (await spa.call("POST", "/api/signup", eva))[0] == 201
    assert (await spa.call("POST", "/api/login", eva))[0] == 200
    before = await cookies(context)
    scene.clock.advance(301)  # an access token is out, and renewed with the next call
    status, me = await spa.call("GET", "/api/me")
    assert (status, me["mode"]) == (200, scene.mode)
    assert (before == await cookies(context)) is (scene.mode == "session")
    assert (await spa.call("DELETE", "/api/sessions"))[0] == 204
    good, bad = {"x-csrf-token": me["csrf_token"]}, {"x-csrf-token": me["csrf_token"][::-1]}
    status, refused = await spa.call("POST", "/api/elevate", {"password": PASSWORD}, **bad)
    assert (status, refused["reason"]) == (403, "cross_origin")
    assert "belongs to another login" in refused["detail"]
    assert (await spa.call("POST", "/api/elevate", {"password": PASSWORD}, **good))[0] == 200
    assert (await spa.call("POST", "/api/logout"))[0] == 204
    assert set(await cookies(context)) == {"__Host-device"}
    assert (await spa.call("GET", "/api/me"))[1]["reason"] == "missing"


async def test_on_another_site_cookies_are_refused_with_the_way_that_works(
    scene: Scene, context: BrowserContext
) -> None:
    spa, eva = await spa_at(context, scene, OTHER_SITE), somebody()
    assert (await spa.call("POST", "/api/signup", eva))[0] == 201
    status, refused = await spa.call("POST", "/api/login", eva)
    assert (status, refused["reason"]) == (403, "cross_origin")
    assert (
        f"the trusted origin {scene.origin(OTHER_SITE)} is on another site than {scene.api}"
        in (refused["detail"])
    )
    assert "transport bearer" in refused["detail"]
    with pytest.raises(Error, match="Failed to fetch"):
        await Spa(spa.page, scene.api, "include").call("POST", "/api/login", eva)
    assert await context.cookies() == []


@in_turn("host", [STRANGER], ["localhost"], ["127.0.0.1"])
async def test_an_origin_that_is_not_listed_can_neither_send_nor_read(
    scene: Scene, context: BrowserContext, host: str
) -> None:
    eva = somebody()
    known = await spa_at(context, scene, SIBLING, "include")
    assert (await known.call("POST", "/api/signup", eva))[0] == 201
    assert (await known.call("POST", "/api/login", eva))[0] == 200
    for credentials in ("omit", "include"):
        spa = await spa_at(context, scene, host, credentials)
        for method, path, body in (
            ("POST", "/api/login", {**eva, "transport": "bearer"}),
            ("POST", "/api/signup", somebody()),
            ("DELETE", "/api/sessions", None),
            ("POST", "/api/logout", None),
            ("GET", "/api/me", None),
        ):
            with pytest.raises(Error, match="Failed to fetch"):
                await spa.call(method, path, body)
    assert (await known.call("GET", "/api/me"))[0] == 200


@pytest.mark.parametrize("host", [SIBLING, OTHER_SITE, STRANGER, "127.0.0.1"])
async def test_the_public_keys_can_be_read_from_everywhere(
    scene: Scene, context: BrowserContext, host: str
) -> None:
    spa = await spa_at(context, scene, host)
    for headers in ({}, {"x-client": "a library that says who it is"}):
        status, found = await spa.call("GET", "/.well-known/jwks.json", **headers)
        assert (status, bool(found["keys"])) == (200, True)
    image = f"{scene.api}/.well-known/jwks.json"
    status = await spa.page.evaluate("u => fetch(u, {mode: 'no-cors'}).then(a => a.type)", image)
    assert status == "opaque"


FORM = """([action, email, password]) => {
    document.body.innerHTML = `<form method=post action="${action}">
        <input name=email value="${email}"><input name=password value="${password}"></form>`
    document.forms[0].submit()
}"""


@in_turn(
    "host, sentence",
    (OTHER_SITE, "Log in with the transport bearer"),
    (STRANGER, "Cross-origin request refused: Origin is {origin}, Sec-Fetch-Site is same-site"),
    ("127.0.0.1", "Cross-origin request refused: Origin is {origin}, Sec-Fetch-Site is cross"),
)
async def test_a_form_on_another_page_logs_nobody_in_and_says_why(
    scene: Scene, context: BrowserContext, host: str, sentence: str
) -> None:
    eva = somebody()
    spa = await spa_at(context, scene, SIBLING)
    assert (await spa.call("POST", "/api/signup", eva))[0] == 201
    page = (await spa_at(context, scene, host)).page
    await page.evaluate(FORM, [f"{scene.api}/login", eva["email"], PASSWORD])
    await page.wait_for_url(f"{scene.api}/login")
    await expect(page.locator("main")).to_contain_text(sentence.format(origin=scene.origin(host)))
    assert await context.cookies() == []


async def test_a_form_on_a_trusted_page_of_our_site_logs_in(
    scene: Scene, context: BrowserContext
) -> None:
    eva = somebody()
    spa = await spa_at(context, scene, SIBLING)
    assert (await spa.call("POST", "/api/signup", eva))[0] == 201
    await spa.page.evaluate(FORM, [f"{scene.api}/login", eva["email"], PASSWORD])
    await spa.page.wait_for_url(f"{scene.api}/account")
