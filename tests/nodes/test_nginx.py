"""The example configuration, in a real nginx: what passes to an application, and what never."""

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from websockets.sync.client import connect

from doorward.server.ui.rendering import static_path
from doorward.types import Mode
from tests.nodes.guarded import CLAIMS, Guarded, guarding
from tests.support.until import PATIENCE

pytestmark = pytest.mark.process

MODES: list[Mode] = ["session", "token"]


@pytest.fixture(scope="module", params=MODES)
def guarded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Guarded]:
    with guarding(request.param, tmp_path_factory.mktemp("guarded")) as found:
        yield found


def test_the_application_is_told_who_comes_and_by_nobody_else(guarded: Guarded) -> None:
    seen = guarded.get("/app/x", **CLAIMS).json()["headers"]
    assert seen["x-doorward-subject"] == guarded.ann.knows("subject")
    assert seen["x-doorward-sid"] == guarded.ann.knows("sid")
    assert "x-doorward-roles" not in seen
    assert seen["x-forwarded-proto"] == "https"


@pytest.mark.parametrize("name", ["X_Doorward_Roles", "x-doorward_roles", "X-DOORWARD-ROLES"])
def test_no_spelling_of_a_name_passes(guarded: Guarded, name: str) -> None:
    seen = guarded.get("/app/x", **{name: "admin"}).json()["headers"]
    assert not [key for key in seen if "roles" in key.lower()]


def test_roles_reach_the_application_at_once(guarded: Guarded) -> None:
    guarded.nodes.operator.set_roles("ann@example.org", "editor", "staff:it")
    assert guarded.get("/app/x").json()["headers"]["x-doorward-roles"] == "editor,staff:it"
    guarded.nodes.operator.set_roles("ann@example.org")


def test_people_are_sent_to_log_in_and_programs_are_told(guarded: Guarded) -> None:
    with guarded.nodes.arriving("cookie") as nobody:
        http = nobody.http
        page = http.get("/app/a/b?c=1", headers={"sec-fetch-mode": "navigate", **CLAIMS})
        login = f"{guarded.nodes.url}/login?return_to=%2Fapp%2Fa%2Fb%3Fc%3D1"
        assert (page.status_code, page.headers["location"]) == (303, login)
        assert http.get("/app/a", headers=CLAIMS).status_code == 401
        assert http.post("/app/a", headers=CLAIMS).status_code == 401


def test_an_unsafe_request_of_another_site_never_arrives(guarded: Guarded) -> None:
    for site in ("cross-site", "same-site"):
        for method in ("POST", "DELETE"):
            for lie in ({}, {"X-Original-Method": "GET"}, {"X-Forwarded-Method": "GET"}):
                answer = guarded.ask(method, "/app/x", **{"sec-fetch-site": site}, **lie)
                assert answer.status_code == 403
    assert guarded.ask("POST", "/app/x").json()["method"] == "POST"
    assert guarded.get("/app/x", **{"sec-fetch-site": "cross-site"}).json()["method"] == "GET"


def test_the_question_itself_and_the_metrics_are_not_for_clients(guarded: Guarded) -> None:
    for path in ("/_doorward", "/api/forward-auth", "/metrics"):
        assert guarded.get(path).status_code == 404


def test_a_web_socket_passes_from_our_own_pages_alone(
    guarded: Guarded, tmp_path_factory: pytest.TempPathFactory
) -> None:
    url = guarded.nodes.url.replace("https:", "wss:") + "/app/ws"
    own = {"Origin": guarded.nodes.url}
    with connect(url, ssl=guarded.nodes.verify, additional_headers=guarded.cookies | own) as opened:
        assert opened.recv() == guarded.ann.knows("subject")
    foreign = guarded.cookies | {"Origin": "https://evil.example"}
    with pytest.raises(Exception, match="403"):
        connect(url, ssl=guarded.nodes.verify, additional_headers=foreign)


def test_the_news_of_the_console_pass_as_they_happen(guarded: Guarded) -> None:
    guarded.nodes.operator.set_roles("ann@example.org", "admin")
    with guarded.ann.http.stream("GET", "/admin/online/events", headers=guarded.cookies) as answer:
        assert answer.status_code == 200
        lines = answer.iter_lines()
        assert next(lines) == "retry: 2000"
        with guarded.nodes.arriving("cookie") as other:
            other.log_in("ann@example.org")
        assert "event: change" in lines
    guarded.nodes.operator.set_roles("ann@example.org")


def test_what_comes_over_plain_http_is_sent_to_the_public_name(guarded: Guarded) -> None:
    answer = httpx2.get(f"http://127.0.0.1:{guarded.nodes.plain}/login?a=b", verify=False)
    assert (answer.status_code, answer.headers["location"]) == (
        308,
        f"{guarded.nodes.url}/login?a=b",
    )


def test_a_refresh_on_the_way_reaches_the_browser_whole(tmp_path: Path) -> None:
    with guarding("token", tmp_path, "--access-ttl", "1") as guarded:
        before = dict(guarded.ann.held)

        def refreshed() -> list[str]:
            answer = guarded.get("/app/x")
            assert answer.status_code == 200
            assert "no-store" in answer.headers["cache-control"] or not answer.headers.get_list(
                "set-cookie"
            )
            return answer.headers.get_list("set-cookie")

        found: list[str] = []
        while not found:
            found = refreshed()
        names = [each.partition("=")[0] for each in found]
        assert names == ["__Host-access", "__Host-refresh"]
        for each in found:
            name, _, rest = each.partition("=")
            value, _, attributes = rest.partition("; ")
            assert attributes.endswith("Path=/; HttpOnly; Secure; SameSite=Lax")
            guarded.ann.held[name] = value
        assert guarded.ann.held.keys() == before.keys()
        assert guarded.ann.held["__Host-refresh"] != before["__Host-refresh"]
        assert guarded.get("/app/x").status_code == 200
        assert guarded.ann.knows("subject")


def test_when_all_nodes_are_gone_it_is_unavailable_and_nobody_passes(tmp_path: Path) -> None:
    with guarding("session", tmp_path) as guarded:
        for node in guarded.nodes.nodes:
            node.kill()
        answer = guarded.get("/app/x")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


CACHE = """
    proxy_cache_path cache keys_zone=cache:1m;
    proxy_cache cache;
    proxy_cache_valid any 1h;
    add_header X-Cached $upstream_cache_status always;
"""


@pytest.fixture(scope="module")
def cached(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """Behind an nginx that keeps what it may."""
    with guarding("session", tmp_path_factory.mktemp("cached"), more=CACHE) as found:
        style = static_path("doorward.css")
        assert [found.get(style).headers["x-cached"] for _ in "12"] == ["MISS", "HIT"]
        yield found


@pytest.mark.parametrize("path", ["/account", "/account/x.css", "/api/me", "/api/sessions"])
def test_a_cache_before_it_keeps_no_private_page(cached: Guarded, path: str) -> None:
    for _ in range(2):
        mine = cached.get(path)
        with cached.nodes.arriving("cookie") as nobody:
            theirs = nobody.http.get(path)
        assert mine.headers["x-cached"] == theirs.headers["x-cached"] == "MISS"
        assert "ann@example.org" not in theirs.text
        assert "no-store" in mine.headers["cache-control"]
    assert "ann@example.org" in cached.get("/account").text


LOGIN = b"POST /api/login HTTP/1.1\r\nHost: {host}\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
REST = b"\r\n0\r\n\r\nG"
SMUGGLED = [
    LOGIN + b"Content-Length: 6\r\n" + CHUNKED + REST,
    LOGIN + CHUNKED + b"Transfer-Encoding: identity\r\n" + REST,
    LOGIN + b"Transfer-Encoding: xchunked\r\n" + REST,
    LOGIN + b"Transfer-Encoding : chunked\r\n" + REST,
    LOGIN + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nGG",
    b"GET /account HTTP/1.1\r\nHost: {host}\r\nHost: evil.example\r\n\r\n",
    b"GET /account HTTP/1.1\r\nHost: {host}\r\nX: a\r\n b\r\n\r\n",
]


@pytest.mark.parametrize("text", SMUGGLED)
def test_no_request_is_smuggled_past_nginx(guarded: Guarded, text: bytes) -> None:
    """Whatever the two read into it, there is one refusal and no second answer, and whoever comes
    next over the same upstream connection gets an answer of their own."""
    host = guarded.nodes.url.removeprefix("https://").encode()
    port = int(host.partition(b":")[2])
    plain = socket.create_connection(("127.0.0.1", port), 10)
    with guarded.nodes.verify.wrap_socket(plain, server_hostname="localhost") as client:
        client.sendall(text.replace(b"{host}", host))
        answer = _all_of(client)
    assert answer.count(b"HTTP/1.1 ") == 1
    assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 501"))
    for _ in range(4):
        assert guarded.ann.http.get("/healthz").json()["status"] == "ok"


def _all_of(client: ssl.SSLSocket) -> bytes:
    client.settimeout(PATIENCE)
    parts = []
    while part := client.recv(65536):
        parts.append(part)
    return b"".join(parts)
