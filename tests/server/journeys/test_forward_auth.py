"""Forward authentication: a proxy asks who makes a request that it holds back."""

from typing import Any
from urllib.parse import quote

import httpx2
import pytest

from doorward.server.audit.sampling import FROM_ONE
from doorward.server.journeys.forward_auth.api import names
from doorward.types import Principal
from tests.server.house import ORIGIN, House, Opened, login

pytestmark = pytest.mark.anyio

PROXY = "10.0.0.9"
PATH = "/api/forward-auth"
LEFT_ALONE = {"x-forwarded-for": "198.51.100.7", "x-forwarded-proto": "https"}


@pytest.fixture(params=["session", "token"])
async def guarded(request: pytest.FixtureRequest, opened: Opened) -> House:
    """A house behind a proxy, in each mode."""
    found: House = await opened(mode=request.param, trusted_proxies=(PROXY,))
    return found


@pytest.fixture(scope="module", params=["session", "token"])
async def proxy(request: pytest.FixtureRequest, shared: Opened) -> httpx2.AsyncClient:
    """The proxy before one such house, with the cookies of somebody who is logged in."""
    house: House = await shared(mode=request.param, trusted_proxies=(PROXY,))
    return await through(house, await house.alice())


async def through(house: House, browser: httpx2.AsyncClient | None = None) -> httpx2.AsyncClient:
    """The proxy, which hands on the cookies of a browser and, by itself, nothing else."""
    cookie = {} if browser is None else {"cookie": cookies(browser)}
    return await house.client(address=PROXY, **LEFT_ALONE, **cookie)


def cookies(client: httpx2.AsyncClient) -> str:
    return "; ".join(f"{each.name}={each.value}" for each in client.cookies.jar)


def said(method: str, **headers: str) -> dict[str, str]:
    return {"x-original-method": method, **headers}


async def test_a_login_passes_and_is_named_in_headers_alone(guarded: House) -> None:
    browser = await guarded.alice()
    me = (await browser.get("/api/me")).json()
    answer = await (await through(guarded, browser)).get(PATH, headers=said("GET"))
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["x-doorward-subject"] == me["subject"]
    assert answer.headers["x-doorward-sid"] == me["sid"]
    assert answer.headers["x-doorward-roles"] == ""
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers


async def test_nobody_is_refused_whatever_a_client_says_of_itself(guarded: House) -> None:
    claims = {"x-doorward-subject": "u_root", "x-doorward-roles": "admin", "x-doorward-sid": "s"}
    answer = await (await through(guarded)).get(PATH, headers=said("GET", **claims))
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert not [name for name in answer.headers if name.startswith("x-doorward")]


async def test_what_a_client_says_of_itself_changes_no_answer(proxy: httpx2.AsyncClient) -> None:
    claims = {"x-doorward-subject": "u_root", "x-doorward-roles": "admin", "x-doorward-sid": "s"}
    plain = await proxy.get(PATH, headers=said("GET"))
    claimed = await proxy.get(PATH, headers=said("GET", **claims))
    assert claimed.headers.multi_items() == plain.headers.multi_items()


@pytest.mark.parametrize("name", ["x_doorward_subject", "x-doorward_roles", "x_doorward-sid"])
async def test_a_name_that_an_application_would_take_for_ours_is_refused(
    proxy: httpx2.AsyncClient, name: str
) -> None:
    answer = await proxy.get(PATH, headers=said("GET", **{name: "u_root"}))
    assert (answer.status_code, answer.json()["reason"]) == (401, "malformed")


FOREIGN: list[dict[str, str]] = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {},
]


@pytest.mark.parametrize("foreign", FOREIGN)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "PROPFIND", "get", ""])
async def test_an_unsafe_request_of_another_site_is_refused(
    proxy: httpx2.AsyncClient, method: str, foreign: dict[str, str]
) -> None:
    answer = await proxy.get(PATH, headers=said(method, **foreign))
    assert (answer.status_code, answer.json()["reason"]) == (403, "cross_origin")


@pytest.mark.parametrize("foreign", FOREIGN)
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
@pytest.mark.parametrize("name", ["x-original-method", "x-forwarded-method"])
async def test_a_link_from_another_site_passes(
    proxy: httpx2.AsyncClient, name: str, method: str, foreign: dict[str, str]
) -> None:
    assert (await proxy.get(PATH, headers={name: method, **foreign})).status_code == 200


@pytest.mark.parametrize("own", [{"sec-fetch-site": "same-origin"}, {"origin": ORIGIN}])
async def test_an_unsafe_request_of_our_own_pages_passes(
    proxy: httpx2.AsyncClient, own: dict[str, str]
) -> None:
    assert (await proxy.get(PATH, headers=said("POST", **own))).status_code == 200


async def test_an_unsafe_request_of_a_trusted_origin_on_our_site_passes(opened: Opened) -> None:
    spa, app = "https://spa.testserver", "capacitor://localhost"
    house: House = await opened(trusted_proxies=(PROXY,), trusted_origin=(spa, app))
    proxy = await through(house, await house.alice())
    for origin, site, status in ((spa, "same-site", 200), (app, "cross-site", 403)):
        headers = said("POST", origin=origin, **{"sec-fetch-site": site})
        assert (await proxy.get(PATH, headers=headers)).status_code == status


async def test_an_unsafe_request_passes_with_the_token_of_its_session(guarded: House) -> None:
    browser = await guarded.alice()
    token = (await browser.get("/api/me")).json()["csrf_token"]
    proxy = await through(guarded, browser)
    answer = await proxy.get(PATH, headers=said("POST", **{"x-csrf-token": token}))
    assert answer.status_code == 200


CROSS = ("sec-fetch-site", "cross-site")
UNTOLD: list[list[tuple[str, str]]] = [
    [],
    [("x-original-method", "GET"), ("x-forwarded-method", "POST")],
    [("x-original-method", "POST"), ("x-forwarded-method", "GET")],
    [("x-original-method", "GET"), ("x-original-method", "GET")],
    [("x-original-method", "GET, GET")],
    [("x-original-method", "GET"), ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")],
    [("x-http-method-override", "GET")],
]


@pytest.mark.parametrize("headers", UNTOLD)
async def test_what_no_proxy_tells_for_certain_is_taken_for_unsafe(
    proxy: httpx2.AsyncClient, headers: list[tuple[str, str]]
) -> None:
    assert (await proxy.get(PATH, headers=[*headers, CROSS])).status_code == 403


async def test_a_method_that_a_stranger_tells_is_not_believed(guarded: House) -> None:
    browser = await guarded.alice()
    stranger = await guarded.client(address="203.0.113.5", cookie=cookies(browser))
    answer = await stranger.get(PATH, headers=[("x-original-method", "GET"), CROSS])
    assert (answer.status_code, answer.json()["reason"]) == (403, "cross_origin")
    assert answer.headers["cache-control"] == "no-store"


async def test_a_proxy_that_was_not_named_is_told_of_trusted_proxies_and_so_is_the_log(
    guarded: House, caplog: pytest.LogCaptureFixture
) -> None:
    browser = await guarded.alice()
    stranger = await guarded.client(
        address="203.0.113.5", cookie=cookies(browser), **{"x-original-method": "GET"}
    )
    for _ in range(FROM_ONE + 5):
        answer = await stranger.get(PATH, headers=[CROSS])
        assert "--trusted-proxies" in answer.json()["detail"]
    lines = [line for line in caplog.messages if "--trusted-proxies" in line]
    assert len(lines) == FROM_ONE
    assert "203.0.113.5" in lines[0]
    told = await (await through(guarded, browser)).get(PATH, headers=[*said("POST").items(), CROSS])
    assert "--trusted-proxies" not in told.text


async def test_a_bearer_token_needs_no_method(guarded: House) -> None:
    await guarded.alice()
    client = await guarded.client()
    token = (await login(client, transport="bearer")).json()["access_token"]
    proxy = await through(guarded)
    answer = await proxy.get(PATH, headers={"authorization": f"Bearer {token}", **dict([CROSS])})
    assert answer.status_code == 200


async def test_a_login_that_is_over_is_refused_and_makes_little_noise(
    guarded: House, caplog: pytest.LogCaptureFixture
) -> None:
    browser = await guarded.alice()
    proxy = await through(guarded, browser)
    await browser.post("/api/logout")
    caplog.set_level("INFO", "doorward.events")
    for _ in range(100):
        answer = await proxy.get(PATH, headers=said("GET"))
        assert (answer.status_code, answer.json()["reason"]) == (401, "revoked")
    assert len(caplog.records) == FROM_ONE


async def test_an_inline_refresh_shows_each_cookie_in_a_header_of_its_own(opened: Opened) -> None:
    house = await opened(mode="token", trusted_proxies=(PROXY,))
    proxy = await through(house, await house.alice())
    house.clock.advance(400)
    answer = await proxy.get(PATH, headers=said("GET"))
    assert answer.status_code == 200
    set_cookies = answer.headers.get_list("set-cookie")
    assert [each.partition("=")[0] for each in set_cookies] == ["__Host-access", "__Host-refresh"]
    copied = [answer.headers[f"x-doorward-set-cookie-{place}"] for place in (1, 2)]
    assert copied == set_cookies
    assert answer.headers.get_list("cache-control") == ["no-store"]


async def test_a_script_that_asks_itself_reads_no_cookie(opened: Opened) -> None:
    house = await opened(mode="token", trusted_proxies=(PROXY,))
    browser = await house.alice()
    house.clock.advance(400)
    answer = await browser.get(PATH, headers=said("GET"))
    assert answer.status_code == 200
    assert len(answer.headers.get_list("set-cookie")) == 2
    assert not [name for name in answer.headers if name.startswith("x-doorward-set-cookie")]


def test_names_that_a_header_could_garble_are_encoded() -> None:
    given: dict[str, Any] = {"sid": "s", "mode": "session", "scopes": frozenset(), "amr": ()}
    roles = frozenset({"plain.role:a/b-c_d", "a,b", "Müller\u2028", "100%"})
    who = Principal(subject=" ann ", roles=roles, authenticated_at=0, client_id="", **given)
    shown = dict(names(who))
    assert shown[b"x-doorward-subject"] == b"%20ann%20"
    assert shown[b"x-doorward-roles"] == b"100%25,M%C3%BCller%E2%80%A8,a%2Cb,plain.role:a/b-c_d"


# --- nobody is logged in ------------------------------------------------------------------------

PAGE = {"sec-fetch-mode": "navigate", "accept": "text/html,*/*;q=0.8"}
ADDRESS = "/app/report?year=2026&month=11&by=@ada&x=%C3%BC%2F"


def asked(method: str = "GET", address: str = ADDRESS, **headers: str) -> dict[str, str]:
    """What Traefik and Caddy add by themselves."""
    said = {"x-forwarded-method": method, "x-forwarded-uri": address}
    return said | {"x-forwarded-host": "testserver"} | headers


@pytest.mark.parametrize(
    "shown", [PAGE, {"accept": PAGE["accept"]}, {"sec-fetch-mode": "navigate"}]
)
async def test_a_browser_that_shows_a_page_is_sent_to_log_in_and_back(
    guarded: House, shown: dict[str, str]
) -> None:
    nobody = await through(guarded)
    answer = await nobody.get(PATH, headers=asked(**shown))
    back = quote(ADDRESS, safe="")
    assert (answer.status_code, answer.content) == (303, b"")
    assert answer.headers["location"] == f"{ORIGIN}/login?return_to={back}"
    assert answer.headers["cache-control"] == "no-store"
    posted = await nobody.get(PATH, headers=asked("POST", **shown))
    assert (posted.status_code, posted.headers["location"]) == (303, f"{ORIGIN}/login")


async def test_a_login_that_ended_is_asked_for_again(guarded: House) -> None:
    browser = await guarded.alice()
    proxy = await through(guarded, browser)
    await browser.post("/api/logout")
    assert (await proxy.get(PATH, headers=asked(**PAGE))).status_code == 303
    assert (await proxy.get(PATH, headers=asked())).json()["reason"] == "revoked"


async def test_nginx_is_told_the_address_of_the_login_beside_its_401(guarded: House) -> None:
    nobody = await through(guarded)
    told = {"x-original-method": "GET", "x-forwarded-uri": ADDRESS, **PAGE}
    answer = await nobody.get(PATH, headers=told)
    assert (answer.status_code, answer.json()["reason"]) == (401, "missing")
    login = f"{ORIGIN}/login?return_to={quote(ADDRESS, safe='')}"
    assert answer.headers["x-doorward-login"] == login
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "more",
    [
        {"sec-fetch-mode": "cors", "accept": "text/html"},
        {"sec-fetch-mode": "cors"},
        {"accept": "*/*"},
        {"accept": "application/json"},
        {},
        {**PAGE, "x-forwarded-uri": "/login"},
        {**PAGE, "x-forwarded-uri": "/login?return_to=%2F"},
        {**PAGE, "x-forwarded-uri": ""},
        {**PAGE, "x-forwarded-host": "app.example"},
        {**PAGE, "x-forwarded-host": "testserver.evil.example"},
    ],
)
async def test_programs_and_whoever_would_never_come_back_are_told_401(
    guarded: House, more: dict[str, str]
) -> None:
    answer = await (await through(guarded)).get(PATH, headers=asked(**more))
    assert answer.status_code == 401
    assert not answer.headers.keys() & {"location", "x-doorward-login"}


@pytest.mark.parametrize("address", ["//evil.example", "/\\evil.example", "https://evil.example/"])
async def test_no_address_that_a_proxy_hands_on_leads_elsewhere(
    guarded: House, address: str
) -> None:
    answer = await (await through(guarded)).get(PATH, headers=asked(address=address, **PAGE))
    assert answer.headers["location"] == f"{ORIGIN}/login"


async def test_what_a_stranger_says_of_an_address_is_not_believed(guarded: House) -> None:
    stranger = await guarded.client()
    for told in (asked(**PAGE), said("GET", **asked(**PAGE))):
        answer = await stranger.get(PATH, headers=told)
        assert answer.status_code == 401
        assert not answer.headers.keys() & {"location", "x-doorward-login"}


# --- preflights ---------------------------------------------------------------------------------

PREFLIGHT = {"origin": "https://spa.example", "access-control-request-method": "POST"}


@pytest.fixture
async def passing(opened: Opened) -> House:
    house: House = await opened(trusted_proxies=(PROXY,), pass_preflights=True)
    await house.alice()
    return house


async def test_a_preflight_is_refused_like_any_request_without_a_name(guarded: House) -> None:
    """Many applications answer OPTIONS as they answer GET: anybody could read their pages by it."""
    answer = await (await through(guarded)).get(PATH, headers=said("OPTIONS", **PREFLIGHT))
    assert answer.status_code == 401


@pytest.mark.parametrize("name", ["x-original-method", "x-forwarded-method"])
async def test_a_preflight_passes_in_nobodys_name_where_an_operator_says_so(
    passing: House, name: str
) -> None:
    claims = {"x-doorward-subject": "u_root", "x-doorward-roles": "admin"}
    told = {name: "OPTIONS", **PREFLIGHT, **claims}
    answer = await (await through(passing)).get(PATH, headers=told)
    assert (answer.status_code, answer.content) == (200, b"")
    shown = {key: value for key, value in answer.headers.items() if key.startswith("x-doorward")}
    assert shown == {"x-doorward-subject": "", "x-doorward-roles": "", "x-doorward-sid": ""}


@pytest.mark.parametrize(
    "told",
    [
        {"x-original-method": "GET", **PREFLIGHT},
        {"x-original-method": "options", **PREFLIGHT},
        {"x-original-method": "OPTIONS", "origin": PREFLIGHT["origin"]},
        {"x-original-method": "OPTIONS", "access-control-request-method": "POST"},
        {"x-original-method": "OPTIONS", **PREFLIGHT, "cookie": "__Host-session=x"},
        {"x-original-method": "OPTIONS", **PREFLIGHT, "authorization": "Bearer x"},
        {"x-original-method": "OPTIONS", "x-forwarded-method": "POST", **PREFLIGHT},
        {"x-original-method": "OPTIONS", **PREFLIGHT, "upgrade": "h2c"},
        {"x-original-method": "OPTIONS", **PREFLIGHT, "x-http-method-override": "DELETE"},
        {"x-original-method": "OPTIONS", **PREFLIGHT, "x_http_method_override": "DELETE"},
        {"x-original-method": "OPTIONS", **PREFLIGHT, "X-HTTP_Method-Override": "DELETE"},
        {"x-original-method": "OPTIONS", **PREFLIGHT, "content_length": "2"},
        {"x-original-method": "OPTIONS", **PREFLIGHT, "content-length": "2"},
        PREFLIGHT,
    ],
)
async def test_what_is_no_preflight_is_judged(passing: House, told: dict[str, str]) -> None:
    assert (await (await through(passing)).get(PATH, headers=told)).status_code == 401


async def test_a_preflight_that_a_stranger_tells_of_is_judged(passing: House) -> None:
    told = said("OPTIONS", **PREFLIGHT)
    assert (await (await passing.client()).get(PATH, headers=told)).status_code == 401
