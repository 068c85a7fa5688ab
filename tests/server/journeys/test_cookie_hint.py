"""People whose browser drops the cookie are told so, and nobody else is."""

import pytest

from tests.server.house import EMAIL, ORIGIN, PASSWORD, House, Opened

pytestmark = pytest.mark.anyio

LOCAL = "http://localhost:8000"
FORM = {"email": EMAIL, "password": PASSWORD}


async def local(opened: Opened) -> House:
    house: House = await opened(public_origin=LOCAL)
    return house


async def test_a_browser_that_did_not_keep_the_cookie_is_told_why(opened: Opened) -> None:
    house = await local(opened)
    safari = await house.browser(url=LOCAL)  # this client sends no Secure cookies over http
    await safari.post("/signup", data=FORM)
    assert "doorward-login-sent" in safari.cookies
    gone = await safari.get("/account")
    assert gone.headers["location"] == "/login?return_to=%2Faccount"
    page = await safari.get(gone.headers["location"])
    assert "this browser did not keep the login" in page.text
    assert "doorward-login-sent" not in safari.cookies
    assert "did not keep" not in (await safari.get("/login")).text
    await safari.post("/login", data=FORM)
    assert "did not keep" in (await safari.get("/login")).text


async def test_the_marker_dies_within_a_minute_and_no_script_reads_it(opened: Opened) -> None:
    house = await local(opened)
    answer = await (await house.browser(url=LOCAL)).post("/signup", data=FORM)
    marker = next(c for c in answer.headers.get_list("set-cookie") if c.startswith("doorward-"))
    assert marker == "doorward-login-sent=1; HttpOnly; Max-Age=60; Path=/; SameSite=lax"


async def test_a_browser_that_kept_it_is_not_troubled(opened: Opened) -> None:
    house = await local(opened)
    kept = await house.browser(url=LOCAL, cookie="doorward-login-sent=1; __Host-session=x")
    assert "did not keep" not in (await kept.get("/login")).text


async def test_whose_login_came_back_is_told_nothing_after_logging_out(opened: Opened) -> None:
    house = await local(opened)
    for leave in ("/account", "/logout"):
        browser = await house.browser(url="https://localhost:8000")  # keeps Secure cookies
        browser.cookies.set("doorward-login-sent", "1", domain="localhost.local")
        await browser.post("/api/signup", json=FORM)
        await browser.post("/api/login", json=FORM)
        await browser.request("GET" if leave == "/account" else "POST", leave)
        assert "doorward-login-sent" not in browser.cookies


async def test_a_wrong_password_leaves_no_marker(opened: Opened) -> None:
    house = await local(opened)
    browser = await house.browser(url=LOCAL)
    await browser.post("/login", data=FORM)
    assert not browser.cookies


async def test_a_phone_that_opens_a_laptops_address_is_told_before_it_tries(
    opened: Opened,
) -> None:
    house = await local(opened)
    phone = await house.client(url="http://192.168.1.5:8000")
    page = await phone.get("/login")
    assert f"open {LOCAL} there" in page.text
    refused = await phone.post("/login", data=FORM, headers={"origin": "http://192.168.1.5:8000"})
    assert refused.status_code == 403
    assert f"not sent from {LOCAL}" in refused.text


async def test_over_https_there_is_nothing_to_tell(house: House) -> None:
    browser = await house.browser(cookie="doorward-login-sent=1")
    assert "did not keep" not in (await browser.get("/login")).text
    answer = await (await house.browser()).post("/signup", data=FORM)
    assert "doorward-login-sent" not in answer.headers["set-cookie"]
    assert house.service.options.origin == ORIGIN
