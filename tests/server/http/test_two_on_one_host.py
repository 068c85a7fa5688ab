"""Two servers on one host name share a browser's cookies."""

from typing import get_args

import httpx2
import pytest

from doorward.types import Mode
from tests.server.house import PASSWORD, House, Opened, login

pytestmark = pytest.mark.anyio


async def one_browser(*houses: House) -> list[httpx2.AsyncClient]:
    """The same browser at each of these: it does not tell ports apart."""
    clients = [await house.browser() for house in houses]
    for client in clients[1:]:
        client._cookies = clients[0]._cookies  # the public setter copies
    return clients


@pytest.mark.parametrize("mode", get_args(Mode))
async def test_with_a_suffix_of_its_own_each_keeps_its_login(opened: Opened, mode: Mode) -> None:
    first, second = await opened(mode=mode), await opened(mode=mode, cookie_suffix="b")
    await first.account()
    await second.account()
    here, there = await one_browser(first, second)
    assert (await login(here)).status_code == 200
    assert (await login(there)).status_code == 200
    for browser in (here, there):
        assert (await browser.get("/api/me")).status_code == 200
    names = {cookie.name for cookie in here.cookies.jar}
    assert {"__Host-device", "__Host-device-b"} < names
    assert all(name + "-b" in names for name in names if not name.endswith("-b"))
    assert (await there.post("/logout")).status_code == 303
    assert "You are logged out." not in (await here.get("/login")).text
    assert "You are logged out." in (await there.get("/login")).text
    assert (await here.get("/api/me")).status_code == 200
    assert (await there.get("/api/me")).status_code == 401


async def test_the_openapi_page_names_the_cookie_that_counts(opened: Opened) -> None:
    house: House = await opened(cookie_suffix="b")
    schema = (await (await house.client()).get("/openapi.json")).json()
    assert schema["components"]["securitySchemes"]["cookie"]["name"] == "__Host-session-b"


async def test_where_a_browser_loses_its_login_the_marker_has_the_suffix_too(
    opened: Opened,
) -> None:
    house: House = await opened(cookie_suffix="b", public_origin="http://localhost:8000")
    await house.account()
    browser = await house.browser(url="http://localhost:8000")
    form = {"email": "alice@example.test", "password": PASSWORD}
    sent = (await browser.post("/login", data=form)).headers.get_list("set-cookie")
    assert any(each.startswith("doorward-login-sent-b=") for each in sent)
