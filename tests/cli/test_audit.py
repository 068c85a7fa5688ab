"""`doorward audit verify`: what an operator is told of the log, and what a script can rely on."""

import json
import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from doorward.server.audit.entry import Entry
from doorward.server.audit.history import History, Query
from doorward.server.audit.log import PAGE, Audit
from doorward.server.db.database import open_database
from tests.server.logs import BEGIN, open_to_forgers, tamper, write_log
from tests.support.postgres import Postgres

from .conftest import Beside
from .desk import Desk
from .serving import serve

pytestmark = pytest.mark.anyio


def path_of(desk: Desk) -> Path:
    return Path(desk.database.removeprefix("sqlite:///"))


@pytest.mark.engine
async def test_an_intact_log_is_said_to_be_so_with_the_hash_at_its_end(desk: Desk) -> None:
    await write_log(path_of(desk), 50)
    said = desk.data("audit", "verify")
    assert (said["intact"], said["seq"], said["findings"]) == (True, 50, [])
    done = desk.run("audit", "verify", "--head", said["head"])
    assert (done.status, done.err) == (0, "")
    assert done.out == f"Intact up to entry 50, whose hash is {said['head']}.\n"


@pytest.mark.engine
async def test_what_was_pruned_and_when_is_said_beside_the_verdict(desk: Desk) -> None:
    await write_log(path_of(desk), 50)
    database = await open_database(desk.database)
    audit = Audit(database)
    head = (await audit.head()).hash.hex()
    await audit.prune(BEGIN + 40, at=1_800_000_000)
    assert desk.data("audit", "verify", "--head", head)["pruned"]["through"] == 40
    await audit.prune(BEGIN + 50, at=1_800_000_060)
    await database.close()
    lines = desk.run("audit", "verify").out.splitlines()
    assert lines[0].startswith("Intact up to entry 52, whose hash is ")
    assert lines[1].startswith(
        "Entries up to 50 were pruned; entry 52 says so, of 2027-01-15 08:01:00 UTC."
    )
    gone = desk.run("audit", "verify", "--head", head)
    assert gone.status == 1
    assert "was pruned" in gone.out
    assert desk.data("audit", "verify")["pruned"] == {
        "through": 50,
        "hash": head,
        "seq": 52,
        "at": 1_800_000_060,
    }


@pytest.mark.engine
async def test_of_a_log_that_was_never_pruned_nothing_is_said(desk: Desk) -> None:
    await write_log(path_of(desk), 5)
    assert desk.data("audit", "verify")["pruned"] is None


# more than the entries that are verified at once, and a busy year's
@pytest.mark.engine
@pytest.mark.parametrize("size", [2 * PAGE + 1000, pytest.param(100_000, marks=pytest.mark.soak)])
async def test_each_thing_that_is_wrong_among_many_is_one_line_and_the_status_is_1(
    desk: Desk, size: int
) -> None:
    path = path_of(desk)
    await write_log(path, size)
    open_to_forgers(path)
    edited, early, removed, late = (size // 1000 * each for each in (5, 8, 700, 990))
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement, *values in (
            ("UPDATE doorward_audit SET kind = 'login_failed' WHERE seq = ?", edited),
            ("DELETE FROM doorward_audit WHERE seq = ?", removed),
            ("UPDATE doorward_audit SET seq = -1 WHERE seq = ?", early),
            ("UPDATE doorward_audit SET seq = ? WHERE seq = ?", early, late),
            ("UPDATE doorward_audit SET seq = ? WHERE seq = -1", late),
        ):
            connection.execute(statement, values)
    began = time.perf_counter()
    done = desk.run("audit", "verify")
    print(f"the whole command took {time.perf_counter() - began:.2f} s")
    assert done.status == 1
    lines = done.out.splitlines()
    assert [line.split()[:3] for line in lines] == [
        ["Entry", str(edited), "does"],
        ["Entry", str(early), "is"],
        ["Entry", str(removed), "is"],
        ["Entry", str(late), "is"],
        ["The", "audit", "log"],
    ]
    assert lines[-1] == "The audit log was tampered with: 4 findings."
    again = desk.run("audit", "verify", "--json")
    assert again.status == 1
    assert [(each["what"], each["first"]) for each in json.loads(again.out)["findings"]] == [
        ("edited", edited),
        ("moved", early),
        ("removed", removed),
        ("moved", late),
    ]


@pytest.mark.engine
async def test_a_removed_end_shows_with_the_head(desk: Desk) -> None:
    path = path_of(desk)
    await write_log(path, 50)
    head = desk.data("audit", "verify")["head"]
    open_to_forgers(path)
    tamper(path, "DELETE FROM doorward_audit WHERE seq > 48")
    assert desk.run("audit", "verify").status == 0
    done = desk.run("audit", "verify", "--head", head)
    assert done.status == 1
    assert done.out.startswith(f"No entry up to the last, 48, has the hash {head}")


@pytest.mark.parametrize("head", ["", "12", "g" * 64, "é" * 64])
def test_a_head_that_is_no_hash_is_a_matter_of_usage(desk: Desk, head: str) -> None:
    done = desk.run("audit", "verify", f"--head={head}")
    assert (done.status, done.out) == (2, "")
    assert "is no hash: 64 hexadecimal digits" in done.err


def test_a_database_that_is_not_there_is_not_made(desk: Desk) -> None:
    assert "There is no database" in desk.refusal("audit", "verify")
    assert not path_of(desk).exists()


@pytest.mark.engine
async def test_a_log_whose_rows_cannot_be_read_is_refused_in_one_sentence(desk: Desk) -> None:
    await write_log(path_of(desk), 3)
    tamper(path_of(desk), "DROP TABLE doorward_audit")
    assert desk.refusal("audit", "verify").startswith("The database does not answer:")


@pytest.mark.engine
async def test_what_a_client_wrote_into_the_log_never_reaches_the_terminal(desk: Desk) -> None:
    path = path_of(desk)
    await write_log(path, 3)
    open_to_forgers(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "UPDATE doorward_audit SET user_agent = ? WHERE seq = 2", ("\x1b[31m\nEntry 3 is",)
        )
    done = desk.run("audit", "verify")
    assert done.status == 1
    assert "\x1b" not in done.out
    assert done.out.count("\n") == 2


# --- what the operator does ---------------------------------------------------------------------


async def entries(desk: Desk) -> list[Entry]:
    """The oldest first."""
    database = await open_database(desk.database)
    page = await History(database).page(Query(), limit=500)
    await database.close()
    return [kept.entry for kept in reversed(page)]


@pytest.mark.engine
async def test_every_decision_of_the_operator_is_entered(desk: Desk) -> None:
    subject = desk.create("ann@example.test", "--role", "editor")
    for words in (
        ("lock", subject),
        ("unlock", subject),
        ("set-roles", subject, "admin"),
        ("reset-link", subject),
        ("delete", subject),
    ):
        done = desk.run("users", *words)
        assert done.status == 0, done.err
    found = await entries(desk)
    by_note = [(one.kind, one.detail) for one in found if one.kind not in ("revoked", "changed")]
    assert by_note == [
        ("signup", {"roles": ["editor"]}),
        ("locked", {"sessions": 0}),
        ("unlocked", {}),
        ("roles_set", {"roles": ["admin"], "sessions": 0}),
        ("reset_link_made", {}),
        ("account_deleted", {"sessions": 0}),
    ]
    assert {(one.actor, one.subject) for one in found} == {("operator", subject)}
    assert desk.data("audit", "verify")["intact"]


async def test_sessions_and_keys_ended_beside_a_server_are_entered_too(
    beside_tokens: Beside,
) -> None:
    desk, visitor = beside_tokens.desk, beside_tokens.visitor
    desk.create("audited@example.test")
    token = visitor.enter("audited@example.test")["access_token"]
    sid = visitor.me(token).json()["sid"]
    assert desk.run("sessions", "revoke", sid).status == 0
    kid = desk.data("keys", "rotate")["kid"]
    done = desk.run("keys", "compromise", kid)
    assert (done.status, done.err) == (0, "")
    mine = [one for one in await entries(desk) if one.actor == "operator"]
    assert [one.kind for one in mine if one.sid == sid] == ["revoked"]
    keys = [(one.kind, dict(one.detail)) for one in mine if one.kind.startswith("key")]
    # others may have done so at this server before
    assert keys[-2:] == [("key_rotated", {}), ("key_withdrawn", {"reason": kid})]
    assert desk.data("audit", "verify")["intact"]


@pytest.mark.engine
def test_a_head_that_a_server_logged_proves_what_came_before_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path, f"sqlite:///{tmp_path}/doorward.db", tmp_path / "root.key")
    desk.create("ann@example.test")
    server = serve(folder=tmp_path)
    told = desk.data("audit", "verify")
    assert desk.run("audit", "verify", "--head", told["head"]).status == 0
    lines = [line for line in server.output.splitlines() if "audit_head" in line]
    assert lines
    for line in lines:
        assert desk.run("audit", "verify", "--head", json.loads(line)["hash"]).status == 0


def test_in_postgresql_too_what_was_edited_removed_or_moved_is_named(
    desk: Desk, postgres: Postgres
) -> None:
    away = replace(desk, database=postgres.new_database())
    for number in range(7):
        away.create(f"u{number}@example.test")
    assert away.run("audit", "verify").status == 0
    columns = "at, kind, actor, subject, sid, address, user_agent, outcome, detail, hash"
    copied = f"SELECT seq - 1000, {columns} FROM doorward_audit WHERE seq IN (6, 7)"  # noqa: S608
    for statement in (
        "ALTER TABLE doorward_audit DISABLE TRIGGER USER",
        "UPDATE doorward_audit SET kind = 'login' WHERE seq = 2",
        "DELETE FROM doorward_audit WHERE seq = 4",
        f"INSERT INTO doorward_audit {copied}",
        "DELETE FROM doorward_audit WHERE seq IN (6, 7)",
        "UPDATE doorward_audit SET seq = CASE seq WHEN -994 THEN 7 ELSE 6 END WHERE seq < 0",
    ):
        postgres.execute(statement, away.database)
    done = away.run("audit", "verify", "--json")
    assert done.status == 1
    found = [(each["what"], each["first"]) for each in json.loads(done.out)["findings"]]
    assert found == [("edited", 2), ("removed", 4), ("moved", 6), ("moved", 7)]
