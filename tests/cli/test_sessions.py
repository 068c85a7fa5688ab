"""`doorward sessions`: everywhere people are logged in."""

import asyncio
import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from secrets import token_hex

import pytest

from doorward import Device, Session
from doorward.cli.commands import ordered
from doorward.stores import open_store
from doorward.testing.contract.rows import a_session
from doorward.types import system_clock

from .conftest import Beside
from .desk import Desk

LAPTOP = Device("192.0.2.7", "Mozilla/5.0", "Firefox on Linux")


def seen(sid: str, seen_at: int, subject: str = "u_ann", device: Device = LAPTOP) -> Session:
    """A live session."""
    day = 86400
    return replace(
        a_session(sid, subject=subject),
        created_at=seen_at,
        seen_at=seen_at,
        expires_at=seen_at + day,
        ends_at=seen_at + day,
        device=device,
    )


def keep(desk: Desk, *sessions: Session) -> None:
    """Put sessions into a database, as an application without users of ours has it."""

    async def put() -> None:
        store = open_store(desk.database)
        mark = await store.mark()
        await asyncio.gather(*(store.insert(each, mark, each.seen_at) for each in sessions))
        await store.close()

    asyncio.run(put())


def test_the_list_says_who_is_logged_in_where_and_since_when(beside: Beside) -> None:
    email = f"{token_hex(6)}@example.test"
    subject = beside.desk.create(email)
    beside.visitor.enter(email)
    done = beside.desk.run("sessions", "list", email)
    assert (done.status, done.err) == (0, "")
    head, line = done.out.splitlines()
    assert re.split("  +", head) == [
        *("SESSION", "WHO", "MODE", "DEVICE", "ADDRESS", "CREATED (UTC)", "LAST SEEN (UTC)")
    ]
    sid, who, *_, created_at, seen_at = re.split("  +", line)
    assert (who, created_at) == (email, seen_at)
    assert line.index(who) == head.index("WHO")
    (entry,) = beside.desk.data("sessions", "list", subject)["sessions"]
    assert (entry["sid"], entry["subject"], entry["email"]) == (sid, subject, email)
    assert set(entry) == {
        *("sid", "subject", "email", "mode", "device", "address", "created_at", "seen_at")
    }


def test_a_revoked_session_ends_at_the_next_request_and_no_other_does(beside: Beside) -> None:
    email = f"{token_hex(6)}@example.test"
    beside.desk.create(email)
    first, second = (beside.visitor.enter(email)["access_token"] for _ in range(2))
    sid = beside.visitor.me(first).json()["sid"]
    done = beside.desk.run("sessions", "revoke", sid)
    assert (done.status, done.out, done.err) == (0, "1 session ended.\n", "")
    assert beside.visitor.me(first).status_code == 401
    assert beside.visitor.me(second).status_code == 200
    assert beside.desk.data("sessions", "revoke", sid)["sessions_ended"] == 0


@pytest.mark.engine
def test_a_long_list_holds_each_session_once_the_latest_first(desk: Desk) -> None:
    now = system_clock()
    keep(desk, *(seen(f"s{n:04}", now + n // 3) for n in range(1203)))
    listed = [each["sid"] for each in desk.data("sessions", "list")["sessions"]]
    assert listed == [f"s{n:04}" for n in reversed(range(1203))]


@pytest.mark.engine
def test_an_applications_own_file_gets_no_users_of_ours(desk: Desk) -> None:
    keep(desk, seen("s1", system_clock()), seen("s2", system_clock(), "u_bob"))
    assert len(desk.data("sessions", "list")["sessions"]) == 2
    (bob,) = desk.data("sessions", "list", "u_bob")["sessions"]
    assert (bob["subject"], bob["email"]) == ("u_bob", None)
    assert desk.data("sessions", "revoke", "s2")["subject"] == "u_bob"
    assert desk.run("sessions", "list", "u_bob").out == "u_bob is not logged in anywhere.\n"
    with closing(sqlite3.connect(desk.folder / "doorward.db")) as connection:
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
    assert "doorward_sessions" in names
    assert "doorward_users" not in names


@pytest.mark.engine
def test_the_list_without_anybody_says_so(desk: Desk) -> None:
    keep(desk)
    assert desk.run("sessions", "list").out == "Nobody is logged in.\n"
    assert desk.data("sessions", "list") == {"sessions": []}


@pytest.mark.engine
def test_what_a_client_said_of_itself_cannot_steer_the_terminal(desk: Desk) -> None:
    evil = Device("\x1b]0;x\x07", "", "\x1b[31mred\nroot  u_root")
    keep(desk, seen("s1", system_clock(), "\x1b[2Ju", evil))
    done = desk.run("sessions", "list")
    assert "\x1b" not in done.out
    assert r"\x1b[31mred\nroot  u_root" in done.out
    assert len(done.out.splitlines()) == 2
    assert "\x1b" not in desk.run("sessions", "list", "--json").out


@pytest.mark.engine
def test_who_and_what_does_not_exist_is_refused(desk: Desk) -> None:
    desk.create("ann@example.test")
    assert desk.refusal("sessions", "list", "bob@example.test") == (
        "There is no user bob@example.test."
    )
    assert desk.refusal("sessions", "revoke-all", "bob@example.test") == (
        "There is no user bob@example.test."
    )
    assert desk.refusal("sessions", "revoke-all", "u_bob") == "There is no user u_bob."
    assert desk.refusal("sessions", "revoke", "nothing") == "There is no session nothing."


def test_all_sessions_of_a_person_end_and_they_can_log_in_again(beside: Beside) -> None:
    email, other = (f"{token_hex(6)}@example.test" for _ in range(2))
    subject = beside.desk.create(email)
    beside.desk.create(other)
    ended = [beside.visitor.enter(email)["access_token"] for _ in range(2)]
    spared = beside.visitor.enter(other)["access_token"]
    done = beside.desk.run("sessions", "revoke-all", email)
    assert (done.status, done.err) == (0, "")
    assert done.out == f"2 sessions of {email} ended; they can log in again.\n"
    assert [beside.visitor.me(each).status_code for each in ended] == [401, 401]
    assert beside.visitor.me(spared).status_code == 200
    beside.visitor.enter(email)
    data = beside.desk.data("sessions", "revoke-all", subject)
    assert data == {"subject": subject, "email": email, "sessions_ended": 1}
    done = beside.desk.run("sessions", "revoke-all", email)
    assert (done.status, done.out) == (0, f"{email} is not logged in anywhere.\n")


@pytest.mark.engine
def test_all_sessions_of_an_applications_own_subject_end(desk: Desk) -> None:
    keep(desk, seen("s1", system_clock()), seen("s2", system_clock(), "u_bob"))
    data = desk.data("sessions", "revoke-all", "u_bob")
    assert data == {"subject": "u_bob", "email": None, "sessions_ended": 1}
    assert [each["sid"] for each in desk.data("sessions", "list")["sessions"]] == ["s1"]
    done = desk.run("sessions", "revoke-all", "u_bob")
    assert (done.status, done.out) == (0, "u_bob is not logged in anywhere.\n")


@pytest.mark.engine
def test_a_subject_that_is_no_user_is_logged_out_where_there_are_users_too(desk: Desk) -> None:
    desk.create("ann@example.test")
    keep(desk, seen("s1", system_clock(), "u_bob"))
    assert desk.data("sessions", "revoke-all", "u_bob")["sessions_ended"] == 1
    assert desk.refusal("sessions", "revoke-all", "u_bob") == "There is no user u_bob."


def test_every_session_of_everybody_ends_and_the_log_says_who_did_it(beside: Beside) -> None:
    first, second = (f"{token_hex(6)}@example.test" for _ in range(2))
    for email in (first, second):
        beside.desk.create(email)
    ended = [beside.visitor.enter(email)["access_token"] for email in (first, first, second)]
    done = beside.desk.run("sessions", "revoke-everyone")
    assert (done.status, done.err) == (0, "")
    counted = re.fullmatch(
        r"(\d+) sessions of (\d+) people ended; everybody can log in again.\n", done.out
    )
    assert counted is not None
    assert int(counted[1]) >= 3
    assert [beside.visitor.me(each).status_code for each in ended] == [401, 401, 401]
    beside.visitor.enter(first)
    assert beside.desk.data("sessions", "revoke-everyone") == {"sessions_ended": 1, "people": 1}
    assert beside.desk.run("sessions", "revoke-everyone").out == "Nobody was logged in.\n"
    with closing(sqlite3.connect(beside.desk.database.removeprefix("sqlite:///"))) as connection:
        actors = connection.execute("SELECT actor FROM doorward_audit WHERE kind = 'all_revoked'")
        assert actors.fetchall() == [("operator",)] * 3


@pytest.mark.engine
def test_everybody_of_an_applications_own_file_is_ended(desk: Desk) -> None:
    keep(desk, seen("s1", system_clock()), seen("s2", system_clock(), "u_bob"))
    done = desk.run("sessions", "revoke-everyone")
    assert done.out == "2 sessions of 2 people ended; everybody can log in again.\n"
    assert desk.data("sessions", "list") == {"sessions": []}


@pytest.mark.engine
def test_a_session_id_that_begins_with_a_dash_is_no_option(desk: Desk) -> None:
    sid = "-" + "A" * 21
    keep(desk, seen(sid, system_clock()))
    assert desk.data("sessions", "revoke", sid)["sessions_ended"] == 1


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], []),
        (["--json"], ["--json"]),
        (["who", "--json", "a"], ["--json", "--", "who", "a"]),
        (["--database", "x", "who"], ["--database", "x", "--", "who"]),
        (["who", "--database=x"], ["--database=x", "--", "who"]),
        (["--json", "--", "--who"], ["--json", "--", "--who"]),
        (["--database"], ["--database"]),
        (["-" * 22], ["--", "-" * 22]),
        (["x", "-" + "a" * 42], ["--", "x", "-" + "a" * 42]),
        (["-h"], ["-h"]),
    ],
)
def test_options_may_stand_anywhere_after_the_verb(words: list[str], expected: list[str]) -> None:
    assert ordered(words) == expected


@pytest.mark.engine
def test_the_sessions_of_somebody_who_does_not_exist_are_refused_and_not_none(desk: Desk) -> None:
    desk.create("ann@example.test")
    assert desk.run("sessions", "list", "ann@example.test").status == 0
    assert desk.refusal("sessions", "list", "nobody") == "There is no user nobody."
