"""Open redirects: wherever the address says, only paths of this server are gone to."""

from collections.abc import Sequence
from html import unescape
from itertools import count, cycle, product
from urllib.parse import quote, unquote

import httpx2
import pytest
from markupsafe import escape

from doorward.server.return_to import asked_for, with_return
from tests.server.house import EMAIL, ORIGIN, PASSWORD, House, Opened, login
from tests.support.ways import BAD, GOOD

NUMBERS = count(1)


@pytest.fixture(scope="module")
async def hotel(shared: Opened) -> House:
    """A house for all tests in which each is somebody else."""
    found: House = await shared()
    return found


async def newcomer(house: House) -> tuple[httpx2.AsyncClient, dict[str, str]]:
    """Somebody who was never here before, and what they fill into a form."""
    number = next(NUMBERS)
    browser = await house.browser(address=f"2001:db8:{number:x}::1")
    return browser, {"email": f"u{number}@example.test", "password": PASSWORD}


async def at(house: House, page: str) -> tuple[httpx2.AsyncClient, dict[str, str]]:
    """A newcomer who can send the form of a page: to log in they have an account, to prove again
    who they are they have logged in."""
    browser, account = await newcomer(house)
    if page != "/signup":
        await house.account(account["email"])
    if page == "/elevate":
        assert (await login(browser, email=account["email"])).status_code == 200
    return browser, account


PAGES = ("/signup", "/login", "/elevate")


def each_at_a_page(paths: Sequence[str]) -> pytest.MarkDecorator:
    """Each path at one page, in turn; at the others under soak."""
    chosen = list(zip(paths, cycle(PAGES)))
    others = [each for each in product(paths, PAGES) if each not in chosen]
    soak = [pytest.param(*each, marks=pytest.mark.soak) for each in others]
    return pytest.mark.parametrize(("path", "page"), [*chosen, *soak])


def test_the_address_of_a_page_carries_the_path_encoded() -> None:
    assert with_return("/login", "/a?b=c") == "/login?return_to=%2Fa%3Fb%3Dc"
    assert with_return("/login", "") == "/login"


@pytest.mark.anyio
@each_at_a_page(GOOD)
async def test_after_a_login_a_signup_or_a_step_up_it_is_gone_to_to_the_letter(
    hotel: House, path: str, page: str
) -> None:
    browser, account = await at(hotel, page)
    answer = await browser.post(page, data={**account, "return_to": path})
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    shown = await browser.get(with_return(page, path))
    assert f'name="return_to" value="{escape(path)}"' in shown.text


@pytest.mark.anyio
@pytest.mark.parametrize("path", GOOD)
async def test_the_login_page_leads_to_the_sign_up_with_the_same_path(
    hotel: House, path: str
) -> None:
    browser = await hotel.browser()
    login, signup = await browser.get(with_return("/login", path)), 'href="/signup?return_to='
    link = unescape(login.text.partition(signup)[2].partition('"')[0])
    assert unquote(link) == path


@pytest.mark.parametrize("path", GOOD)
def test_what_was_asked_for_is_known_to_the_letter(path: str) -> None:
    raw, _, query = path.encode().partition(b"?")
    known = asked_for({"raw_path": raw, "query_string": query})
    assert known == (path if query else raw.decode())


ASKED = [
    "/account?x=1&y=2",
    "/admin/users?query=ada@example.org",
    "/admin/users/My%20Report.pdf?a=%26&b=%2B+%25",
    "/admin/users/@ada%2Fx?'=%22",
    "/admin/users/Gr%C3%BC%C3%9Fe?q=%E2%82%AC",
    "/admin/users/a|b^c?g|h^i",
    "/admin/history?note=two%0D%0Alines",
]


@pytest.mark.anyio
@pytest.mark.parametrize("path", ASKED)
async def test_whoever_must_log_in_or_prove_it_again_is_led_back_to_the_letter(
    hotel: House, path: str
) -> None:
    stranger = await hotel.browser()
    answer = await stranger.get(httpx2.URL(ORIGIN).copy_with(raw_path=path.encode()))
    assert answer.headers["location"] == f"/login?return_to={quote(path, safe='')}"


@pytest.mark.anyio
@each_at_a_page(BAD)
async def test_after_a_login_or_signup_or_step_up_a_bad_path_is_the_account(
    hotel: House, path: str, page: str
) -> None:
    browser, account = await at(hotel, page)
    answer = await browser.post(page, data={**account, "return_to": path})
    assert answer.status_code == 303
    assert answer.headers["location"].partition("?")[0] == "/account"
    assert "evil" not in str(answer.headers)
    shown = await browser.get("/login", params={"return_to": path})
    refused = "\0" in path  # before any page sees it
    assert shown.status_code == (400 if refused else 200)
    assert refused or 'name="return_to" value=""' in shown.text


@pytest.mark.anyio
async def test_after_a_login_the_person_is_where_they_wanted_to_be(house: House) -> None:
    await house.alice()
    browser = await house.browser()
    wanted = await browser.get("/elevate?return_to=%2Fdocs")
    login = wanted.headers["location"]
    assert login == "/login?return_to=%2Felevate%3Freturn_to%3D%252Fdocs"
    assert 'value="/elevate?return_to=%2Fdocs"' in (await browser.get(login)).text
    form = {"email": EMAIL, "password": PASSWORD, "return_to": "/elevate?return_to=%2Fdocs"}
    answer = await browser.post("/login", data=form)
    assert answer.headers["location"] == "/elevate?return_to=%2Fdocs"
