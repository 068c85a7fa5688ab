"""The headers of every answer, route by route."""

import logging
from asyncio import Task, create_task, timeout
from collections.abc import AsyncIterator, Sequence
from itertools import cycle
from urllib.parse import quote

import httpx2
import pytest
from anyio.lowlevel import checkpoint
from fastapi import Request
from fastapi.responses import StreamingResponse
from fastapi.routing import APIRoute

from doorward.server.app import DECLARED
from doorward.server.http.headers import DATA_POLICY, PAGE_POLICY, always, complete
from doorward.server.ui.rendering import static_path
from doorward.web.asgi import KEY, principal
from doorward.web.connection import Answer
from tests.server.house import ORIGIN, House, Opened
from tests.support.until import PATIENCE

pytestmark = pytest.mark.anyio

ROUTES = [
    (method, route.path.replace("{sid}", "0" * 32).replace("{address}", "x"))
    for router in DECLARED.routers
    for route in router.routes
    if isinstance(route, APIRoute)
    for method in sorted(route.methods or ())
]
MORE = [
    ("GET", "/openapi.json"),
    ("GET", static_path("doorward.css")),
    ("GET", "/nothing"),
    ("GET", "/api/nothing"),
    ("DELETE", "/login"),
    ("POST", "/api/me"),
    ("GET", "/login?x=" + "a" * 9000),
]


PUBLISHED = {
    "/.well-known/jwks.json",
    "/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration",
}
FOR_PROGRAMS = {
    *("/oauth/token", "/oauth/revoke", "/oauth/introspect", "/oauth/userinfo"),
    "/oauth/changes",
}
"""What scripts of every origin may read, refusals too: they need more than cookies."""


@pytest.fixture(scope="module")
async def homes(shared: Opened) -> dict[str, House]:
    """A house in each mode where somebody has an account."""
    found: dict[str, House] = {mode: await shared(mode=mode) for mode in ("session", "token")}
    for house in found.values():
        await house.account()
    return found


@pytest.fixture(scope="module")
async def inhabited(homes: dict[str, House]) -> House:
    """The one in session mode, where they are logged in."""
    await homes["session"].alice()
    return homes["session"]


def check(answer: httpx2.Response) -> None:
    headers = answer.headers
    page = headers.get("content-type", "").startswith("text/html")
    assert headers["content-security-policy"] == (PAGE_POLICY if page else DATA_POLICY).decode()
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    path = answer.request.url.path
    public = path in FOR_PROGRAMS or (path in PUBLISHED and answer.status_code < 300)
    policy = "cross-origin" if public else "same-origin"
    assert headers["cross-origin-resource-policy"] == policy
    assert "camera=()" in headers["permissions-policy"]
    assert headers["strict-transport-security"] == "max-age=31536000"
    assert "server" not in headers
    shared = {name for name in headers if name.startswith("access-control-")}
    assert ("access-control-allow-origin" in shared) is public
    assert "access-control-allow-credentials" not in shared
    for name, count in {name: len(headers.get_list(name)) for name in headers}.items():
        assert count == 1 or name == "set-cookie", name
    if answer.content:
        kind = headers["content-type"]
        assert "charset=utf-8" in kind or "json" in kind or kind == "image/svg+xml"
    check_cache(answer)


def check_cache(answer: httpx2.Response) -> None:
    public = {*PUBLISHED, static_path("doorward.css")}
    path = answer.request.url.path
    expected = answer.headers["cache-control"].startswith("public, max-age=")
    assert expected is (path in public and answer.request.method != "OPTIONS")
    if not expected:
        assert answer.headers["cache-control"] == "no-store"


def test_the_crawl_finds_every_room() -> None:
    assert len(ROUTES) > 60
    assert {("POST", "/api/login"), ("GET", "/account"), ("POST", "/reset")} <= set(ROUTES)


@pytest.mark.parametrize(
    ("number", "method", "path", "mode"),
    [
        (number, *route, mode)
        for number, (route, mode) in enumerate(zip(ROUTES + MORE, cycle(("session", "token"))))
    ],
)
async def test_every_answer_carries_every_header(
    homes: dict[str, House], number: int, method: str, path: str, mode: str
) -> None:
    """No header depends on the mode, so each route is asked in one; and from a source of its own,
    whose tries no other route used up."""
    house, source = homes[mode], f"2001:db8:{number:x}::1"
    stranger, alice = await house.browser(address=source), await house.alice(address=source)
    for client in (stranger, alice):
        for json, data in ((None, None), ({}, None), (None, {"email": "x"})):
            answer = await client.request(method, path, json=json, data=data)
            assert answer.status_code < 500
            check(answer)


@pytest.mark.parametrize(("method", "path"), ROUTES + MORE)
async def test_nothing_private_is_shown_to_a_stranger(
    inhabited: House, method: str, path: str
) -> None:
    stranger = await inhabited.browser()
    answer = await stranger.request(method, path)
    assert "alice" not in answer.text
    assert answer.status_code in (200, 204, 303, 400, 401, 404, 405, 415, 431)
    if path.startswith("/account") and answer.status_code != 405:
        places = ("/account", "/account/applications", path, quote(path))
        asked = [f"/login?return_to={quote(each, safe='')}" for each in places]
        assert answer.headers["location"] in ("/account", "/account/applications", *asked)


async def test_an_answer_that_sets_a_cookie_is_never_stored(either: House) -> None:
    browser = await either.browser()
    form = {"email": "bob@example.test", "password": "correct horse battery"}
    for path in ("/signup", "/login"):
        answer = await browser.post(path, data=form)
        assert "set-cookie" in answer.headers
        assert answer.headers["cache-control"] == "no-store"


async def test_a_failure_inside_is_told_in_one_sentence_and_logged(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken() -> None:
        raise RuntimeError("the secret plans")

    house.app.add_api_route("/api/broken", broken)
    house.app.add_api_route("/broken", broken)
    client = await house.client()
    with caplog.at_level(logging.ERROR, logger="doorward"):
        problem, page = await client.get("/api/broken"), await client.get("/broken")
    for answer in (problem, page):
        check(answer)
        assert answer.status_code == 500
        assert "secret plans" not in answer.text
    assert problem.json()["reason"] == "internal"
    assert "Something went wrong" in page.text
    assert caplog.text.count("RuntimeError: the secret plans") == 2


async def test_an_address_at_which_something_fails_forges_no_line_of_the_log(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken() -> None:
        raise RuntimeError

    house.app.add_api_route("/api/broken/{where}", broken)
    client = await house.client()
    with caplog.at_level(logging.ERROR, logger="doorward"):
        await client.get("/api/broken/%0A%1B%5B31m%E2%80%AEforged")
    (record,) = caplog.records
    assert record.getMessage().isprintable()
    assert "forged" in record.getMessage()


async def test_the_end_of_a_stream_whose_session_was_revoked_is_no_failure(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    others: list[Task[Sequence[str]]] = []

    async def parts(sid: str, answer: Answer) -> AsyncIterator[bytes]:
        yield b"a part"
        # by somebody else: who goes away with this request must not break off the decision
        others.append(create_task(house.service.auth.revoke(sid=sid)))
        while not answer.ended:
            await checkpoint()
        yield b"sent before anybody could be told that it is over"

    async def stream(request: Request) -> StreamingResponse:
        return StreamingResponse(parts((await principal()).sid, request.scope[KEY]))

    house.app.add_api_route("/api/stream", stream)
    browser = await house.alice()
    with caplog.at_level(logging.ERROR):
        async with timeout(PATIENCE):
            assert (await browser.get("/api/stream")).status_code == 200
        assert len(await others[0]) == 1
    assert caplog.text == ""


async def test_head_answers_like_get(house: House) -> None:
    client = await house.client()
    for path in ("/", "/login", "/healthz", "/api/me", "/nothing"):
        get, head = await client.get(path), await client.head(path)
        assert (head.status_code, head.headers) == (get.status_code, get.headers)


PROXY = "10.0.0.1"


async def asked_over_http(opened: Opened, **more: str) -> tuple[House, httpx2.AsyncClient]:
    """A house, and the proxy before it, which says how it was asked."""
    house: House = await opened(trusted_proxies=("10.0.0.0/8",))
    return house, await house.client(url="http://testserver", address=PROXY, **more)


@pytest.mark.parametrize("mode", ["session", "token"])
async def test_over_plain_http_pages_move_to_https_and_all_else_is_refused(
    opened: Opened, mode: str
) -> None:
    house: House = await opened(mode=mode, trusted_proxies=(PROXY,))
    await house.alice()
    said = {"x-forwarded-proto": "http"}
    client = await house.client(url="http://testserver", address=PROXY, **said)
    page = await client.get("/login?return_to=%2Faccount", headers={"host": "evil.example"})
    assert page.status_code == 308
    assert page.headers["location"] == f"{ORIGIN}/login?return_to=%2Faccount"
    check(page)
    for method, path in ROUTES:
        if path in ("/healthz", "/metrics"):
            continue
        program = path.startswith(("/api/", "/.well", "/static")) or path in FOR_PROGRAMS
        if method == "GET" and not program:
            assert (await client.request(method, path)).status_code == 308
        else:
            answer = await client.request(method, path)
            assert answer.status_code == 403
            assert "set-cookie" not in answer.headers
    assert (await client.get("/healthz")).status_code == 200


@pytest.mark.parametrize(
    "said",
    [
        [("x-forwarded-proto", "https")],
        [("x-forwarded-proto", "HTTPS")],
        [("x-forwarded-proto", "wss")],
        [("x-forwarded-proto", "https,https")],
        [("x-forwarded-proto", "https"), ("x-forwarded-proto", "https")],
        [("x-forwarded-proto", "https, http"), ("x-forwarded-for", "203.0.113.9, 10.0.0.9")],
    ],
)
async def test_a_proxy_that_is_trusted_may_say_that_it_was_https(
    opened: Opened, said: list[tuple[str, str]]
) -> None:
    house, proxy = await asked_over_http(opened)
    assert (await proxy.get("/login", headers=said)).status_code == 200
    stranger = await house.client(url="http://testserver")
    for path in ("/login", "/api/me"):
        answer = await stranger.get(path, headers=said)
        assert (answer.status_code, "location" in answer.headers) == (403, False)
        assert "--trusted-proxies" in answer.text


@pytest.mark.parametrize(
    "said", ["proto=https", "for=203.0.113.9;proto=https, for=10.0.0.9;proto=http"]
)
async def test_only_the_header_that_the_operator_named_says_that_it_was_https(
    opened: Opened, said: str
) -> None:
    usual = {"x-forwarded-proto": "https"}
    for forwarded, headers in ((True, {"forwarded": said}), (False, usual)):
        house: House = await opened(trusted_proxies=("10.0.0.0/8",), forwarded=forwarded)
        proxy = await house.client(url="http://testserver", address=PROXY)
        assert (await proxy.get("/login", headers=headers)).status_code == 200
        lie = usual if forwarded else {"forwarded": said}
        assert (await proxy.get("/login", headers=lie)).status_code == 403


@pytest.mark.parametrize(
    "said", ["", "gopher", "https http", "https, http", '"https"', "https;q=1", "on", "443"]
)
async def test_what_no_proxy_says_clearly_is_told_in_a_sentence_and_never_moved_to_itself(
    opened: Opened, said: str
) -> None:
    _, proxy = await asked_over_http(opened)
    for headers in ({"x-forwarded-proto": said}, {"forwarded": f'proto="{said}"'}, {}):
        for path in ("/login", "/api/me"):
            answer = await proxy.get(path, headers=headers)
            assert (answer.status_code, "location" in answer.headers) == (403, False)
            assert "X-Forwarded-Proto" in answer.text


async def test_a_stranger_who_may_be_a_proxy_is_never_moved(opened: Opened) -> None:
    house, _ = await asked_over_http(opened)
    stranger = await house.client(url="http://testserver")
    answer = await stranger.get("/login")
    assert (answer.status_code, "location" in answer.headers) == (403, False)
    assert "--trusted-proxies" in answer.text


async def test_a_browser_that_used_https_is_not_moved_there_whatever_a_proxy_says(
    opened: Opened,
) -> None:
    """The inner of two proxies says what it sees itself, as nginx does with `$scheme`."""
    _, proxy = await asked_over_http(opened, **{"x-forwarded-proto": "http"})
    assert (await proxy.get("/login")).status_code == 308
    answer = await proxy.get("/login", headers={"sec-fetch-mode": "navigate"})
    assert (answer.status_code, "location" in answer.headers) == (403, False)
    assert "behind another proxy" in answer.text


@pytest.mark.parametrize("name", ["host", "x-forwarded-host"])
async def test_nobody_is_moved_to_the_port_that_was_asked(opened: Opened, name: str) -> None:
    house: House = await opened(
        public_origin="https://localhost:8443", trusted_proxies=("10.0.0.1",)
    )
    said = {"x-forwarded-proto": "http"}
    proxy = await house.client(url="http://localhost:8080", address=PROXY, **said)
    moved = await proxy.get("/login", headers={"sec-fetch-mode": "navigate"})
    assert (moved.status_code, moved.headers["location"]) == (308, "https://localhost:8443/login")
    answer = await proxy.get("/login", headers={name: "localhost:8443"})
    assert (answer.status_code, "location" in answer.headers) == (403, False)


async def test_another_host_than_that_of_the_public_origin_is_said_once(
    opened: Opened, caplog: pytest.LogCaptureFixture
) -> None:
    house: House = await opened(public_origin="http://localhost:8000")
    page = {"sec-fetch-mode": "navigate"}
    client = await house.client(url="http://localhost:8000", **page)
    await client.get("/login")
    await client.get("/login", headers={"host": "scan.example", "sec-fetch-mode": "cors"})
    assert "public origin" not in caplog.text
    for _ in range(2):
        await client.get("/login", headers={"host": "127.0.0.1:8000"})
    assert caplog.text.count("127.0.0.1:8000', but its public origin is http://localhost:8000") == 1


async def test_plain_http_on_this_machine_is_served_without_a_promise_of_https(
    opened: Opened,
) -> None:
    house: House = await opened(public_origin="http://localhost:8000")
    answer = await (await house.client(url="http://localhost:8000")).get("/login")
    assert answer.status_code == 200
    assert "strict-transport-security" not in answer.headers


@pytest.mark.parametrize(
    ("origin", "subdomains", "promise"),
    [
        ("https://login.example", False, "max-age=31536000"),
        ("https://login.example", True, "max-age=31536000; includeSubDomains"),
        ("https://localhost:8443", True, None),
        ("https://login.localhost", True, None),
        ("https://127.0.0.1", True, None),
        ("https://[::1]:8443", True, None),
        ("http://localhost", True, None),
    ],
)
async def test_https_is_promised_off_this_machine_and_for_subdomains_if_the_operator_says_so(
    opened: Opened, origin: str, subdomains: bool, promise: str | None
) -> None:
    house: House = await opened(public_origin=origin, hsts_subdomains=subdomains)
    answer = await (await house.client(url=origin)).get("/login")
    assert answer.headers.get("strict-transport-security") == promise
    sent = dict(always(origin, subdomains)).get(b"strict-transport-security")
    assert sent == (promise and promise.encode())


@pytest.mark.parametrize("path", ["//login", "/login/", "/LOGIN", "/login;x", "/account/x.css"])
async def test_one_address_is_one_page(inhabited: House, path: str) -> None:
    alice = await inhabited.alice()
    answer = await alice.get(f"{ORIGIN}{path}", headers={"host": "evil.example"})
    assert answer.status_code == 404
    assert "evil" not in str(answer.headers)


def test_an_answer_that_sets_a_cookie_is_never_stored_whatever_it_says() -> None:
    own = [(b"cache-control", b"public, max-age=60"), (b"set-cookie", b"a=b")]
    found = [value for name, value in complete(own, ()) if name == b"cache-control"]
    assert found == [b"no-store"]


def test_a_picture_opened_by_itself_can_run_nothing() -> None:
    headers = dict(complete([(b"content-type", b"image/svg+xml")], ()))
    policy = headers[b"content-security-policy"].split(b"; ")
    assert b"sandbox" in policy
    assert b"default-src 'none'" in policy
