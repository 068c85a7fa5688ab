"""An application with the library, called from pages on other origins in a real browser."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import pytest
from fastapi import Depends, WebSocket
from playwright.async_api import Browser, BrowserContext, Error

from doorward.types import Mode
from doorward.web.fastapi import Doorward, Principal
from tests.journeys.application import build
from tests.journeys.test_other_origins import (
    MODES,
    OTHER_PORT,
    OTHER_SITE,
    PASSWORD,
    SIBLING,
    STRANGER,
    Spa,
)
from tests.support.elsewhere import pages_elsewhere
from tests.support.thread import served

pytestmark = [pytest.mark.anyio, pytest.mark.process]

EVA = {"email": "eva@example.org", "password": PASSWORD}
TALK = """(url) => new Promise((done) => {
    const socket = new WebSocket(url)
    socket.onmessage = (message) => { done(message.data); socket.close() }
    socket.onerror = () => done("refused")
})"""


@pytest.fixture(params=MODES)
def ports(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[int, int]]:
    """Where the application is, and where other people's pages are."""
    mode: Mode = request.param
    with pages_elsewhere() as port:
        auth = Doorward(
            "memory:",
            mode=mode,
            root_key_file=tmp_path / "root.key",
            trusted_origins=[f"http://{host}:{port}" for host in (SIBLING, OTHER_PORT, OTHER_SITE)],
        )
        app, _ = build(auth)

        @app.websocket("/live")
        async def live(
            socket: WebSocket, who: Annotated[Principal, Depends(auth.principal)]
        ) -> None:
            await socket.accept()
            await socket.send_text(who.subject)

        with served(app) as running:
            yield urlsplit(running.url).port or 0, port


@pytest.fixture
async def context(chromium: Browser) -> BrowserContext:
    return await chromium.new_context()


async def spa_at(
    context: BrowserContext, ports: tuple[int, int], host: str, credentials: str
) -> Spa:
    page = await context.new_page()
    await page.goto(f"http://{host}:{ports[1]}")
    return Spa(page, f"http://login.localhost:{ports[0]}", credentials)


@pytest.mark.parametrize("host", [SIBLING, OTHER_PORT])
async def test_on_the_same_site_cookies_open_calls_and_sockets(
    context: BrowserContext, ports: tuple[int, int], host: str
) -> None:
    spa = await spa_at(context, ports, host, "include")
    assert (await spa.call("POST", "/api/signup", EVA))[0] == 201
    assert (await spa.call("POST", "/api/login", {**EVA, "transport": "cookie"}))[0] == 200
    status, me = await spa.call("GET", "/api/me")
    assert (await spa.call("DELETE", "/api/sessions"))[0] == 204
    socket = f"ws://login.localhost:{ports[0]}/live"
    assert await spa.page.evaluate(TALK, socket) == me["subject"]
    stranger = await spa_at(context, ports, STRANGER, "include")
    assert await stranger.page.evaluate(TALK, socket) == "refused"
    for method, path in (("GET", "/api/me"), ("DELETE", "/api/sessions")):
        with pytest.raises(Error, match="Failed to fetch"):
            await stranger.call(method, path)
    assert (await spa.call("POST", "/api/logout"))[0] == 204
    status, refused = await spa.call("GET", "/api/me")
    assert (status, refused["reason"]) == (401, "missing")
    await context.close()


@pytest.mark.parametrize("host", [SIBLING, OTHER_PORT, OTHER_SITE])
async def test_a_bearer_token_works_from_every_trusted_origin(
    context: BrowserContext, ports: tuple[int, int], host: str
) -> None:
    spa = await spa_at(context, ports, host, "omit")
    assert (await spa.call("POST", "/api/signup", EVA))[0] == 201
    status, tokens = await spa.call("POST", "/api/login", {**EVA, "transport": "bearer"})
    assert status == 200
    if tokens.get("refresh_token"):
        body = {"refresh_token": tokens["refresh_token"]}
        status, tokens = await spa.call("POST", "/api/refresh", body)
        assert status == 200
    bearer = {"authorization": f"Bearer {tokens['access_token']}"}
    assert (await spa.call("DELETE", "/api/sessions", **bearer))[0] == 204
    assert (await spa.call("POST", "/api/logout", **bearer))[0] == 204
    status, refused = await spa.call("GET", "/api/me", **bearer)
    assert (status, refused["reason"]) == (401, "revoked")
    await context.close()


async def test_on_another_site_cookies_are_refused_and_none_is_set(
    context: BrowserContext, ports: tuple[int, int]
) -> None:
    spa = await spa_at(context, ports, OTHER_SITE, "omit")
    assert (await spa.call("POST", "/api/signup", EVA))[0] == 201
    status, refused = await spa.call("POST", "/api/login", {**EVA, "transport": "cookie"})
    assert (status, refused["reason"]) == (403, "cross_origin")
    assert "Log in with the transport bearer" in refused["detail"]
    assert await context.cookies() == []
    socket = f"ws://login.localhost:{ports[0]}/live"
    assert await spa.page.evaluate(TALK, socket) == "refused"
    await context.close()
