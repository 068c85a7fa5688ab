"""The recorder: every event is logged, counted, and entered with who did what, from where."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from doorward.errors import StoreUnavailable
from doorward.server import background
from doorward.server.app import DECLARED, KINDS
from doorward.server.audit.chain import GENESIS, Head
from doorward.server.audit.entry import DONE, OPERATOR, SYSTEM, Entry
from doorward.server.audit.head_log import EVERY, HeadLog
from doorward.server.audit.history import History, Query
from doorward.server.audit.log import Audit
from doorward.server.audit.sampling import FROM_ONE
from doorward.server.db.database import open_database
from doorward.server.metrics.metrics import Metrics
from doorward.server.recorder import MAX_SIDS, Recorder
from doorward.settings import MINUTE
from doorward.testing import FakeClock
from doorward.types import EVENTS, Device, Event
from tests.server.house import EMAIL, PASSWORD, House, Opened, login
from tests.server.logs import tamper
from tests.support.until import eventually

pytestmark = pytest.mark.anyio

LAPTOP = Device("198.51.100.7", "Firefox", "Firefox")
THIEF = Device("203.0.113.9", "curl/8", "curl")


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Any:
    """A function that gives the lines logged since it was called last."""
    caplog.set_level(logging.INFO, logger="doorward.events")

    def told() -> list[dict[str, Any]]:
        events = [each for each in caplog.records if each.name == "doorward.events"]
        found = [json.loads(record.getMessage()) for record in events]
        caplog.clear()
        return found

    return told


class Desk:
    """A recorder with a log of its own."""

    def __init__(self, recorder: Recorder, history: History, audit: Audit) -> None:
        self.recorder = recorder
        self.audit = audit
        self._history = history

    async def entries(self) -> list[Entry]:
        """The oldest first."""
        return [kept.entry for kept in reversed(await self._history.page(Query(), limit=500))]


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    database = await open_database("memory:")
    recorder, audit = Recorder(Metrics(KINDS), FakeClock(), KINDS), Audit(database)
    async with recorder.entering(audit):
        yield Desk(recorder, History(database), audit)
    await database.close()


async def entered(house: House) -> list[Entry]:
    page = await house.service.history.page(Query(), limit=500)
    return [kept.entry for kept in reversed(page)]


# --- what becomes of each kind ------------------------------------------------------------------


@pytest.mark.engine
@pytest.mark.parametrize("kind", [*EVENTS, *DECLARED.events, "locked", "nobody_thought_of_this"])
async def test_what_names_somebody_is_entered_unless_it_happens_all_day(
    desk: Desk, kind: str
) -> None:
    await desk.recorder.record(Event(kind=kind, at=5, subject="u_1", sid="s", reason="rotate"))
    entries = await desk.entries()
    assert [entry.kind for entry in entries] == ([kind] if KINDS.of(kind).audited else [])
    only_logged = (
        *("refreshed", "issued", "reissued"),
        *("limited", "request_refused", "signup_refused"),
        "letter_asked",
        "application_refused",
    )
    assert KINDS.of(kind).audited is (kind not in only_logged), (
        f"if {kind} is meant to stay out of the audit log, add it to `only_logged` of this test"
    )


@pytest.mark.engine
async def test_a_refusal_that_names_nobody_is_only_counted(desk: Desk) -> None:
    await desk.recorder.record(Event(kind="refused", at=5, reason="malformed", device=THIEF))
    await desk.recorder.note("denied", actor="", outcome="missing")
    assert await desk.entries() == []
    await desk.recorder.note("denied", actor="u_1", outcome="insufficient_role")
    assert [entry.kind for entry in await desk.entries()] == ["denied"]


@pytest.mark.engine
async def test_refusals_that_one_source_can_cause_without_end_are_entered_sparingly(
    desk: Desk,
) -> None:
    again = Event(kind="refused", at=60, subject="u_1", sid="s", reason="revoked", device=THIEF)
    for _ in range(3 * FROM_ONE):
        await desk.recorder.record(again)
    assert len(await desk.entries()) == FROM_ONE
    await desk.recorder.record(replace(again, device=LAPTOP))
    await desk.recorder.record(replace(again, at=120))
    assert len(await desk.entries()) == FROM_ONE + 2


@pytest.mark.engine
async def test_a_theft_is_entered_with_both_devices(desk: Desk) -> None:
    sids = ("s", "child")
    theft = Event(
        kind="reused", at=7, subject="u_1", sid="s", device=THIEF, other=LAPTOP, sids=sids
    )
    await desk.recorder.record(theft)
    (entry,) = await desk.entries()
    assert entry == Entry(
        kind="reused",
        at=7,
        subject="u_1",
        sid="s",
        address="203.0.113.9",
        user_agent="curl/8",
        outcome="reused",
        detail={
            "other": {"address": "198.51.100.7", "user_agent": "Firefox", "label": "Firefox"},
            "sessions": 2,
            "sids": ["s", "child"],
        },
    )


@pytest.mark.engine
async def test_an_entry_stays_small_however_many_sessions_ended(desk: Desk) -> None:
    sids = tuple(f"{number:022d}" for number in range(500))
    await desk.recorder.record(Event(kind="revoked", at=1, subject="u_1", sids=sids))
    (entry,) = await desk.entries()
    assert entry.detail == {"sessions": 500, "sids": list(sids[:MAX_SIDS])}


@pytest.mark.engine
async def test_where_there_is_no_request_the_server_or_the_operator_acts(desk: Desk) -> None:
    await desk.recorder.note("locked", subject="u_1")
    database = await open_database("memory:")
    operator = Recorder(Metrics(KINDS), FakeClock(), KINDS, outside=OPERATOR)
    async with operator.entering(Audit(database)):
        await operator.record(Event(kind="revoked", at=1, subject="u_1", sids=("s",)))
        await operator.note("login", actor="u_2")
    actors = [kept.entry.actor for kept in await History(database).page(Query())]
    await database.close()
    assert sorted(actors) == [OPERATOR, "u_2"]
    assert [entry.actor for entry in await desk.entries()] == [SYSTEM]


@pytest.mark.engine
async def test_what_cannot_be_entered_is_logged_and_not_acknowledged(
    desk: Desk, lines: Any, tmp_path: Path
) -> None:
    closed = Recorder(Metrics(KINDS), FakeClock(), KINDS)
    with pytest.raises(StoreUnavailable):
        await closed.note("locked", subject="u_1")
    assert [line["event"] for line in lines()] == ["locked"]


@pytest.mark.engine
async def test_no_line_is_forged_by_what_a_client_said(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="doorward.events")
    said = 'x"}\r\n{"event":"login"}\x1b[31m\x7f\u2028\u202e\x00'
    await desk.recorder.record(Event(kind="login", at=1, subject="u", device=Device("", said)))
    (record,) = caplog.records
    assert record.getMessage().isascii()
    assert record.getMessage().isprintable()
    assert json.loads(record.getMessage())["user_agent"] == said
    (entry,) = await desk.entries()
    assert entry.user_agent == said.replace("\x00", "\ufffd")  # no text of PostgreSQL has a NUL
    assert await desk.audit.verify() == []


# --- through the server -------------------------------------------------------------------------


async def test_a_day_in_the_life_of_an_account_is_entered_with_who_and_where(
    either: House,
) -> None:
    browser = await either.new_alice(**{"user-agent": "Firefox"})
    principal = (await browser.get("/api/me")).json()
    await login(await either.client(address="203.0.113.9"), "wrong")
    await browser.post("/api/elevate", json={"password": "wrong"})
    body = {"current": PASSWORD, "new": "a wholly new passphrase"}
    await browser.post("/api/password", json=body)
    await browser.post("/api/logout")
    entries = await entered(either)
    subject, sid = principal["subject"], principal["sid"]
    her, nobody = (subject, "198.51.100.7"), ("", "203.0.113.9")
    told = [(entry.kind, (entry.actor, entry.address), entry.outcome) for entry in entries]
    assert [one for one in told if one[0] != "revoked"] == [
        ("signup", her, DONE),
        ("login", her, DONE),
        ("login_failed", nobody, "invalid_credentials"),
        ("wrong_password", her, "wrong_password"),
        ("password_changed", her, DONE),
        ("logout", her, DONE),
    ]
    assert {entry.subject for entry in entries} == {subject}
    named = [entry.sid for entry in entries if entry.kind in ("login", "logout", "wrong_password")]
    assert set(named) == {sid}
    assert {entry.user_agent for entry in entries if entry.actor} == {"Firefox"}


async def test_no_entry_holds_a_secret_or_what_somebody_typed(opened: Opened) -> None:
    for mode in ("session", "token"):
        house: House = await opened(mode=mode)
        browser = await house.alice()
        secrets = {*browser.cookies.values(), PASSWORD, EMAIL, "hunter2", "someone@example.test"}
        await login(browser, "hunter2")
        await login(browser, "hunter2", email="someone@example.test")
        client = await house.client()
        tokens = (await login(client, transport="bearer")).json()
        secrets |= {text for text in tokens.values() if isinstance(text, str) and len(text) > 20}
        await client.post("/api/refresh", json={"refresh_token": tokens.get("refresh_token", "x")})
        await browser.post("/api/logout")
        written = str(await entered(house))
        assert "login_failed" in written
        assert [secret for secret in secrets if secret in written] == []


@pytest.mark.parametrize("mode", ["session", "token"])
async def test_an_act_that_cannot_be_entered_is_answered_503(
    opened: Opened, tmp_path: Path, mode: str
) -> None:
    house: House = await opened(mode=mode, database=f"sqlite:///{tmp_path}/house.db")
    await house.alice()
    tamper(tmp_path / "house.db", "ALTER TABLE doorward_audit RENAME TO away")
    browser = await house.browser()
    assert (await login(browser)).status_code == 503
    assert not browser.cookies
    tamper(tmp_path / "house.db", "ALTER TABLE away RENAME TO doorward_audit")
    assert (await login(browser)).status_code == 200


# --- the head -----------------------------------------------------------------------------------


def head(seq: int) -> Head:
    return Head(seq, bytes([seq % 256]) * 32)


@pytest.mark.engine
async def test_the_head_is_told_when_asked_and_at_the_end(lines: Any, tmp_path: Path) -> None:
    database = await open_database(f"sqlite:///{tmp_path}/audit.db")
    audit = Audit(database)
    for _ in range(2):
        await audit.append(Entry(kind="login", at=1))
    async with Recorder(Metrics(KINDS), FakeClock(), KINDS).entering(audit):
        pass
    recorder = Recorder(Metrics(KINDS), FakeClock(), KINDS)
    async with recorder.entering(audit):
        recorder.tell_head()
        recorder.tell_head()
        await recorder.note("locked")
    last = await audit.head()
    await database.close()
    told = [line for line in lines() if line["event"] == "audit_head"]
    assert [line["seq"] for line in told] == [2, 2, 3]
    assert told[-1]["hash"] == last.hash.hex()


@pytest.mark.engine
async def test_what_others_entered_is_told_by_a_look_and_at_the_end(
    lines: Any, tmp_path: Path
) -> None:
    databases = [await open_database(f"sqlite:///{tmp_path}/audit.db") for _ in range(2)]
    audit, others = map(Audit, databases)
    recorder = Recorder(Metrics(KINDS), FakeClock(), KINDS)
    async with recorder.entering(audit):
        for _ in range(2):
            await others.append(Entry(kind="locked", at=1))
            await recorder.look_at_head()
        await recorder.look_at_head()
        await others.append(Entry(kind="unlocked", at=1))
    for database in databases:
        await database.close()
    assert [line["seq"] for line in lines()] == [1, 2, 3]


async def test_a_server_looks_for_what_others_entered_again_and_again_also_after_a_failure(
    lines: Any, tmp_path: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else what the command line enters could be removed from the end without a trace."""
    monkeypatch.setattr(background, "MINUTE", 0)
    path = tmp_path / "audit.db"
    house: House = await opened(database=f"sqlite:///{path}")
    database = await open_database(f"sqlite:///{path}")
    others = Audit(database)
    told: list[int] = []

    def is_told(seq: int) -> bool:
        told.extend(line["seq"] for line in lines() if line["event"] == "audit_head")
        return seq in told

    async def comes(seq: int) -> None:
        await others.append(Entry(kind="locked", at=house.clock()))
        await eventually(lambda: is_told(seq))

    await comes(1)
    # in a thread: the server may be in the middle of a write, and this loop must let it end
    await asyncio.to_thread(tamper, path, "ALTER TABLE doorward_audit RENAME TO doorward_gone")
    for _ in range(5):
        with pytest.raises(StoreUnavailable):
            await house.service.recorder.look_at_head()
    await asyncio.to_thread(tamper, path, "ALTER TABLE doorward_gone RENAME TO doorward_audit")
    await comes(2)
    await database.close()


async def test_the_head_is_told_once_after_a_while_and_not_while_it_stands_still(
    lines: Any,
) -> None:
    heads = HeadLog(FakeClock(), seconds=0)
    for seq in range(1, 10):
        heads.saw(head(seq))
    assert lines() == []
    later: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(0, later.set_result, None)
    await later
    assert [line["seq"] for line in lines()] == [9]
    heads.saw(head(9))
    heads.tell()
    assert lines() == []


async def test_the_head_of_a_flood_is_told_at_once(lines: Any) -> None:
    heads = HeadLog(FakeClock(), seconds=MINUTE)
    heads.saw(head(1))
    heads.tell()
    for seq in range(2, EVERY + 2):
        heads.saw(head(seq))
    assert [line["seq"] for line in lines()] == [1, EVERY + 1]


async def test_the_head_of_an_empty_log_is_not_told(lines: Any) -> None:
    heads = HeadLog(FakeClock())
    heads.saw(Head(0, GENESIS))
    heads.tell()
    assert lines() == []
