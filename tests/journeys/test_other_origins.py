"""Single-page applications that are served from elsewhere, in a real browser."""

import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page

from doorward.types import Mode
from tests.support.elsewhere import pages_elsewhere
from tests.support.server import free_port
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


@pytest.fixture(scope="module", params=MODES)
def scene(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    with ExitStack() as stack:
        port, own = stack.enter_context(pages_elsewhere()), free_port()
        known = [f"http://{host}:{port}" for host in (SIBLING, OTHER_PORT, OTHER_SITE)]
        server = stack.enter_context(
            server_in_thread(
                *("--mode", request.param, "--public-origin", f"http://login.localhost:{own}"),
                *("--trusted-origin", known[0], "--trusted-origin", ", ".join(known[1:])),
                folder=tmp_path_factory.mktemp("server"),
                port=own,
            )
        )
        yield Scene(server, port)


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
