"""Preflights pass the layers of the server as every other request does, and so do their answers."""

import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from anyio import sleep_forever

from doorward.server.app import create_app
from doorward.server.http.headers import DATA_POLICY
from doorward.server.options import Options
from doorward.testing import FakeClock
from doorward.web.asgi import principal
from tests.server.house import ORIGIN, House, Opened
from tests.support.ports import free_port

pytestmark = pytest.mark.anyio

SPA, EVIL, PROXY = "https://spa.testserver", "https://evil.example", "10.0.0.1"
ASKED = {"access-control-request-method": "POST"}


@pytest.fixture
async def trusting(opened: Opened) -> House:
    """A house that trusts the pages of one other origin, behind a proxy."""
    found: House = await opened(mode="token", trusted_origin=(SPA,), trusted_proxies=(PROXY,))
    return found


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Any:
    """A function that gives the lines of the log."""
    caplog.set_level(logging.INFO, logger="doorward.events")
    return lambda: [json.loads(each.getMessage()) for each in caplog.records]


async def ask(house: House, origin: str, path: str = "/api/login", **more: Any) -> httpx2.Response:
    client = await house.client()
    headers = {"origin": origin, **ASKED, **more.pop("headers", {})}
    return await client.request("OPTIONS", path, headers=headers, **more)


def counted(house: House) -> dict[str, float]:
    """How many refusals the metrics count, by reason."""
    lines = house.service.metrics.text().decode().splitlines()
    found = [line.rsplit(" ", 1) for line in lines if "doorward_refusals_total{" in line]
    return {name.split('"')[1]: float(many) for name, many in found if float(many)}


def check_security(headers: httpx2.Headers) -> None:
    assert headers["strict-transport-security"] == "max-age=31536000"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == DATA_POLICY.decode()
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"
    assert all(len(headers.get_list(name)) == 1 for name in headers if name != "set-cookie")


@pytest.mark.parametrize(("origin", "status"), [(SPA, 204), (EVIL, 403)])
@pytest.mark.parametrize("path", ["/api/login", "/login", "/nothing"])
async def test_the_answer_to_a_preflight_carries_the_headers_of_every_answer(
    trusting: House, path: str, origin: str, status: int
) -> None:
    answer = await ask(trusting, origin, path)
    assert answer.status_code == status
    check_security(answer.headers)
    assert answer.headers.get("access-control-allow-origin") == (SPA if status == 204 else None)


@pytest.mark.parametrize("origin", [SPA, EVIL])
async def test_a_preflight_over_plain_http_is_refused_as_that(
    trusting: House, origin: str, told: Any
) -> None:
    client = await trusting.client(
        url="http://testserver", address=PROXY, **{"x-forwarded-proto": "http"}
    )
    answer = await client.options("/api/login", headers={"origin": origin, **ASKED})
    assert (answer.status_code, answer.json()["reason"]) == (403, "insecure")
    check_security(answer.headers)
    assert [line["outcome"] for line in told()] == ["insecure"]


@pytest.mark.parametrize("origin", [SPA, EVIL])
@pytest.mark.parametrize(
    ("more", "status", "reason"),
    [
        ({"content": b"x" * 70_000}, 413, "too_large"),
        ({"headers": {"x-long": "x" * 9_000}}, 431, "headers_too_large"),
    ],
)
async def test_a_preflight_that_is_too_large_is_refused_as_that(
    trusting: House, origin: str, more: Any, status: int, reason: str, told: Any
) -> None:
    answer = await ask(trusting, origin, **more)
    assert (answer.status_code, answer.json()["reason"]) == (status, reason)
    check_security(answer.headers)
    assert [line["outcome"] for line in told()] == [reason]


async def test_a_preflight_whose_body_never_ends_is_given_up(
    trusting: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("doorward.server.http.limits.SLOWEST", 0.05)
    monkeypatch.setattr("doorward.server.http.limits.LINGER", 0.05)

    async def body() -> AsyncIterator[bytes]:
        yield b"x"
        await sleep_forever()

    answer = await ask(trusting, SPA, content=body())
    assert (answer.status_code, answer.json()["reason"]) == (408, "too_slow")


async def test_a_refused_preflight_is_told_once_as_what_it_is(trusting: House, told: Any) -> None:
    assert (await ask(trusting, EVIL)).json()["reason"] == "cross_origin"
    (line,) = told()
    assert (line["event"], line["outcome"]) == ("refused", "cross_origin")
    assert line["address"] == "198.51.100.7"
    assert counted(trusting) == {"cross_origin": 1}


async def test_what_is_no_refused_preflight_is_told_as_before(trusting: House, told: Any) -> None:
    for origin in (SPA, ORIGIN):
        await ask(trusting, origin)
    answer = await (await trusting.client()).options("/api/login", headers={"origin": EVIL})
    assert answer.status_code == 405
    assert [line["outcome"] for line in told()] == ["method_not_allowed"] * 2


async def test_a_trusted_origin_may_read_what_the_layers_refuse(trusting: House) -> None:
    client = await trusting.client(origin=SPA)
    answer = await client.post("/api/login", content=b"x" * 70_000)
    assert answer.status_code == 413
    assert answer.headers["access-control-allow-origin"] == SPA
    assert answer.headers.get_list("access-control-expose-headers") == [
        "Retry-After, WWW-Authenticate"
    ]
    check_security(answer.headers)


async def test_a_failure_inside_carries_the_cookies_of_a_refresh_and_may_be_read(
    trusting: House, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken() -> None:
        await principal()
        raise RuntimeError

    trusting.app.add_api_route("/api/broken", broken)
    browser = await trusting.alice()
    trusting.clock.advance(trusting.service.auth.settings.access_ttl)
    answer = await browser.get("/api/broken", headers={"origin": SPA, "sec-fetch-site": ""})
    assert (answer.status_code, answer.json()["reason"]) == (500, "internal")
    check_security(answer.headers)
    assert [line.partition("=")[0] for line in answer.headers.get_list("set-cookie")] == [
        "__Host-access",
        "__Host-refresh",
    ]
    assert answer.headers["vary"] == "Cookie, Authorization, Origin"
    assert [record.message for record in caplog.records if record.exc_info] == [
        "GET '/api/broken' failed"
    ]


async def test_what_the_gate_refuses_carries_the_headers_of_every_answer(
    root_key_file: Path,
) -> None:
    """A store that cannot be opened, which a request is the first to ask for."""
    options = Options(
        database="memory:",
        sessions=f"postgresql://127.0.0.1:{free_port()}/gone",
        public_origin=ORIGIN,
        root_key_file=str(root_key_file),
    )
    transport = httpx2.ASGITransport(create_app(options, clock=FakeClock()))
    async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        answer = await client.get("/api/nothing")
    assert (answer.status_code, answer.json()["reason"]) == (503, "store_unavailable")
    check_security(answer.headers)
