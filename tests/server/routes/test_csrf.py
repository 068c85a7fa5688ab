"""Whose request it is: every unsafe route, and everything a browser may say about its cause."""

import re
from itertools import product
from typing import Any

import httpx2
import pytest
from fastapi.routing import APIRoute

from doorward.server.accounts.reset_link import reset_link
from doorward.server.app import DECLARED
from doorward.web.origin import SAFE
from tests.server.house import EMAIL, ORIGIN, PASSWORD, House, Opened, login
from tests.support.pairwise import cover

pytestmark = pytest.mark.anyio

UNSAFE: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "/api/login", {"email": EMAIL, "password": PASSWORD}),
    ("POST", "/api/signup", {"email": "bob@example.test", "password": PASSWORD}),
    ("POST", "/api/logout", {}),
    ("DELETE", "/api/sessions", {}),
    ("DELETE", "/api/sessions/SID", {}),
    ("POST", "/api/password", {"current": PASSWORD, "new": "another passphrase"}),
    ("POST", "/api/elevate", {"password": PASSWORD}),
    ("POST", "/signup", {"email": "bob@example.test", "password": PASSWORD}),
    ("POST", "/login", {"email": EMAIL, "password": PASSWORD}),
    ("POST", "/logout", {}),
    ("POST", "/account/sessions/end-others", {}),
    ("POST", "/account/sessions/SID/end", {}),
    ("POST", "/account/password", {"current": PASSWORD, "new": "another passphrase"}),
    ("POST", "/elevate", {"password": PASSWORD}),
    ("POST", "/reset", {"ticket": "x", "new": "another passphrase"}),
    ("POST", "/link/invitation", {"ticket": "x", "new": "another passphrase"}),
    ("POST", "/account/data/delete", {}),
    ("DELETE", "/api/account", {}),
    ("POST", "/api/reset", {"ticket": "x", "new": "another passphrase"}),
    ("POST", "/forgot", {"email": EMAIL}),
    ("POST", "/api/forgot", {"email": EMAIL}),
    ("POST", "/verify", {"ticket": "x"}),
    ("POST", "/api/verify", {"ticket": "x"}),
    ("POST", "/api/verify/letter", {}),
    ("POST", "/account/verify", {}),
    ("POST", "/login/factor", {"code": "123456"}),
    ("POST", "/login/factor/enrol", {"code": "123456"}),
    ("POST", "/account/security/totp", {"code": "123456"}),
    ("POST", "/account/security/totp/remove", {}),
    ("POST", "/account/security/recovery-codes", {}),
    ("POST", "/api/login/totp", {"ticket": "x", "code": "123456"}),
    ("POST", "/api/login/recovery-code", {"ticket": "x", "code": "123456"}),
    ("POST", "/api/login/enrol", {"ticket": "x"}),
    ("POST", "/api/login/enrol/confirm", {"ticket": "x", "code": "123456"}),
    ("POST", "/api/totp", {}),
    ("POST", "/api/totp/confirm", {"code": "123456"}),
    ("DELETE", "/api/totp", {}),
    ("POST", "/api/recovery-codes", {}),
    ("POST", "/api/login/passkey/options", {}),
    ("POST", "/api/login/passkey", {"credential": {}}),
    ("POST", "/api/elevate/passkey/options", {}),
    ("POST", "/api/elevate/passkey", {"credential": {}}),
    ("POST", "/api/passkeys/options", {}),
    ("POST", "/api/passkeys", {"credential": {}}),
    ("PATCH", "/api/passkeys/ID", {"name": "x"}),
    ("DELETE", "/api/passkeys/ID", {}),
    ("POST", "/account/security/passkeys/add", {"name": "x", "credential": ""}),
    ("POST", "/account/security/passkeys/ID", {"name": "x"}),
    ("POST", "/account/security/passkeys/ID/remove", {}),
    ("POST", "/account/email", {"email": "new@example.test"}),
    ("POST", "/link/email", {"ticket": "x"}),
    ("POST", "/link/email-undo", {"ticket": "x"}),
    ("POST", "/api/email", {"email": "new@example.test"}),
    ("POST", "/api/email/confirm", {"ticket": "x"}),
    ("POST", "/api/email/undo", {"ticket": "x"}),
    ("POST", "/login/mail", {"email": EMAIL}),
    ("POST", "/login/mail/code", {"code": "0000-0000"}),
    ("POST", "/link/login", {"ticket": "x"}),
    ("POST", "/api/login/mail", {"email": EMAIL}),
    ("POST", "/api/login/mail/code", {"ticket": "x", "code": "0000-0000"}),
    ("POST", "/api/login/mail/link", {"ticket": "x"}),
    ("POST", "/setup", {"ticket": "x", "email": EMAIL, "password": PASSWORD}),
    ("POST", "/account/applications/ID/end", {}),
    ("DELETE", "/api/applications/ID", {}),
    ("POST", "/oauth/consent", {"query": "client_id=x", "decision": "allow"}),
    ("POST", "/oauth/logout/confirm", {"query": ""}),
]

CREDENTIAL_IN_BODY = ("authorize", "introspect", "logout", "revoke", "token", "userinfo")

Route = tuple[str, str, dict[str, Any]]
COOKIELESS = {
    *("/api/signup", "/api/logout", "/api/verify", "/api/forgot", "/api/reset"),
    "/api/email/undo",
}
"""Routes that need no login and set no cookie, so that every trusted origin may call them."""

ELEVATE: Route = ("POST", "/api/elevate", {"password": PASSWORD})
LOGOUT: Route = ("POST", "/api/logout", {})

FOREIGN: list[dict[str, str]] = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "cross-site", "origin": ORIGIN},
    {"sec-fetch-site": ""},
    {"origin": "https://evil.example"},
    {"origin": "http://testserver"},
    {"origin": "https://testserver:444"},
    {"origin": "https://testserver.evil.example"},
    {"origin": "null"},
    {"origin": ""},
]

OWN: list[dict[str, str]] = [
    {"sec-fetch-site": "same-origin"},
    {"sec-fetch-site": "none"},
    {"origin": ORIGIN},
    {"sec-fetch-site": "same-origin", "origin": "null"},
]


MODES = ("session", "token")


Safe = tuple[House, httpx2.AsyncClient, str]


@pytest.fixture(scope="module")
async def safes(shared: Opened) -> dict[str, Safe]:
    found: dict[str, Safe] = {}
    for mode in MODES:
        house: House = await shared(mode=mode, provider=True)
        other = await unmarked(house)
        token = (await other.get("/api/me")).json()["csrf_token"]
        found[mode] = house, await unmarked(house), token
    return found


@pytest.fixture(params=MODES)
def safe(
    request: pytest.FixtureRequest, safes: dict[str, Safe]
) -> tuple[House, httpx2.AsyncClient]:
    """A house in each mode in which nothing may change, and what `unmarked` finds there."""
    return safes[request.param][:2]


@pytest.fixture
def foreign_token(safe: tuple[House, httpx2.AsyncClient], safes: dict[str, Safe]) -> str:
    """Of another login than that of the browser there."""
    (token,) = [token for house, _, token in safes.values() if house is safe[0]]
    return token


@pytest.fixture(scope="module")
async def listing(shared: Opened) -> House:
    """A house that trusts an origin on another site, in which nothing may change."""
    found: House = await shared(trusted_origin=("capacitor://localhost",), provider=True)
    await found.account()
    return found


async def unmarked(house: House) -> httpx2.AsyncClient:
    """Alice's cookies in a browser that says nothing about the cause of its requests."""
    return await house.client(cookie=cookies(await house.alice()))


def cookies(client: httpx2.AsyncClient) -> str:
    return "; ".join(f"{name}={value}" for name, value in client.cookies.items())


async def send(client: httpx2.AsyncClient, route: Route, **headers: str) -> httpx2.Response:
    method, path, body = route
    if "SID" in path:
        path = path.replace("SID", (await client.get("/api/me")).json().get("sid", "0"))
    body_as: dict[str, Any] = {"json" if path.startswith("/api/") else "data": body}
    return await client.request(method, path, headers=headers, **body_as)


async def state(house: House) -> object:
    sessions = await house.service.auth.sessions()
    return [
        (s.sid, s.secret_hash, s.generation) for s in sessions
    ], await house.service.users.list()


def test_every_unsafe_route_is_tried() -> None:
    """But those of administrators, which are tried with theirs, those that take their credential
    from the body alone, and those that only redirect to themselves by a GET."""
    found = {
        (
            method,
            route.path.replace(":path}", "}")
            .replace("{sid}", "SID")
            .replace("{id}", "ID")
            .replace("{client_id}", "ID"),
        )
        for router in DECLARED.routers
        for route in router.routes
        if isinstance(route, APIRoute) and not route.path.startswith(("/admin", "/api/admin"))
        for method in (route.methods or set()) - SAFE
    }
    found.discard(("POST", "/api/refresh"))
    found -= {("POST", f"/oauth/{name}") for name in CREDENTIAL_IN_BODY}
    tried = {(method, path) for method, path, _ in UNSAFE}
    assert found == tried, (
        "in UNSAFE of tests/server/routes/test_csrf.py:"
        f" add {sorted(found - tried)} with a good body, remove {sorted(tried - found)}"
    )


@pytest.mark.parametrize("route", UNSAFE, ids=lambda route: f"{route[0]} {route[1]}")
async def test_no_other_site_can_cause_anything(
    safe: tuple[House, httpx2.AsyncClient], route: Any
) -> None:
    house, browser = safe
    before = await state(house)
    for said in FOREIGN:
        answer = await send(browser, route, **said)
        assert answer.status_code == 403, said
        assert "set-cookie" not in answer.headers, said
    assert await state(house) == before


@pytest.mark.parametrize("said", FOREIGN)
async def test_no_other_site_can_log_a_stranger_in_or_sign_them_up(
    house: House, said: dict[str, str]
) -> None:
    await house.alice()
    stranger = await house.client(**said)
    before = await state(house)
    for route in UNSAFE:
        if "login" in route[1] or "signup" in route[1]:
            assert (await send(stranger, route)).status_code == 403
    assert await state(house) == before


@pytest.mark.parametrize("said", OWN)
async def test_our_own_pages_and_the_person_can(either: House, said: dict[str, str]) -> None:
    browser = await unmarked(either)
    route = ELEVATE
    assert (await send(browser, route, **said)).status_code == 200


async def test_where_the_browser_says_nothing_a_token_of_the_session_is_needed(
    either: House,
) -> None:
    browser = await unmarked(either)
    route = ELEVATE
    assert (await send(browser, route)).status_code == 403
    token = (await browser.get("/api/me")).json()["csrf_token"]
    for bad in ("", token[:-1], token + "x", token.swapcase()):
        assert (await send(browser, route, **{"x-csrf-token": bad})).status_code == 403
    assert (await send(browser, route, **{"x-csrf-token": token})).status_code == 200


async def test_the_token_of_another_session_is_of_no_use(either: House) -> None:
    browser = await unmarked(either)
    other = await either.browser()
    await login(other)
    token = (await other.get("/api/me")).json()["csrf_token"]
    route = LOGOUT
    assert (await send(browser, route, **{"x-csrf-token": token})).status_code == 403


SAID = list(product(MODES, range(len(UNSAFE)), range(len(OWN))))
PAIRS = cover(SAID)


@pytest.mark.parametrize(
    ("safe", "route", "said"),
    [
        pytest.param(
            *(mode, UNSAFE[route], OWN[said]),
            id=f"{mode}-{' '.join(UNSAFE[route][:2])}-{said}",
            marks=() if (mode, route, said) in PAIRS else pytest.mark.soak,
        )
        for mode, route, said in SAID
    ],
    indirect=["safe"],
)
async def test_a_token_of_another_login_is_refused_whatever_the_browser_says(
    safe: tuple[House, httpx2.AsyncClient], foreign_token: str, route: Any, said: dict[str, str]
) -> None:
    """A page that was made for somebody else, in a tab that was forgotten."""
    house, browser = safe
    before = await state(house)
    method, path, fields = route
    if path.startswith("/api/"):
        said = {**said, "x-csrf-token": foreign_token}
    else:
        fields = {**fields, "csrf_token": foreign_token}
    answer = await send(browser, (method, path, fields), **said)
    assert answer.status_code == 403
    assert "belongs to another login" in answer.text
    assert await state(house) == before


async def test_an_empty_token_is_none_at_all(either: House) -> None:
    """As in the form of a login page that was opened before anybody logged in."""
    browser = await either.alice()
    answer = await send(browser, ("POST", "/elevate", {"password": PASSWORD, "csrf_token": ""}))
    assert answer.status_code == 303


async def test_a_page_belongs_to_no_login_of_a_mode_that_is_over(opened: Opened) -> None:
    """Its cookie may still be there, before the others: browsers send the oldest first."""
    old = cookies(await (await opened(mode="session")).alice())
    house: House = await opened(mode="token")
    browser = await house.client(cookie=f"{old}; {cookies(await house.alice())}")
    browser.headers["sec-fetch-site"] = "same-origin"
    page = (await browser.get("/logout")).text
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    assert token == (await browser.get("/api/me")).json()["csrf_token"]
    answer = await browser.post("/logout", data={"csrf_token": token})
    assert answer.status_code == 303


@pytest.mark.parametrize(
    "route", [route for route in UNSAFE if "/api/" not in route[1]], ids=lambda route: str(route[1])
)
@pytest.mark.parametrize("mode", MODES)
async def test_a_form_carries_the_token_of_its_page(opened: Opened, route: Any, mode: str) -> None:
    house: House = await opened(mode=mode, provider=True)
    browser = await unmarked(house)
    token = (await browser.get("/api/me")).json()["csrf_token"]
    method, path, fields = route
    assert (await send(browser, route)).status_code == 403
    answer = await send(browser, (method, path, {**fields, "csrf_token": token}))
    # nobody waits for a second step, the tickets are made up, and there is no app and no mail
    assert answer.status_code in (303, 400, 401, 404), answer.text


@pytest.mark.parametrize("path", ["/account", "/login", "/signup", "/elevate", "/reset"])
async def test_each_page_puts_the_token_of_its_session_into_its_forms(
    either: House, path: str
) -> None:
    browser = await either.alice()
    token = (await browser.get("/api/me")).json()["csrf_token"]
    if path == "/reset":
        user = await either.service.users.by_email(EMAIL)
        assert user is not None
        path = await reset_link(either.service.auth.store, user, ORIGIN, at=either.clock())
    assert f'name="csrf_token" value="{token}"' in (await browser.get(path)).text


@pytest.mark.parametrize(
    "route",
    [route for route in UNSAFE if route[1] not in COOKIELESS],
    ids=lambda route: f"{route[0]} {route[1]}",
)
async def test_a_trusted_origin_on_another_site_does_nothing_that_ends_in_a_cookie(
    listing: House, route: Route
) -> None:
    """Neither is an account made before that is found out, nor a wrong password counted."""
    client = await listing.client(origin="capacitor://localhost")
    method, path, body = route
    before = await state(listing)
    answer = await send(client, (method, path, {**body, "password": "wrong passphrase"}))
    logs_in = path in ("/api/login", "/api/login/mail") or path.startswith("/api/login/passkey")
    known = path.startswith("/api/") and not logs_in
    off = path.startswith("/api/login/mail/")  # and it gives no cookie before it is on
    assert answer.status_code == (404 if off else 401 if known else 403), answer.text
    assert known or "Log in with the transport bearer" in answer.text
    assert await state(listing) == before


def unreadable(cookie: str) -> list[str]:
    """A `Cookie` header in all the ways in which no session can be read from it."""
    mine = next(each for each in cookie.split("; ") if re.match("__Host-(session|access)=", each))
    name, _, value = mine.partition("=")
    return [
        f"{mine}; {name}=another",
        f"{name}=another; {mine}",
        f"{mine}; {name} =another",
        f"{mine}; ={name}=another",
        f'{name}="{value}"',
        f"{name}={value}, another",
        f"{name}=a b",
    ]


TOKENS: list[dict[str, str]] = [{}, {"x-csrf-token": ""}, {"x-csrf-token": "another"}]


@pytest.mark.parametrize("many", [1, pytest.param(len(TOKENS), marks=pytest.mark.soak)])
@pytest.mark.parametrize("route", UNSAFE, ids=lambda route: f"{route[0]} {route[1]}")
async def test_a_cookie_that_cannot_be_read_needs_a_token_as_one_that_can(
    safe: tuple[House, httpx2.AsyncClient], route: Any, many: int
) -> None:
    """With each cookie come so `many` of the tokens, in turn."""
    house, browser = safe
    before, turn = await state(house), UNSAFE.index(route)
    for number, cookie in enumerate(unreadable(browser.headers["cookie"]), turn):
        for said in (2 * TOKENS)[number % len(TOKENS) :][:many]:
            answer = await send(await house.client(cookie=cookie), route, **said)
            assert answer.status_code in (401, 403), (cookie, said)
    assert await state(house) == before


@pytest.mark.parametrize("route", [LOGOUT, ("POST", "/logout", {})], ids=["api", "page"])
@pytest.mark.parametrize(
    "authorization", ["Bearer", "Bearer a b", "Bearer,x", "Bearer x", f"Bearer dws_{'A' * 64}"]
)
async def test_a_cookie_beside_a_bearer_header_needs_a_token_to_be_ended(
    safe: tuple[House, httpx2.AsyncClient], authorization: str, route: Any
) -> None:
    house, browser = safe
    before = await state(house)
    answer = await send(browser, route, authorization=authorization)
    assert (answer.status_code, await state(house)) == (403, before)


async def test_a_cookie_beside_a_good_bearer_token_needs_a_token_to_be_ended(
    either: House,
) -> None:
    """Whoever has an account has a good one."""
    house, browser = either, await unmarked(either)
    await house.account("bob@example.test")
    entered = await login(await house.client(), email="bob@example.test", transport="bearer")
    authorization = f"Bearer {entered.json()['access_token']}"
    before = await state(house)
    answer = await send(browser, LOGOUT, authorization=authorization)
    assert (answer.status_code, await state(house)) == (403, before)
    token = (await browser.get("/api/me")).json()["csrf_token"]
    said = {"authorization": authorization, "x-csrf-token": token}
    assert (await send(browser, LOGOUT, **said)).status_code == 204
    assert not await house.service.auth.sessions()


@pytest.mark.parametrize("name", ["session", "access", "refresh"])
@pytest.mark.parametrize("value", ["junk", "dws_x", "dwr_x", "a.b.c", '"quoted"'])
async def test_a_cookie_that_names_no_session_needs_a_token_in_either_mode(
    safe: tuple[House, httpx2.AsyncClient], name: str, value: str
) -> None:
    client = await safe[0].client(cookie=f"__Host-{name}={value}")
    for route in UNSAFE:
        if re.search("(login|logout|signup)$", route[1]):
            answer = await send(client, route)
            assert answer.status_code == 403, (route, answer.text)
            assert "cannot be read" in answer.text, route


async def test_a_bearer_header_alone_needs_no_token_however_it_is_put(either: House) -> None:
    answer = await send(await either.client(), LOGOUT, authorization="Bearer a b")
    assert answer.status_code == 204


@pytest.mark.parametrize("form", range(4))
async def test_our_own_page_ends_every_session_of_a_browser_whose_cookies_cannot_be_read(
    either: House, form: int
) -> None:
    cookie = unreadable(cookies(await either.alice()))[form]
    client = await either.client(cookie=cookie, **{"sec-fetch-site": "same-origin"})
    assert (await client.post("/api/logout")).status_code == 204
    assert not await either.service.auth.sessions()


async def test_a_client_without_cookies_needs_nothing_of_all_this(either: House) -> None:
    await either.alice()
    client = await either.client()
    tokens = (await login(client, transport="bearer")).json()
    client.headers["authorization"] = f"Bearer {tokens['access_token']}"
    assert (await client.delete("/api/sessions")).status_code == 204


@pytest.mark.parametrize(
    "path", ["/api/logout", "/logout", "/api/sessions", "/account/sessions/end-others"]
)
async def test_a_get_changes_nothing(either: House, path: str) -> None:
    browser = await either.alice()
    before = await state(either)
    for method in ("GET", "HEAD"):
        answer = await browser.request(method, path, headers={"x-http-method-override": "DELETE"})
        assert "clear-site-data" not in answer.headers
    assert await state(either) == before
