"""What was tried and refused leaves a trace, and no flood of it fills the log."""

import json
import logging
from typing import Any

import pytest

from doorward.server.app import KINDS
from doorward.server.audit.history import Query
from doorward.server.audit.kinds import UNFIT
from doorward.server.audit.sampling import ALTOGETHER, FROM_ONE, MAX_FROM_ONE, Sampling
from doorward.server.metrics.metrics import Metrics
from doorward.server.recorder import Recorder
from doorward.server.refusals import Refusal, Refused
from doorward.testing import FakeClock
from doorward.types import Event
from tests.server.house import House, login

pytestmark = pytest.mark.anyio

NONE = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1XzEifQ."


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Any:
    """A function that gives the events told at INFO since it was called last."""
    caplog.set_level(logging.INFO, logger="doorward.events")

    def told() -> list[dict[str, Any]]:
        found = [json.loads(each.getMessage()) for each in caplog.records]
        caplog.clear()
        return found

    return told


@pytest.mark.parametrize("path", ["/api/logout", "/api/elevate", "/api/login"])
async def test_a_request_from_another_site_is_told_once(either: House, log: Any, path: str) -> None:
    victim = await either.alice()
    log()
    body = {"email": "a@example.test", "password": "x"}
    answer = await victim.post(path, json=body, headers={"sec-fetch-site": "cross-site"})
    assert answer.json()["reason"] == "cross_origin"
    (told,) = log()
    assert (told["event"], told["outcome"]) == ("refused", "cross_origin")
    assert told["address"] == "198.51.100.7"


async def test_a_wrong_csrf_token_is_told(either: House, log: Any) -> None:
    victim = await either.alice()
    log()
    del victim.headers["sec-fetch-site"]
    headers = {"x-csrf-token": "guess"}
    assert (await victim.post("/api/logout", headers=headers)).status_code == 403
    assert [told["outcome"] for told in log()] == ["cross_origin"]


@pytest.mark.parametrize("token", [NONE, "x", "dws_x"])
async def test_a_forged_token_is_told(either: House, log: Any, token: str) -> None:
    client = await either.client()
    headers = {"authorization": f"Bearer {token}"}
    assert (await client.get("/api/me", headers=headers)).status_code == 401
    (told,) = log()
    assert (told["event"], told["address"]) == ("refused", "198.51.100.7")
    assert told["outcome"] in ("malformed", "bad_signature")


async def test_two_credentials_at_once_are_told(either: House, log: Any) -> None:
    client = await either.client()
    twice = [("authorization", "Bearer a"), ("authorization", "Bearer b")]
    assert (await client.get("/api/me", headers=twice)).status_code == 401
    assert [told["outcome"] for told in log()] == ["malformed"]


async def test_trying_to_end_somebody_elses_session_is_told_and_kept(
    either: House, log: Any
) -> None:
    owner = await either.alice()
    theirs = (await owner.get("/api/me")).json()["sid"]
    thief = await either.browser(address="203.0.113.9")
    await thief.post(
        "/api/signup", json={"email": "eve@example.test", "password": "correct horse battery"}
    )
    await login(thief, email="eve@example.test")
    who = (await thief.get("/api/me")).json()
    log()
    assert (await thief.delete(f"/api/sessions/{theirs}")).status_code == 404
    (told,) = log()
    assert (told["event"], told["outcome"]) == ("denied", "not_found")
    assert (told["actor"], told["sid"]) == (who["subject"], who["sid"])
    assert told["request"] == f"DELETE /api/sessions/{theirs}"
    kept = await either.service.history.page(Query(kind="denied"))
    assert [each.entry.actor for each in kept] == [who["subject"]]


@pytest.mark.parametrize("reason", sorted(UNFIT))
def test_a_request_is_turned_away_without_a_visit_or_a_database(log: Any, reason: Refusal) -> None:
    metrics = Metrics(KINDS)
    recorder = Recorder(metrics, FakeClock(0), KINDS)
    for _ in range(3 * FROM_ONE):
        recorder.turned_away(Refused(reason), "203.0.113.9")
    recorder.turned_away(Refused(reason), "", "GET /api/me")
    *told, last = log()
    line = {"event": "request_refused", "at": "1970-01-01T00:00:00Z", "outcome": reason}
    assert told == FROM_ONE * [line | {"address": "203.0.113.9"}]
    assert last == line | {"request": "GET /api/me"}
    assert b'doorward_refusals_total{reason="request_refused"} 31.0' in metrics.text()


@pytest.mark.parametrize("reason", sorted(set(Refusal) - UNFIT))
def test_what_is_refused_for_another_reason_than_its_form_is_not_turned_away(
    log: Any, reason: Refusal
) -> None:
    Recorder(Metrics(KINDS), FakeClock(), KINDS).turned_away(Refused(reason), "203.0.113.9")
    assert log() == []


@pytest.mark.parametrize(
    ("reason", "subject", "told"),
    [
        ("revoked", "", True),
        ("unknown", "", True),
        ("withdrawn", "", True),
        ("expired", "", False),  # of an access token, all day
        ("expired", "u_1", True),  # of a refresh token
        ("idle", "", False),
        ("superseded", "", False),
        ("reused", "u_1", False),  # beside the event `reused`
        ("unsteady", "u_1", False),
    ],
)
async def test_a_refusal_is_told_unless_its_owner_causes_it_all_day_or_a_louder_line_tells_it(
    house: House, log: Any, reason: str, subject: str, told: bool
) -> None:
    await house.service.recorder.record(Event(kind="refused", at=5, reason=reason, subject=subject))
    assert [line["outcome"] for line in log()] == ([reason] if told else [])


async def test_a_flood_from_one_address_writes_few_lines_and_no_other_is_drowned(
    house: House, log: Any
) -> None:
    flood, other = await house.client(), await house.client(address="203.0.113.9")
    headers = {"authorization": "Bearer x"}
    for _ in range(FROM_ONE + 20):
        await flood.get("/api/me", headers=headers)
    await other.get("/api/me", headers=headers)
    assert len(log()) == FROM_ONE + 1
    house.clock.advance(60)
    await flood.get("/api/me", headers=headers)
    assert len(log()) == 1


def test_many_sources_together_write_no_more_than_so_many_lines_a_minute() -> None:
    sampling = Sampling()
    told = [sampling.lets(f"10.0.{n // 250}.{n % 250}", 0) for n in range(2 * ALTOGETHER)]
    assert sum(told) == ALTOGETHER
    assert sampling.lets("10.0.0.0", 60)


def test_a_flood_of_one_attack_hides_no_other_of_the_same_address() -> None:
    sampling = Sampling()
    told = [sampling.lets("203.0.113.9", 0, "refused malformed") for _ in range(2 * FROM_ONE)]
    assert sum(told) == FROM_ONE
    assert sampling.lets("203.0.113.9", 0, "refused revoked")


def test_one_address_alone_uses_up_a_third_of_all_lines_with_however_many_attacks() -> None:
    sampling = Sampling()
    told = [sampling.lets("203.0.113.9", 0, str(word)) for word in range(ALTOGETHER)]
    assert sum(told) == MAX_FROM_ONE == ALTOGETHER // 3
    assert sampling.lets("198.51.100.7", 0)


def test_an_ipv6_customer_is_one_source() -> None:
    sampling = Sampling()
    told = [sampling.lets(f"2001:db8:0:1::{n:x}", 0) for n in range(2 * FROM_ONE)]
    assert sum(told) == FROM_ONE
