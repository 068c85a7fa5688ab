"""News after a redirect: told once, by us alone, and to whom it concerns."""

import re

import httpx2
import pytest

from tests.server.house import EMAIL, PASSWORD, House, login

pytestmark = pytest.mark.anyio

COOKIE = "__Host-notice"
NEW = "a wholly new passphrase"


async def changed(browser: httpx2.AsyncClient) -> httpx2.Response:
    return await browser.post("/account/password", data={"current": PASSWORD, "new": NEW})


async def test_news_is_told_once_and_a_reload_does_not_repeat_it(either: House) -> None:
    browser = await either.alice()
    answer = await changed(browser)
    assert answer.headers.get_list("set-cookie") == [
        f"{COOKIE}=password; HttpOnly; Max-Age=60; Path=/; SameSite=lax; Secure"
    ]
    assert "Your password was changed" in (await browser.get("/account")).text
    assert COOKIE not in browser.cookies
    assert "Your password was changed" not in (await browser.get("/account")).text


async def test_no_link_makes_a_page_tell_news(either: House) -> None:
    browser = await either.alice()
    for path in ("/account?done=password", "/login?done=logout", "/login?notice=reset"):
        assert 'role="status"' not in (await browser.get(path)).text


@pytest.mark.parametrize(
    "word", ["<b>call+0900+x</b>", "logout.0900x", "logout.-0900", "logout.09000900090", ".0900"]
)
async def test_a_word_that_is_not_ours_tells_nothing(house: House, word: str) -> None:
    browser = await house.browser(cookie=f"{COOKIE}={word}")
    page = (await browser.get("/login")).text
    assert "0900" not in page
    assert 'role="status"' not in page


async def test_a_success_is_in_the_title_and_takes_the_focus(house: House) -> None:
    browser = await house.alice()
    await changed(browser)
    page = (await browser.get("/account")).text
    assert re.search(r"<title>Your password was changed[^<]* Your account · Doorward<", page)
    assert re.search(r'<p class="say done" role="status" tabindex="-1" autofocus>Your pass', page)
    await browser.post("/logout")
    page = (await browser.get("/login")).text
    assert "<title>You are logged out. Log in · Doorward<" in page
    assert '<p class="say done" role="status">You are logged out.' in page


async def test_ending_this_one_is_logging_out(either: House) -> None:
    browser = await either.alice()
    sid = (await browser.get("/api/me")).json()["sid"]
    answer = await browser.post(f"/account/sessions/{sid}/end")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert not [name for name in browser.cookies if name in ("__Host-session", "__Host-access")]
    assert "You are logged out." in (await browser.get("/login")).text
    assert await either.service.auth.sessions() == []


async def test_this_one_is_the_first_of_the_places(house: House) -> None:
    browser = await house.alice(**{"user-agent": "Mozilla/5.0 (X11; Linux) Firefox/140.0"})
    house.clock.advance(10)
    await login(await house.browser(**{"user-agent": "Mozilla/5.0 (iPhone) Safari/1"}))
    places = (await browser.get("/account")).text.partition('id="where"')[2]
    assert re.findall(r'id="place-\d">([^<]*)<', places) == ["Firefox on Linux", "Safari on iPhone"]
    assert places.index("This one") < places.index("Safari on iPhone")


async def test_who_was_put_out_is_told_why(either: House) -> None:
    browser = await either.alice()
    sid = (await browser.get("/api/me")).json()["sid"]
    await either.service.auth.revoke(sid=sid)
    answer = await browser.get("/account")
    assert answer.headers["location"] == "/login?return_to=%2Faccount"
    page = (await browser.get(answer.headers["location"])).text
    assert '<p class="say news" role="status">Your login here was ended. Log in to go on.' in page


async def test_whose_time_is_over_is_told_so(either: House) -> None:
    browser = await either.alice()
    either.clock.advance(either.service.options.absolute_ttl)
    await browser.get("/account")
    assert "Your login here has expired." in (await browser.get("/login")).text


async def test_a_mere_visitor_and_who_logged_out_are_told_nothing(either: House) -> None:
    visitor = await either.browser()
    alice = await either.alice()
    await alice.post("/logout")
    await alice.get("/login")
    for browser in (visitor, alice):
        answer = await browser.get("/account")
        assert "set-cookie" not in answer.headers
        assert 'role="status"' not in (await browser.get(answer.headers["location"])).text


async def test_a_form_that_is_refused_repeats_no_news(house: House) -> None:
    browser = await house.alice()
    await browser.post("/logout")
    answer = await browser.post("/login", data={"email": EMAIL, "password": "wrong"})
    assert answer.status_code == 401
    assert "You are logged out." not in answer.text


@pytest.mark.parametrize("path", ["/account/sessions/end-others", "/account/sessions/x/end"])
async def test_the_address_of_a_form_leads_to_the_form(house: House, path: str) -> None:
    answer = await (await house.alice()).get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")


async def test_to_look_at_logout_asks_and_logs_nobody_out(either: House) -> None:
    browser = await either.alice()
    page = await browser.get("/logout")
    assert (page.status_code, "Log out?" in page.text) == (200, True)
    assert 'method="post" action="/logout"' in page.text
    assert (await browser.get("/account")).status_code == 200
    assert (await (await either.browser()).get("/logout")).headers["location"] == "/login"


async def test_the_login_page_says_what_to_do_about_a_forgotten_password(house: House) -> None:
    page = (await (await house.browser()).get("/login")).text
    assert "Forgot your password? Ask the operator of this site for a link." in page


async def test_a_step_up_with_somewhere_to_go_leaves_no_news_behind(house: House) -> None:
    browser = await house.alice()
    form = {"password": PASSWORD, "return_to": "/docs"}
    answer = await browser.post("/elevate", data=form)
    assert answer.headers["location"] == "/docs"
    assert COOKIE not in browser.cookies
    answer = await browser.post("/elevate", data={"password": PASSWORD})
    assert (
        "You have confirmed that it is you." in (await browser.get(answer.headers["location"])).text
    )
