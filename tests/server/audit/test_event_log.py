"""The event log: who, what, when and where, and nothing that opens anything."""

import json
import logging
from typing import Any

import pytest

from doorward.server.audit.event_log import line
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
    browser = await either.new_alice(**{"user-agent": "curl/8"})
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
    kinds = ["wrong_password", "elevated", "password_changed", "logout"]
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
