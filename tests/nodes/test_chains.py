"""Two proxies in a row, and RFC 7239: what the outer says of the client is believed."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx2
import pytest

from tests.support.certificate import make_certificate
from tests.support.fronts import running
from tests.support.ports import free_port
from tests.support.thread_server import server_in_thread

pytestmark = [pytest.mark.process, pytest.mark.soak]

CLIENT = "127.0.0.5"
"""No proxy of ours, which are all at 127.0.0.1."""

DEFAULTS = """
defaults
  mode http
  timeout connect 9s
  timeout client 9s
  timeout server 9s
"""

FOR, PROTO = "X-Forwarded-For", "X-Forwarded-Proto"
OUTER = [f"set-header {FOR} %[src]", f"set-header {PROTO} https", "del-header Forwarded"]
ADDS = [f"add-header {FOR} %[src]"]
STANDARD = ["set-header Forwarded for=%[src];proto=https", f"del-header {FOR}"]
STANDARD += [f"del-header {PROTO}"]
QUOTED = [each.replace("%[src]", '\\"%[src]:%[src_port]\\"') for each in STANDARD]

CHAINS = {
    "one": [OUTER],
    "passes it on": [OUTER, ADDS],
    "adds to both": [OUTER, [*ADDS, f"add-header {PROTO} http"]],
    "three": [OUTER, ADDS, [*ADDS, f"add-header {PROTO} https"]],
    "standard": [STANDARD],
    "standard, quoted": [QUOTED],
    "standard, adds": [STANDARD, ["add-header Forwarded for=%[src];proto=http"]],
    "standard, adds no scheme": [STANDARD, ["add-header Forwarded for=%[src]"]],
}
"""What each proxy does to the headers, the outermost first."""

WRONG = {
    "overwrites": [OUTER, [*ADDS, f"set-header {PROTO} http"]],
    "says nothing": [OUTER, [*ADDS, f"del-header {PROTO}"]],
    "adds to one": [OUTER, [f"add-header {PROTO} http"]],
    "is not clear": [OUTER, [*ADDS, f"set-header {PROTO} on"]],
}


@contextmanager
def chain(folder: Path, ways: list[list[str]]) -> Iterator[httpx2.Client]:
    """A client of the outermost, which speaks TLS; all proxies are HAProxy."""
    verify = make_certificate(folder)
    both = (folder / "cert.pem").read_text() + (folder / "key.pem").read_text()
    (folder / "both.pem").write_text(both)
    outermost = free_port()
    url = f"https://localhost:{outermost}"
    with ExitStack() as stack:
        told = ["--public-origin", url, "--trusted-proxies", "127.0.0.1"]
        told += ["--forwarded", "on" if ways[0] in (STANDARD, QUOTED) else "off"]
        port = stack.enter_context(server_in_thread(*told, folder=folder)).port
        for place, changes in enumerate(reversed(ways), 1):
            last = place == len(ways)
            own, tls = (outermost, f"ssl crt {folder}/both.pem") if last else (free_port(), "")
            lines = "\n".join(f"  http-request {each}" for each in changes)
            text = (
                f"{DEFAULTS}listen here\n  bind 127.0.0.1:{own} {tls}\n"
                f"{lines}\n  server up 127.0.0.1:{port}\n"
            )
            path = folder / f"{place}.cfg"
            path.write_text(text)
            stack.enter_context(running(["haproxy", "-f", str(path)], folder, own))
            port = own
        transport = httpx2.HTTPTransport(verify=verify, local_address=CLIENT)
        headers = {"sec-fetch-mode": "navigate", "sec-fetch-site": "same-origin"}
        yield stack.enter_context(httpx2.Client(base_url=url, transport=transport, headers=headers))


@pytest.mark.parametrize("name", CHAINS)
def test_a_chain_says_who_asks_and_how(name: str, tmp_path: Path) -> None:
    with chain(tmp_path, CHAINS[name]) as http:
        assert http.get("/login").status_code == 200
        form = {"email": "ann@example.org", "password": "a sturdy door of oak"}
        answer = http.post("/signup", data={**form, "return_to": "/account?a=1&b=2"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/account?a=1&b=2")
        sessions = http.get("/api/sessions").json()["sessions"]
        assert [each["address"] for each in sessions] == [CLIENT]


@pytest.mark.parametrize("name", WRONG)
def test_a_chain_that_says_otherwise_is_told_and_moves_nobody(name: str, tmp_path: Path) -> None:
    with chain(tmp_path, WRONG[name]) as http:
        answer = http.get("/login")
        assert (answer.status_code, "location" in answer.headers) == (403, False)
        assert "X-Forwarded-Proto" in answer.text
