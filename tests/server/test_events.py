"""The event log: who, what, when and where, and nothing that opens anything."""

import json
import logging
from typing import Any

import pytest

from doorward import Device, Event
from doorward.server.events import line, note, record
from tests.server.house import EMAIL, PASSWORD, House, login

pytestmark = pytest.mark.anyio


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Any:
    """A function that gives the events told since it was called last."""
    caplog.set_level(logging.INFO, logger="doorward.events")

    def told() -> list[dict[str, Any]]:
        found = [json.loads(each.getMessage()) for each in caplog.records]
        caplog.clear()
        return found

    return told


async def test_what_happens_to_an_account_is_told(either: House, log: Any) -> None:
    browser = await either.alice(**{"user-agent": "curl/8"})
    assert [each["event"] for each in log()] == ["signup", "login"]
    await login(browser, "wrong")
    (failed,) = log()
    assert (failed["event"], failed["address"]) == ("login_failed", "198.51.100.7")
    assert failed["user_agent"] == "curl/8"
    assert failed["at"] == "2027-01-15T08:00:00Z"
    await browser.post("/api/elevate", json={"password": "wrong"})
    await browser.post("/api/elevate", json={"password": PASSWORD})
    body = {"current": PASSWORD, "new": "a wholly new passphrase"}
    await browser.post("/api/password", json=body)
    await browser.post("/api/logout")
    kinds = ["wrong_password", "elevated", "revoked", "password_changed", "logout"]
    assert [each["event"] for each in log()] == kinds


async def test_running_out_of_guesses_is_told(house: House, log: Any) -> None:
    client = await house.client()
    for _ in range(11):
        await login(client, "wrong")
    assert [each["event"] for each in log()] == ["login_failed"] * 10 + ["limited"]


async def test_no_secret_and_no_typed_address_is_told(
    either: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="doorward")
    browser = await either.alice()
    await login(browser, "hunter2hunter2", email="my-password@example.test")
    await browser.get("/api/me", headers={"authorization": "Bearer dws_secret"})
    said = caplog.text
    for secret in (PASSWORD, "hunter2", "my-password", EMAIL, "dws_secret"):
        assert secret not in said
    for value in browser.cookies.values():
        assert value not in said


def test_what_a_client_wrote_forges_no_line() -> None:
    bad = 'x"}\r\n{"event":"login"}\x1b[31m\x7f\u2028\u202e'
    shown = line("login_failed", 0, {"user_agent": bad, "subject": ""})
    assert shown.isascii()
    assert shown.isprintable()
    assert json.loads(shown) == {
        "event": "login_failed",
        "at": "1970-01-01T00:00:00Z",
        "user_agent": bad,
    }


async def test_a_theft_names_both_devices(log: Any) -> None:
    thief, owner = Device("203.0.113.9", "curl/8"), Device("198.51.100.7", "Firefox")
    await record(Event(kind="reused", at=0, sid="s", device=thief, other=owner, sids=("s", "t")))
    (told,) = log()
    assert told["other"] == {"address": "198.51.100.7", "user_agent": "Firefox"}
    assert (told["address"], told["sids"]) == ("203.0.113.9", ["s", "t"])


async def test_what_anybody_can_cause_all_day_is_told_to_who_asks_only(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, logger="doorward.events")
    await record(Event(kind="refused", at=0, reason="expired"))
    assert caplog.records == []
    caplog.set_level(logging.DEBUG, logger="doorward.events")
    await record(Event(kind="refused", at=0, reason="expired"))
    assert len(caplog.records) == 1


def test_a_note_stands_for_an_account(log: Any) -> None:
    note("signup", 0, Device(), subject="u_1")
    assert log() == [{"event": "signup", "at": "1970-01-01T00:00:00Z", "subject": "u_1"}]
