"""What holds behind every proxy whose configuration the documentation shows."""

import re
import socket
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

import httpx2
import pytest
from websockets.sync.client import connect

from doorward.cli.reaching import Reached, reach
from doorward.errors import EXPLANATIONS, Reason
from doorward.server.options import Options
from tests.docs.pages import DOCS, blocks
from tests.journeys.traveller import PASSWORD
from tests.nodes.conftest import SOAK
from tests.nodes.guarded import CLAIMS, Guarded, guarding
from tests.server.http.test_sizes import most_roles
from tests.support.certificate import make_certificate
from tests.support.fronts import found
from tests.support.nginx import OWN, nginx_path, running_nginx
from tests.support.ports import free_port
from tests.support.thread_server import server_in_thread
from tests.support.until import PATIENCE

pytestmark = pytest.mark.process

GUARDING = [
    *(["nginx"] if nginx_path() else []),
    *([pytest.param("caddy", marks=SOAK)] if found("caddy") else []),
]
"""Those that ask forward-auth: nginx in the ordinary suite, others under soak, each wherever it can
be had."""

FRONTS = [*GUARDING, *([pytest.param("haproxy", marks=SOAK)] if found("haproxy") else [])]

TAILS = [
    *("", "a", "a/", "a/b/c", "a//b", "My%20Report.pdf", "@ada", "ada@example.org", "o'brien"),
    *("%22quoted%22", "Gr%C3%BC%C3%9Fe", "%E6%97%A5%E6%9C%AC", "%F0%9F%9A%AA", "100%25", "a%2Fb"),
    *(
        "a%5Cb",
        "a+b",
        "a%2Bb",
        "a:80",
        "v1;x=1,2",
        "!$&()*=~_-.",
        "[1]",
        "{2}",
        "a|b",
        "^x^",
        "`y`",
    ),
    *("%5B1%5D%7B2%7D%7C", ".hidden", "x..y", "...", "%3Fno=query", "%23no-fragment", "%26amp;"),
    *(
        "https://elsewhere.example/",
        "%68%74%74%70://x",
        "?",
        "?x",
        "?x=",
        "?x=1",
        "?=1",
        "?&",
        "??",
    ),
    *("report?year=2026&month=11", "?a=1&a=2&a=3", "?a[]=1&a[]=2", "?q=ada@example.org", "?q='a'"),
    *("?q=%22a%22", '?q="a"', "?q=a+b%20c%2Bd", "?q=%26%3D%3F%23", "?q=50%", "?q=%zz", "?q=C:\\x"),
    *("?next=/login?return_to=/a", "?next=//evil.example", "?u=https://e.example/?a=1%26b=2"),
    *("?q=Gr%C3%BC%C3%9Fe&r=%F0%9F%9A%AA", "?note=two%0D%0Alines", "?j={%22a%22:[1,2]}"),
    *("?return_to=%2Faccount", "?q=" + "x" * 900, "?q=" + "%E2%82%AC" * 180),
]
"""What follows the beginning of an address, as browsers and programs send it."""


@pytest.fixture(scope="module", params=FRONTS)
def behind(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Guarded]:
    front: str = request.param
    with guarding("session", tmp_path_factory.mktemp(front), front=front) as found:
        yield found


@pytest.fixture(scope="module", params=GUARDING)
def guarded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Guarded]:
    front: str = request.param
    options = ("--access-ttl", "1", "--pass-preflights", "on")
    with guarding("token", tmp_path_factory.mktemp(front), *options, front=front) as found:
        yield found


Answer = tuple[int, str, str]
"""Status, location and body."""


def raw(guarded: Guarded, method: str, target: str, body: str = "", more: str = "") -> Answer:
    """Asked to the letter, which no client of HTTP does."""
    url = urlsplit(guarded.nodes.url)
    head = (
        f"{method} {target} HTTP/1.1\r\nHost: {url.netloc}\r\nConnection: close\r\n"
        f"Sec-Fetch-Mode: navigate\r\nSec-Fetch-Site: same-origin\r\n{more}"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    plain = socket.create_connection(("127.0.0.1", url.port or 0), PATIENCE)
    with guarded.nodes.verify.wrap_socket(plain, server_hostname="localhost") as client:
        client.sendall((head + body).encode())
        said = b""
        while part := client.recv(65536):
            said += part
    answer, _, text = said.decode().partition("\r\n\r\n")
    (location,) = re.findall(r"(?i)\r\nlocation: ([^\r]*)", answer) or [""]
    return int(answer.split()[1]), location, text


def test_the_addresses_are_many() -> None:
    assert len(set(TAILS)) >= 60


NAMES = [tail for tail in TAILS if not re.search(r"/|%2F", tail.partition("?")[0])]
"""Those that are one segment, and a query: the address of a page of Doorward's."""


@pytest.mark.soak
@pytest.mark.parametrize("tail", NAMES)
def test_a_person_comes_back_to_the_very_address(behind: Guarded, tail: str) -> None:
    slash = "" if tail[:1] in ("?", "") else "/"
    assert_comes_back(behind, f"/admin/users{slash}{tail}")


@pytest.mark.parametrize("tail", TAILS)
def test_so_does_one_who_asked_the_application(guarded: Guarded, tail: str) -> None:
    assert_comes_back(guarded, "/app/" + tail)


def assert_comes_back(guarded: Guarded, asked: str) -> None:
    status, location, _ = raw(guarded, "GET", asked)
    login = location.removeprefix(guarded.nodes.url)
    assert (status, login.partition("?")[0]) == (303, "/login")
    assert login != asked
    status, _, page = raw(guarded, "GET", login)
    assert status == 200
    (field,) = re.findall(r'name="return_to" value="([^"]*)"', page)
    form = {"email": "ann@example.org", "password": PASSWORD, "return_to": unescape(field)}
    status, location, _ = raw(guarded, "POST", "/login", urlencode(form))
    assert status == 303
    assert written(location) == written(asked)


def written(address: str) -> str:
    """Caddy encodes what no address should hold, and leaves out a query of nothing."""
    return re.sub(r"[|^`{}]", lambda found: quote(found[0]), address).rstrip("?")


def test_no_client_says_who_it_is_where_it_is_or_how_it_came(behind: Guarded) -> None:
    lies = {
        "x-forwarded-for": "203.0.113.9",
        "x-forwarded-proto": "http",
        "forwarded": "for=203.0.113.9;proto=http",
    }
    answer = behind.get("/api/sessions", **lies)
    assert answer.status_code == 200
    assert {each["address"] for each in answer.json()["sessions"]} == {"127.0.0.1"}
    with behind.nodes.arriving("cookie") as ann:
        ann.http.headers.update(lies)
        assert ann.log_in("ann@example.org").status_code == 200
        assert {each["address"] for each in ann.sessions()} == {"127.0.0.1"}


def test_the_application_is_told_who_comes_and_by_nobody_else(guarded: Guarded) -> None:
    seen = guarded.get("/app/x", **CLAIMS).json()["headers"]
    assert seen["x-doorward-subject"] == guarded.ann.knows("subject")
    assert seen["x-doorward-sid"] == guarded.ann.knows("sid")
    assert not seen.get("x-doorward-roles")
    with guarded.nodes.arriving("cookie") as nobody:
        preflight = {"origin": "https://spa.example", "access-control-request-method": "POST"}
        answer = nobody.http.options("/app/x", headers={**preflight, **CLAIMS})
        seen = answer.json()["headers"]
        assert not [name for name in CLAIMS if seen.get(name.lower())]
        for method in ("GET", "POST", "OPTIONS"):
            assert nobody.http.request(method, "/app/x", headers=CLAIMS).status_code == 401


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_an_unsafe_request_of_another_site_never_arrives(guarded: Guarded, site: str) -> None:
    for lie in ({}, {"X-Original-Method": "GET"}, {"X-Forwarded-Method": "GET"}):
        answer = guarded.ask("POST", "/app/x", **{"sec-fetch-site": site}, **lie)
        assert answer.status_code == 403
    assert guarded.ask("POST", "/app/x").json()["method"] == "POST"
    assert guarded.get("/app/x", **{"sec-fetch-site": site}).json()["method"] == "GET"


def test_a_web_socket_passes_from_our_own_pages_alone(guarded: Guarded) -> None:
    url = guarded.nodes.url.replace("https:", "wss:") + "/app/ws"
    renewed(guarded)
    own = {"Origin": guarded.nodes.url}
    with connect(url, ssl=guarded.nodes.verify, additional_headers=guarded.cookies | own) as opened:
        assert opened.recv() == guarded.ann.knows("subject")
    foreign = guarded.cookies | {"Origin": "https://evil.example"}
    with pytest.raises(Exception, match="403"):
        connect(url, ssl=guarded.nodes.verify, additional_headers=foreign)


def test_somebody_with_every_role_there_is_room_for_is_renewed_on_the_way(guarded: Guarded) -> None:
    """Once more by the application's address, and the browser gets its cookies whole."""
    guarded.nodes.operator.set_roles("ann@example.org", *most_roles())
    assert guarded.ann.log_in("ann@example.org").status_code == 200
    before = guarded.ann.held["__Host-refresh"]
    renewed(guarded)
    assert guarded.ann.held["__Host-refresh"] != before
    assert guarded.get("/app/x").json()["headers"]["x-doorward-roles"] == ",".join(most_roles())
    guarded.nodes.operator.set_roles("ann@example.org")
    assert guarded.ann.log_in("ann@example.org").status_code == 200


def renewed(guarded: Guarded) -> None:
    """Ask the application until the access cookie ran out, and keep what comes."""
    answer = guarded.get("/app/x")
    while not (found := answer.headers.get_list("set-cookie")):
        assert answer.status_code == 200
        answer = guarded.get("/app/x")
    assert found[0].startswith("__Host-access=")
    assert "no-store" in answer.headers["cache-control"]
    for each in found:
        name, _, rest = each.partition("=")
        value, _, attributes = rest.partition("; ")
        assert attributes.endswith("Path=/; HttpOnly; Secure; SameSite=Lax")
        guarded.ann.held[name] = value


def test_doctor_sees_that_the_proxy_says_how_requests_came(
    behind: Guarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(behind.folder / "cert.pem"))
    assert reach(Options(public_origin=behind.nodes.url)) == Reached(
        Reason.MISSING, EXPLANATIONS[Reason.MISSING]
    )


TICKET = "a-ticket-that-nobody-may-read"


@pytest.mark.parametrize("front", FRONTS)
def test_no_log_of_a_proxy_shows_a_ticket(front: str, tmp_path: Path) -> None:
    """Neither while all is well nor when a server is gone."""
    with guarding("session", tmp_path, front=front) as behind:
        visit_with_tickets(behind.nodes.url, behind.ann.http)
        for node in behind.nodes.nodes:
            node.kill()
            visit_with_tickets(behind.nodes.url, behind.ann.http)
    assert_no_ticket(tmp_path)


def visit_with_tickets(url: str, http: httpx2.Client) -> None:
    page = f"{url}/reset?ticket={TICKET}"
    for path in (
        f"/reset?ticket={TICKET}",
        f"/verify?ticket={TICKET}",
        f"/setup?ticket={TICKET}",
        "/static/x.css",
    ):
        http.get(path, headers={"referer": page})


def assert_no_ticket(folder: Path) -> None:
    logs = [*folder.glob("*.log"), *folder.glob("*.out")]
    said = "".join(log.read_text() for log in logs)
    assert "/reset" in said
    assert TICKET not in said


@pytest.mark.parametrize("front", [each for each in GUARDING if each == "nginx"])
def test_nor_does_the_log_of_the_nginx_that_the_page_about_proxies_shows(
    front: str, tmp_path: Path
) -> None:
    (text,) = [each.text for each in blocks(DOCS / "proxy.md") if "proxy_pass" in each.text]
    verify, port = make_certificate(tmp_path), free_port()
    with server_in_thread("--public-origin", f"https://localhost:{port}", folder=tmp_path) as node:
        for old, new in {
            "listen 443": f"listen 127.0.0.1:{port}",
            "/etc/nginx/fullchain.pem": f"{tmp_path}/cert.pem",
            "/etc/nginx/privkey.pem": f"{tmp_path}/key.pem",
            "/var/log/nginx/": f"{tmp_path}/",
            "127.0.0.1:8000": f"127.0.0.1:{node.port}",
        }.items():
            assert old in text
            text = text.replace(old, new)
        own = f"pid {tmp_path}/nginx.pid; events {{}} http {{ {OWN} {text} }}"
        with (
            running_nginx(tmp_path, own),
            httpx2.Client(base_url=f"https://localhost:{port}", verify=verify) as http,
        ):
            visit_with_tickets(str(http.base_url), http)
            node.kill()
            visit_with_tickets(str(http.base_url), http)
    assert_no_ticket(tmp_path)
