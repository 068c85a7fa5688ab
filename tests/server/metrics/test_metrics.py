"""The metrics: counted from the first, labelled from closed sets, shown to whom they are for."""

from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from doorward.errors import ConfigurationError, Reason
from doorward.server.app import KINDS
from doorward.server.metrics.metrics import Metrics
from doorward.server.metrics.scrape import load_token, may_scrape
from doorward.settings import MINUTE
from tests.server.house import ORIGIN, PASSWORD, House, Opened, login

pytestmark = pytest.mark.anyio

LOCAL = "127.0.0.1"
OF_PROXIES = (
    b"forwarded via x-forwarded-for x-forwarded-host x-forwarded-proto x-forwarded-port"
    b" x-forwarded-server x-real-ip x-client-ip x-cluster-client-ip true-client-ip"
    b" cf-connecting-ip"
).split()
TOKEN = "a-token-of-more-than-thirty-two-characters"


def value(text: str, name: str, **labels: str) -> float | None:
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if (sample.name, sample.labels) == (name, labels):
                return float(sample.value)
    return None


def labels(text: str) -> set[str]:
    families = text_string_to_metric_families(text)
    return {
        found
        for family in families
        for s in family.samples
        for found in (*s.labels.values(), s.name)
    }


async def scraped(house: House, **headers: str) -> str:
    client = await house.client(address=LOCAL)
    answer = await client.get("/metrics", headers=headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return answer.text


# --- what is counted ----------------------------------------------------------------------------


async def test_logins_and_refusals_by_reason_are_counted(either: House) -> None:
    browser = await either.new_alice()
    await login(browser, "wrong")
    await login(browser, "wrong")
    stranger = await either.client()
    await stranger.get("/api/me", headers={"authorization": "Bearer junk"})
    await browser.post("/api/elevate", json={"password": "wrong"})
    text = await scraped(either)
    assert value(text, "doorward_logins_total") == 1
    assert not [line for line in text.splitlines() if "_created" in line]
    assert value(text, "doorward_refusals_total", reason="login_failed") == 2
    assert value(text, "doorward_refusals_total", reason="malformed") == 1
    assert value(text, "doorward_refusals_total", reason="wrong_password") == 1
    assert value(text, "doorward_refusals_total", reason="expired") == 0
    assert value(text, "doorward_events_total", kind="signup") == 1


async def test_refreshes_and_thefts_are_counted(opened: Opened) -> None:
    house: House = await opened(mode="token")
    await house.alice()
    client = await house.client()
    first = (await login(client, transport="bearer")).json()["refresh_token"]

    async def refresh(token: str) -> dict[str, Any]:
        return dict((await client.post("/api/refresh", json={"refresh_token": token})).json())

    second = (await refresh(first))["refresh_token"]
    await refresh(first)
    house.clock.advance(10 * MINUTE)
    third = (await refresh(second))["refresh_token"]
    await refresh(third)
    await refresh(first)
    text = await scraped(house)
    assert value(text, "doorward_refreshes_total", outcome="rotate") == 3
    assert value(text, "doorward_refreshes_total", outcome="replay") == 1
    assert value(text, "doorward_refreshes_total", outcome="reused") == 1
    assert value(text, "doorward_refreshes_total", outcome="unsteady") == 0
    assert value(text, "doorward_thefts_total") == 1
    assert value(text, "doorward_refusals_total", reason="reused") == 1


async def test_live_sessions_the_stores_time_and_the_build_are_told(either: House) -> None:
    browser = await either.alice()
    await login(await either.browser())
    text = await scraped(either)
    assert value(text, "doorward_live_sessions") == 2
    assert value(text, "doorward_store_seconds_count", method="insert") == 2
    await browser.delete("/api/sessions")
    text = await scraped(either)
    assert value(text, "doorward_revocation_lag_seconds_count") == 1
    assert value(text, "doorward_revocation_lag_seconds_bucket", le="0.5") == 1
    assert "doorward_build_info" in text


async def test_no_label_is_what_a_client_said(either: House) -> None:
    client = await either.client(**{"user-agent": "said-by-me"})
    for path in ("/api/said-by-me", "/api/me?said-by-me"):
        await client.get(path, headers={"authorization": "Bearer dws_said-by-me"})
    await login(client, "said-by-me", email="said-by-me@example.test")
    after = labels(await scraped(either))
    assert not [label for label in after if "said-by-me" in label]
    assert PASSWORD not in str(after)


def test_every_reason_is_there_from_the_start() -> None:
    text = Metrics(KINDS).text().decode()
    for reason in Reason:
        assert value(text, "doorward_refusals_total", reason=reason) == 0
    assert value(text, "doorward_refreshes_total", outcome="rotate") == 0
    assert value(text, "doorward_thefts_total") == 0


# --- who may read them --------------------------------------------------------------------------


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_this_machine_itself_may(peer: str) -> None:
    assert may_scrape(peer, [(b"host", b"localhost")], None, ORIGIN)


@pytest.mark.parametrize("peer", ["", "198.51.100.7", "10.0.0.1", "::2", "unix:", "localhost"])
def test_others_may_not(peer: str) -> None:
    assert not may_scrape(peer, [], None, ORIGIN)


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:8000", "LOCALHOST", "127.0.0.1:8000", "[::1]:8000", "testserver"],
)
def test_this_machine_is_asked_by_its_own_name_or_ours(host: str) -> None:
    assert may_scrape(LOCAL, [(b"host", host.encode())], None, ORIGIN)


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "evil.example:8000", "testserver.evil.example", "127.0.0.1.evil.example"),
        *("", ":8000", "[::1", "localhost@evil.example", "192.0.2.1", "\xff"),
    ],
)
def test_a_page_whose_name_was_made_to_lead_here_reads_nothing(
    host: str,
) -> None:
    assert not may_scrape(LOCAL, [(b"host", host.encode("latin-1"))], None, ORIGIN)
    both = [(b"host", b"localhost"), (b"host", host.encode("latin-1"))]
    assert not may_scrape(LOCAL, both, None, ORIGIN)


async def test_the_metrics_are_not_for_a_foreign_host(house: House) -> None:
    client = await house.client(address=LOCAL)
    answer = await client.get("/metrics", headers={"host": "evil.example:8000"})
    assert answer.status_code == 401
    assert "doorward_" not in answer.text


@pytest.mark.parametrize("header", OF_PROXIES)
def test_behind_a_proxy_nobody_is_this_machine(header: bytes) -> None:
    assert not may_scrape(LOCAL, [(header, b"127.0.0.1")], None, ORIGIN)
    assert not may_scrape(LOCAL, [(header, b"")], None, ORIGIN)


def test_whoever_has_the_token_may_from_anywhere(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    digest = load_token(str(tmp_path / "token"))

    def may(*said: str, peer: str = "198.51.100.7", forwarded: bool = True) -> bool:
        headers = [(b"authorization", each.encode()) for each in said]
        if forwarded:
            headers.append((b"x-forwarded-for", b"192.0.2.1"))
        return may_scrape(peer, headers, digest, ORIGIN)

    assert may(f"Bearer {TOKEN}")
    assert may(f"bearer {TOKEN}")
    for wrong in (
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        TOKEN,
        f"Basic {TOKEN}",
        "Bearer ",
        "",
    ):
        assert not may(wrong)
        assert not may(wrong, peer=LOCAL, forwarded=False)
    assert not may(f"Bearer {TOKEN}", "Bearer x")
    assert not may()
    assert may(peer=LOCAL, forwarded=False)


@pytest.mark.parametrize("text", ["", "short", "x" * 31, "with a space " + "x" * 32, "ü" * 40])
def test_a_token_that_could_be_guessed_or_not_sent_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "token").write_text(text)
    with pytest.raises(ConfigurationError, match="32 or more printable characters"):
        load_token(str(tmp_path / "token"))


def test_a_token_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_token(str(tmp_path / "token"))


async def test_strangers_get_a_401_and_no_number(opened: Opened, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN)
    house: House = await opened(metrics_token_file=str(tmp_path / "token"))
    stranger = await house.client()
    for headers in ({}, {"authorization": "Bearer x"}, {"cookie": "__Host-session=x"}):
        answer = await stranger.get("/metrics", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert "doorward_" not in answer.text
    answer = await stranger.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200


async def test_an_administrator_is_no_scraper(either: House) -> None:
    browser = await either.alice()
    assert (await browser.get("/metrics")).status_code == 401
