"""The pages without a browser: what each form does, what each refusal says."""

import re

import httpx2
import pytest

from tests.server.house import EMAIL, PASSWORD, House, Opened, login

pytestmark = pytest.mark.anyio

FORM = {"email": EMAIL, "password": PASSWORD}


async def test_signing_up_logs_in_and_leads_to_the_account(either: House) -> None:
    browser = await either.browser()
    answer = await browser.post("/signup", data=FORM)
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    page = await browser.get("/account")
    assert page.status_code == 200
    assert EMAIL in page.text
    assert f"<dd>{either.service.options.mode}</dd>" in page.text


async def test_logging_in_leads_to_the_account_and_out_to_the_login_page(either: House) -> None:
    await either.alice()
    browser = await either.browser()
    answer = await browser.post("/login", data=FORM)
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    kept = dict(browser.cookies)
    answer = await browser.post("/logout")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert answer.headers["clear-site-data"] == '"storage"'
    assert "You are logged out." in (await browser.get("/login")).text
    back = await either.browser()
    back.cookies.update(kept)
    assert (await back.get("/account")).headers["location"] == "/login?return_to=%2Faccount"


@pytest.mark.parametrize(
    ("form", "field", "said"),
    [
        ({"email": "nobody", "password": PASSWORD}, "email", "does not look like"),
        ({"email": EMAIL, "password": "short"}, "password", "at least 8"),
        ({"email": EMAIL, "password": "password1"}, "password", "attackers try"),
        ({}, "email", "does not look like"),
    ],
)
async def test_a_signup_that_is_refused_says_why_beside_the_field(
    house: House, form: dict[str, str], field: str, said: str
) -> None:
    answer = await (await house.browser()).post("/signup", data=form)
    assert answer.status_code == 400
    assert re.search(rf'id="{field}-error"[^>]*>[^<]*{said}', answer.text)
    assert form.get("email", "") in answer.text
    assert f'value="{PASSWORD}"' not in answer.text


async def test_an_address_that_is_taken_is_said_so(house: House) -> None:
    await house.alice()
    answer = await (await house.browser()).post("/signup", data=FORM)
    assert answer.status_code == 409
    assert "There is an account" in answer.text


async def test_too_many_tries_say_how_long_to_wait(house: House) -> None:
    browser = await house.browser()
    for _ in range(10):
        await browser.post("/login", data=FORM)
    answer = await browser.post("/login", data=FORM)
    assert answer.status_code == 429
    assert "Try again in 15 minutes." in answer.text
    house.clock.advance(14 * 60 + 30)
    answer = await browser.post("/login", data=FORM)
    assert answer.headers["retry-after"] == "30"
    assert "Wait before you try again" in answer.text


async def test_the_account_lists_and_ends_sessions(either: House) -> None:
    browser = await either.alice(**{"user-agent": "Mozilla/5.0 (X11; Linux) Firefox/140.0"})
    phone = await either.browser(**{"user-agent": "Mozilla/5.0 (iPhone) Safari/1"})
    await login(phone)
    page = (await browser.get("/account")).text
    assert "Firefox on Linux" in page
    assert "Safari on iPhone" in page
    sid = (await phone.get("/api/me")).json()["sid"]
    answer = await browser.post(f"/account/sessions/{sid}/end")
    assert answer.headers["location"] == "/account"
    page = (await browser.get("/account")).text
    assert "That device is logged out." in page
    assert f"/account/sessions/{sid}/end" not in page
    await login(phone)
    answer = await browser.post("/account/sessions/end-others")
    assert answer.headers["location"] == "/account"
    assert (await phone.get("/account")).status_code == 303
    assert (await browser.get("/account")).status_code == 200


async def test_what_a_client_calls_itself_is_shown_as_text(house: House) -> None:
    browser = await house.alice(**{"user-agent": "<script>alert(1)</script>"})
    page = (await browser.get("/account")).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


async def test_a_post_without_a_login_leads_to_the_login_page_and_then_to_the_account(
    house: House,
) -> None:
    browser = await house.browser()
    for path in ("/account/password", "/account/sessions/end-others", "/elevate"):
        answer = await browser.post(path, data={"x": "y"})
        assert answer.status_code == 303
        assert answer.headers["location"] == "/login?return_to=%2Faccount"


async def test_a_step_up_is_asked_for_on_its_own_page(house: House) -> None:
    doorward = house.service.doorward
    guard = doorward.requires(fresh=300)

    async def careful() -> None:
        await guard()

    house.app.add_api_route("/careful", careful)
    house.app.add_api_route("/api/careful", careful)
    browser = await house.alice()
    assert (await browser.get("/careful")).status_code == 200
    house.clock.advance(301)
    page = await browser.get("/careful?x=1")
    assert page.headers["location"] == "/elevate?return_to=%2Fcareful%3Fx%3D1"
    problem = await browser.get("/api/careful")
    assert (problem.status_code, problem.json()["reason"]) == (401, "step_up_required")
    assert "max_age=300" in problem.headers["www-authenticate"]
    form = {"password": PASSWORD, "return_to": "/careful?x=1"}
    answer = await browser.post("/elevate", data=form)
    assert answer.headers["location"] == "/careful?x=1"
    assert (await browser.get("/careful?x=1")).status_code == 200


async def test_the_front_page_knows_who_is_there(house: House) -> None:
    stranger, alice = await house.browser(), await house.alice()
    assert "/signup" in (await stranger.get("/")).text
    assert "Your account" in (await alice.get("/")).text
    ended = await house.browser(cookie=f"__Host-session={alice.cookies['__Host-session']}")
    await alice.post("/api/logout")
    assert "/signup" in (await ended.get("/")).text
    malformed = await house.browser(cookie="__Host-session=dws_x")
    assert (await malformed.get("/")).headers["location"] == "/login"


@pytest.mark.parametrize("path", ["/nothing", "/account/nothing", "/static", "/admin/x"])
async def test_a_page_that_is_not_there_is_a_page(house: House, path: str) -> None:
    answer = await (await house.browser()).get(path)
    assert answer.status_code == 404
    assert "There is nothing at this address." in answer.text


async def test_the_documentation_shows_the_api_as_it_is(either: House) -> None:
    page = (await (await either.browser()).get("/docs")).text
    for path in ("/api/signup", "/api/login", "/api/sessions/{sid}", "/healthz"):
        assert path in page
    cookie = "__Host-session" if either.service.options.mode == "session" else "__Host-access"
    assert cookie in page


async def test_static_files_are_found_by_their_hash_alone(house: House) -> None:
    browser = await house.browser()
    page = (await browser.get("/login")).text
    found = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert len(found) >= 3
    for path in found:
        answer = await browser.get(path)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    for path in ("/static/doorward.css", "/static/..%2f..%2fusers.py", "/static/x"):
        assert (await browser.get(path)).status_code == 404


async def test_the_fewest_characters_are_the_operators_choice(opened: Opened) -> None:
    house: House = await opened(min_password=15)
    browser = await house.browser()
    assert "At least 15 characters" in (await browser.get("/signup")).text
    answer = await browser.post("/signup", data={"email": EMAIL, "password": "fourteen chars"})
    assert answer.status_code == 400


async def test_an_inline_refresh_reaches_pages_and_api_alike(opened: Opened) -> None:
    house: House = await opened(mode="token")
    browser = await house.alice()
    for path in ("/account", "/api/me", "/"):
        before = browser.cookies["__Host-refresh"]
        house.clock.advance(301)
        answer = await browser.get(path)
        assert answer.status_code == 200
        assert browser.cookies["__Host-refresh"] != before
        assert answer.headers["cache-control"] == "no-store"


async def test_an_elevation_after_an_inline_refresh_leaves_the_newer_cookies(
    opened: Opened,
) -> None:
    house: House = await opened(mode="token")
    browser = await house.alice()
    house.clock.advance(301)
    answer: httpx2.Response = await browser.post("/elevate", data={"password": PASSWORD})
    assert answer.status_code == 303
    house.clock.advance(301)
    assert (await browser.get("/account")).status_code == 200
    house.clock.advance(301)
    assert (await browser.get("/api/me")).status_code == 200
