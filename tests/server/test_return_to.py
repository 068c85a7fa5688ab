"""Open redirects: wherever the address says, only paths of this server are gone to."""

import pytest

from doorward.server.return_to import local_path, with_return
from tests.server.house import EMAIL, PASSWORD, House

GOOD = ["/", "/account", "/elevate?return_to=%2Faccount", "/docs", "/a/b-c_d~e.f/?x=1&y=2+3"]
BAD = [
    "",
    "account",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/%09/evil.example",
    "/%2f/evil.example",
    "/%5cevil.example",
    "/%252fevil.example",
    "\t//evil.example",
    " //evil.example",
    "/ /evil.example",
    "/a//evil.example",
    "https:evil.example",
    "https://evil.example",
    "http:/evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "/@evil.example",
    "@evil.example",
    "/a:80@evil.example",
    "/account\r\nset-cookie: a=b",
    "/account%0d%0aset-cookie:%20a=b",
    "/account?x=%0d%0aset-cookie",
    "/account\n",
    "/account\0",
    "/.evil",
    "/..//evil.example",
    "/a/../b",
    "/\u2215evil.example",
    "/\uff0fevil.example",
    "/\u2044/evil.example",
    "/\uff45vil",
    "/account#x",
    "/account?x=<script>",
    "/" + "a" * 1000,
]


@pytest.mark.parametrize("path", GOOD)
def test_a_path_of_this_server_is_kept(path: str) -> None:
    assert local_path(path) == path


@pytest.mark.parametrize("path", BAD)
def test_whatever_could_be_read_as_another_place_is_dropped(path: str) -> None:
    assert local_path(path) == ""


def test_the_address_of_a_page_carries_the_path_encoded() -> None:
    assert with_return("/login", "/a?b=c") == "/login?return_to=%2Fa%3Fb%3Dc"
    assert with_return("/login", "") == "/login"


@pytest.mark.anyio
@pytest.mark.parametrize("path", BAD)
async def test_after_a_login_or_signup_or_step_up_a_bad_path_is_the_account(
    house: House, path: str
) -> None:
    browser = await house.browser()
    form = {"email": EMAIL, "password": PASSWORD, "return_to": path}
    for page in ("/signup", "/login", "/elevate"):
        answer = await browser.post(page, data=form)
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
