"""The largest head of an answer fits the buffers of the proxies that the documentation shows."""

import json
import re
from urllib.parse import quote

import httpx2
import pytest

from doorward.server.return_to import with_return
from doorward.settings import MAX_ROLE_BYTES
from doorward.types import VERIFIED
from doorward.web.return_to import local_path
from tests.docs.pages import DOCS
from tests.server.house import EMAIL, ORIGIN, PASSWORD, House, Opened

pytestmark = pytest.mark.anyio

PROXY = "10.0.0.9"
PATH = "/api/forward-auth"
HAPROXY = 15 * 1024
"""Bytes of a head that HAProxy takes: `tune.bufsize` without `tune.maxrewrite`."""

NGINX_LINE = 8 * 1024
"""Bytes of the address, or of one header, that nginx takes of a client: one of its
`large_client_header_buffers`."""

SHOWN = {name: (DOCS / name).read_text() for name in ("proxy.md", "examples/nginx.conf")}
"""Where a configuration of nginx stands."""

LONGEST_PATH = "/" + "|" * 1999
"""The longest way back, of characters that take three when encoded."""


def most_roles() -> list[str]:
    """As long as are allowed, counted as JSON."""
    roles = [f"{place:064}" for place in range(MAX_ROLE_BYTES // 68)]
    rest = MAX_ROLE_BYTES - len(json.dumps([*roles, "", VERIFIED]))
    return [*roles, "x" * rest]


def head(answer: httpx2.Response) -> int:
    """Its bytes on the wire, with the lines that the HTTP server adds."""
    lines = sum(len(name) + len(value) + len(": \r\n") for name, value in answer.headers.raw)
    return lines + len("HTTP/1.1 303 See Other\r\n\r\n") + len("connection: keep-alive\r\n")


async def guarded(opened: Opened) -> tuple[House, httpx2.AsyncClient]:
    """Somebody with every role that there is room for, while modes change."""
    house: House = await opened(mode="token", accept=("session", "token"), trusted_proxies=(PROXY,))
    browser = await house.browser()
    subject = await house.account(EMAIL, *most_roles())
    await house.service.users.verify(subject, EMAIL, at=house.clock())
    return house, browser


async def largest(opened: Opened) -> dict[str, int]:
    """The head of each kind of answer that can be large."""
    assert len(json.dumps([*most_roles(), VERIFIED])) == MAX_ROLE_BYTES
    house, browser = await guarded(opened)
    assert local_path(LONGEST_PATH) == LONGEST_PATH
    form = {"email": EMAIL, "password": PASSWORD, "return_to": LONGEST_PATH}
    logged_in = await browser.post("/login", data=form)
    assert logged_in.headers["location"] == LONGEST_PATH
    house.clock.advance(400)
    cookie = "; ".join(f"{each.name}={each.value}" for each in browser.cookies.jar)
    said = {"x-original-method": "GET", "x-forwarded-uri": LONGEST_PATH}
    told = {**said, "x-forwarded-proto": "https", "sec-fetch-mode": "navigate"}
    proxy = await house.client(address=PROXY, **told)
    renewed = await proxy.get(PATH, headers={"cookie": cookie})
    assert "x-doorward-set-cookie-3" in renewed.headers
    refused = await (await house.client(address=PROXY, **told)).get(PATH)
    assert refused.headers["x-doorward-login"].endswith(quote(LONGEST_PATH, safe=""))
    found = {"login": logged_in, "renewed": renewed, "refused": refused}
    return {name: head(answer) for name, answer in found.items()}


@pytest.mark.parametrize("page", SHOWN.values(), ids=SHOWN)
async def test_the_largest_head_fits_what_our_examples_give_it(opened: Opened, page: str) -> None:
    sizes = await largest(opened)
    assert sizes["renewed"] > 4 * 1024, "nginx has room for this by itself"
    (room,) = re.findall(r"(?m)^ *proxy_buffer_size (\d+)k;$", page)
    assert max(sizes.values()) < int(room) * 1024
    assert max(sizes.values()) < HAPROXY


async def test_the_largest_request_of_a_browser_passes(opened: Opened) -> None:
    """It is asked to log in again while it holds the cookies of both modes."""
    house, browser = await guarded(opened)
    form = {"email": EMAIL, "password": PASSWORD}
    assert (await browser.post("/login", data=form)).status_code == 303
    cookie = "; ".join(f"{each.name}={each.value}" for each in browser.cookies.jar)
    others = {"cookie": f"{cookie}; __Host-session={'x' * 80}; __Host-notice=expired"}
    page = with_return("/login", LONGEST_PATH)
    request = house.client(**others, **{"user-agent": "x" * 300, "referer": ORIGIN + "x" * 2000})
    answer = await (await request).get(page)
    assert answer.status_code == 200
    assert f'value="{LONGEST_PATH}"' in answer.text
    assert max(len(page), len(others["cookie"])) < NGINX_LINE
