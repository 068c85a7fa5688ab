"""The audit log: appended to by many at once, closed to everybody else, and able to prove it."""

import asyncio
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from sqlalchemy import Executable, Row, text

from doorward.errors import StoreUnavailable
from doorward.server.audit.chain import GENESIS, Finding, Head, seal
from doorward.server.audit.entry import SYSTEM, Entry, texts
from doorward.server.audit.log import PAGE, PRUNED, Audit
from doorward.server.db.database import Database, open_database
from tests.server.databases import FILE, KINDS, POSTGRES, new_url
from tests.server.logs import INSERT, entry, open_to_forgers, tamper, write_log
from tests.support.spent import seconds_of, untraced

pytestmark = [pytest.mark.anyio, pytest.mark.engine]

SIZES = (10_000, pytest.param(100_000, marks=pytest.mark.soak))
OTHERS = "at, kind, actor, subject, sid, address, user_agent, outcome, detail, hash"


def all_columns(statement: str) -> str:
    return statement.replace("*", OTHERS)


async def fill(audit: Audit, many: int) -> None:
    for first in range(0, many, PAGE):
        await asyncio.gather(
            *[audit.append(entry(n)) for n in range(first, min(first + PAGE, many))]
        )


@pytest.fixture(params=KINDS)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    found = await open_database(new_url(request.param, request, tmp_path))
    yield found
    await found.close()


@pytest.fixture
async def audit(database: Database) -> Audit:
    return Audit(database)


async def seqs(database: Database) -> list[int]:
    rows = await database.run(text("SELECT seq FROM doorward_audit ORDER BY seq"))
    return [row[0] for row in rows]


async def kinds(database: Database) -> list[str]:
    rows = await database.run(text("SELECT kind FROM doorward_audit ORDER BY seq"))
    return [row[0] for row in rows]


# --- appending ----------------------------------------------------------------------------------


async def test_an_empty_log_is_intact(audit: Audit) -> None:
    assert await audit.verify() == []
    assert await audit.head() == Head(0, GENESIS)


async def test_entries_are_numbered_from_one_in_the_order_in_which_they_came(
    audit: Audit, database: Database
) -> None:
    first = await audit.append(entry(1))
    second = await audit.append(entry(2))
    rest = await asyncio.gather(*[audit.append(entry(n)) for n in range(3, 40)])
    assert [head.seq for head in (first, second, *rest)] == list(range(1, 40))
    assert await seqs(database) == list(range(1, 40))
    assert await audit.head() == rest[-1]
    rows = await database.run(text("SELECT sid FROM doorward_audit ORDER BY seq"))
    assert [int(row[0]) for row in rows] == list(range(1, 40))
    assert await audit.verify() == []


async def test_whatever_a_client_said_is_kept_as_it_was_but_for_what_is_no_text(
    audit: Audit, database: Database
) -> None:
    said = "Mozilla\r\n\x1b[31m\x7f\u202e\ufeff \U0001f600 '; DROP TABLE doorward_audit; --"
    await audit.append(entry(1, user_agent=said, detail={"label": said}))
    await audit.append(entry(2, user_agent="half a pair: \ud800, nothing: \0"))
    rows = await database.run(text("SELECT user_agent, detail FROM doorward_audit ORDER BY seq"))
    assert rows[0].user_agent == said
    assert json.loads(rows[0].detail) == {"label": said}
    assert rows[1].user_agent == "half a pair: ?, nothing: \ufffd"
    assert await audit.verify() == []


async def test_an_entry_is_written_also_when_nobody_waits_for_it_any_more(audit: Audit) -> None:
    waiting = asyncio.create_task(audit.append(entry(1)))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await audit.close()
    assert (await audit.head()).seq == 1


async def test_an_append_that_fails_is_unavailable_for_each_and_the_next_goes_well(
    audit: Audit, database: Database
) -> None:
    await audit.append(entry(1))
    await database.run(text("ALTER TABLE doorward_audit RENAME TO away"))
    outcomes = await asyncio.gather(
        *[audit.append(entry(n)) for n in range(5)], return_exceptions=True
    )
    assert {type(outcome) for outcome in outcomes} == {StoreUnavailable}
    await database.run(text("ALTER TABLE away RENAME TO doorward_audit"))
    assert (await audit.append(entry(2))).seq == 2
    assert await audit.verify() == []


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("UPDATE doorward_audit SET kind = 'logout' WHERE seq = 2", "never edited"),
        ("DELETE FROM doorward_audit WHERE seq = 2", "loses only what was pruned"),
        ("DELETE FROM doorward_audit", "loses only what was pruned"),
        ("INSERT INTO doorward_audit SELECT 9, * FROM doorward_audit", "at its end only"),
        (
            "INSERT INTO doorward_audit SELECT 0, * FROM doorward_audit LIMIT 1",
            "at its end only",
        ),
        (
            "REPLACE INTO doorward_audit SELECT 2, * FROM doorward_audit LIMIT 1",
            "at its end only",
        ),
    ],
)
async def test_the_database_itself_refuses_whatever_is_not_appending(
    tmp_path: Path, statement: str, reason: str
) -> None:
    database = await open_database(f"sqlite:///{tmp_path}/audit.db")
    await fill(Audit(database), 3)
    await database.close()
    with pytest.raises(sqlite3.IntegrityError, match=reason):
        tamper(tmp_path / "audit.db", all_columns(statement))


# --- many processes -----------------------------------------------------------------------------

APPENDER = """
import asyncio, sys
from doorward.server.audit.log import Audit
from doorward.server.db.database import Database, open_database
from doorward.server.audit.entry import Entry

async def append(url, name, rounds):
    database = await open_database(url)
    audit = Audit(database)
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(rounds):
        heads = await asyncio.gather(
            *[audit.append(Entry(kind="login", at=number, sid=name)) for _ in range(8)]
        )
        print(*[head.seq for head in heads], flush=True)
    await database.close()

asyncio.run(append(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""


def appender(url: str, name: str, rounds: int) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", APPENDER, url, name, str(rounds)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def begin(processes: Sequence["subprocess.Popen[str]"]) -> None:
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()


@pytest.mark.process
@pytest.mark.parametrize("rounds", [15, pytest.param(40, marks=pytest.mark.soak)])
@pytest.mark.parametrize("kind", [FILE, POSTGRES])
async def test_processes_that_append_at_once_leave_no_gap_and_no_fork(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str, rounds: int
) -> None:
    url, last = new_url(kind, request, tmp_path), 2 * 8 * rounds
    processes = [appender(url, name, rounds) for name in ("one", "two")]
    begin(processes)
    told = [[int(seq) for seq in process.communicate()[0].split()] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert sorted(told[0] + told[1]) == list(range(1, last + 1))
    database = await open_database(url)
    assert await seqs(database) == list(range(1, last + 1))
    rows = await database.run(text("SELECT seq FROM doorward_audit WHERE sid = 'one' ORDER BY seq"))
    assert [row[0] for row in rows] == told[0]
    assert await Audit(database).verify() == []
    await database.close()


@pytest.mark.process
@pytest.mark.parametrize("kills", [2, pytest.param(5, marks=pytest.mark.soak)])
@pytest.mark.parametrize("kind", [FILE, POSTGRES])
async def test_what_was_acknowledged_survives_a_kill_and_the_log_is_whole(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str, kills: int
) -> None:
    url = new_url(kind, request, tmp_path)
    acknowledged = 0
    for number in range(kills):
        process = appender(url, f"{number}", 10_000)
        begin([process])
        assert process.stdout is not None
        for _ in range(5 + 3 * number):
            acknowledged = int(process.stdout.readline().split()[-1])
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        database = await open_database(url)
        assert (await Audit(database).head()).seq >= acknowledged
        assert await Audit(database).verify() == []
        await database.close()


# --- tampering ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Log:
    """A file that is open to whoever can drop a trigger."""

    path: Path
    size: int

    def copied(self, folder: Path) -> Path:
        return Path(shutil.copy(self.path, folder))


@pytest.fixture(scope="module", params=SIZES)
async def long_log(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, anyio_backend: str
) -> Log:
    """A log of several pages."""
    path = tmp_path_factory.mktemp("audit") / "long.db"
    await write_log(path, request.param)
    open_to_forgers(path)
    return Log(path, request.param)


def filled(statement: str, **numbers: int) -> str:
    for name, number in numbers.items():
        statement = statement.replace(f":{name}", str(number))
    return statement


async def verified(path: Path, *statements: str, head: str | None = None) -> list[Finding]:
    tamper(path, *statements)
    database = await open_database(f"sqlite:///{path}")
    found = await Audit(database).verify(head)
    await database.close()
    return found


@pytest.mark.soak
@pytest.mark.process
async def test_verifying_100_000_entries_takes_under_two_seconds(
    long_log: Log, tmp_path: Path
) -> None:
    """Beside the start of the command, which other tests that run meanwhile slow the most."""
    short = tmp_path / "short.db"
    await write_log(short, 1)
    environment = untraced(tmp_path)

    def seconds(log: Path) -> float:
        words = ("-m", "doorward", "audit", "verify", "--database", f"sqlite:///{log}")
        return min(seconds_of(*words, environment=environment) for _ in range(3))

    assert seconds(long_log.path) - seconds(short) < 2


async def test_verifying_costs_time_for_each_entry_and_no_more(long_log: Log) -> None:
    """20 microseconds each on a slow machine, and ten times that here, where others run."""
    began = process_time()
    assert await verified(long_log.path) == []
    assert process_time() - began < long_log.size * 200e-6


async def test_one_edited_one_removed_and_two_swapped_are_each_named(
    long_log: Log, tmp_path: Path
) -> None:
    tenth = long_log.size // 10
    places = {
        "edited": tenth + 45,
        "removed": 5 * tenth,
        "one": 6 * tenth,
        "other": 8 * tenth + 1,
    }
    deeds = [
        "UPDATE doorward_audit SET subject = 'u_mallory' WHERE seq = :edited",
        "DELETE FROM doorward_audit WHERE seq = :removed",
        "UPDATE doorward_audit SET seq = -1 WHERE seq = :one",
        "UPDATE doorward_audit SET seq = :one WHERE seq = :other",
        "UPDATE doorward_audit SET seq = :other WHERE seq = -1",
    ]
    found = await verified(long_log.copied(tmp_path), *[filled(deed, **places) for deed in deeds])
    assert [(finding.what, finding.first, finding.last) for finding in found] == [
        ("edited", places["edited"], places["edited"]),
        ("removed", places["removed"], places["removed"]),
        ("moved", places["one"], places["one"]),
        ("moved", places["other"], places["other"]),
    ]
    assert f"it was entry {places['other']}" in found[2].sentence


async def test_a_removed_end_shows_with_the_head_that_the_log_told(
    long_log: Log, tmp_path: Path
) -> None:
    path, size = long_log.copied(tmp_path), long_log.size
    last = filled("SELECT hex(hash) FROM doorward_audit WHERE seq = :size", size=size)
    with closing(sqlite3.connect(path)) as connection:
        ((head,),) = connection.execute(last)
    deed = filled("DELETE FROM doorward_audit WHERE seq > :kept", kept=size - 10)
    assert await verified(path, deed) == []
    (finding,) = await verified(path, head=head)
    assert (finding.what, finding.last) == ("no_head", size - 10)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE doorward_audit SET at = at + 1 WHERE seq = 3",
        "UPDATE doorward_audit SET user_agent = x'ff00' WHERE seq = 3",
        "UPDATE doorward_audit SET at = 'yesterday' WHERE seq = 3",
        "UPDATE doorward_audit SET hash = 'a text' WHERE seq = 3",
        "UPDATE doorward_audit SET detail = '{} ' WHERE seq = 3",
        "UPDATE doorward_audit SET kind = 'audit_pruned' WHERE seq = 3",
        """UPDATE doorward_audit SET kind = 'audit_pruned', detail = '{"through":2,"hash":"00"}'
        WHERE seq = 3""",
        "UPDATE doorward_audit SET seq = 0 WHERE seq = 3",
        "DELETE FROM doorward_audit WHERE seq < 3",
    ],
)
async def test_whatever_somebody_writes_into_a_row_is_found_and_breaks_nothing(
    tmp_path: Path, statement: str
) -> None:
    path = tmp_path / "audit.db"
    database = await open_database(f"sqlite:///{path}")
    await fill(Audit(database), 6)
    await database.close()
    open_to_forgers(path)
    assert await verified(path, statement) != []


def forge_pruning(path: Path, through: int) -> str:
    """Delete the whole log, and chain one entry to its last that calls it pruned.  Its hash."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        ((last,),) = connection.execute("SELECT hash FROM doorward_audit WHERE seq = ?", (through,))
        connection.execute("DELETE FROM doorward_audit")
        detail = {"through": through, "hash": last.hex(), "entries": through}
        forged = Entry(kind=PRUNED, at=1_800_000_000, actor=SYSTEM, detail=detail)
        values = list(texts(forged).values())
        fields = (b"%d" % forged.at, *[value.encode() for value in values])
        row = (through + 1, forged.at, *values, seal(last, through + 1, fields))
        connection.execute(INSERT, row)
    return str(last.hex())


async def test_a_log_that_was_deleted_and_called_pruned_shows_with_the_head_that_was_told(
    tmp_path: Path,
) -> None:
    path = tmp_path / "audit.db"
    await write_log(path, 20)
    open_to_forgers(path)
    head = forge_pruning(path, 20)
    database = await open_database(f"sqlite:///{path}")
    audit = Audit(database)
    pruned = await audit.pruned()
    assert pruned is not None
    assert (pruned.through.seq, pruned.seq, pruned.at) == (20, 21, 1_800_000_000)
    (finding,) = await audit.verify(head)
    assert finding.what == "no_head"
    await database.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE doorward_audit SET hash = 'a text' WHERE seq = 6",
        "UPDATE doorward_audit SET hash = 5 WHERE seq = 6",
        "UPDATE doorward_audit SET hash = CAST(hash AS TEXT) || 'x' WHERE seq = 6",
        "UPDATE doorward_audit SET at = 'yesterday', hash = 'a text'",
        """UPDATE doorward_audit SET kind = 'audit_pruned', detail = '{"through":1e999}'""",
        """UPDATE doorward_audit SET kind = 'audit_pruned', detail = json_object('through',
        99999999999999999999, 'hash', hex(hash))""",
        "UPDATE doorward_audit SET kind = 'audit_pruned', detail = x'ff'",
    ],
)
async def test_what_was_written_into_the_last_entry_stops_neither_the_check_nor_the_log(
    tmp_path: Path, statement: str
) -> None:
    path = tmp_path / "audit.db"
    await write_log(path, 6)
    open_to_forgers(path)
    tamper(path, statement)
    database = await open_database(f"sqlite:///{path}")
    audit = Audit(database)
    assert await audit.verify() != []
    assert len((await audit.head()).hash) > 0
    await audit.append(entry(7))
    assert await audit.verify() != []
    await audit.prune(1_800_000_000, at=1_900_000_000)
    await database.close()


@pytest.mark.parametrize("head", ["", "00", "xyz", "00" * 33])
async def test_what_is_no_hash_is_refused_as_one(audit: Audit, head: str) -> None:
    with pytest.raises(ValueError, match=re.compile("hash|hex")):
        await audit.verify(head)


# --- pruning ------------------------------------------------------------------------------------


async def test_pruning_takes_what_is_old_and_says_so_and_the_rest_stays_verifiable(
    audit: Audit, database: Database
) -> None:
    await fill(audit, 100)
    before = await audit.head()
    assert await audit.prune(1_700_000_040, at=1_800_000_000) == 40
    assert await seqs(database) == list(range(41, 102))
    assert (await kinds(database))[-1] == PRUNED
    assert await audit.verify() == []
    assert await audit.verify(before.hash.hex()) == []
    assert await audit.prune(1_700_000_040, at=1_800_000_000) == 0
    assert await seqs(database) == list(range(41, 102))


async def test_a_log_pruned_again_and_again_to_its_last_entry_stays_verifiable(
    audit: Audit, database: Database
) -> None:
    for number in range(4):
        await fill(audit, 10)
        assert await audit.prune(2_000_000_000 + number, at=2_000_000_000 + number) > 0
        assert await kinds(database) == [PRUNED]
        assert await audit.verify() == []
    assert (await audit.append(entry(1))).seq == (await audit.head()).seq
    assert await audit.verify() == []


@pytest.fixture(params=[50, pytest.param(PAGE, marks=pytest.mark.soak)])
def page(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """How much is read at a time: little, or as much as the server reads."""
    monkeypatch.setattr("doorward.server.audit.log.PAGE", request.param)
    size: int = request.param
    return size


@pytest.mark.parametrize(
    "database",
    [
        "memory",
        pytest.param("file", marks=pytest.mark.soak),
        pytest.param("postgres", marks=[pytest.mark.soak, pytest.mark.process]),
    ],
    indirect=True,
)
async def test_pruning_goes_in_steps(audit: Audit, database: Database) -> None:
    await fill(audit, PAGE + 10)
    assert await audit.prune(2_000_000_000, at=1_800_000_000) == PAGE
    assert await audit.verify() == []
    assert await audit.prune(1_790_000_000, at=1_800_000_000) == 10
    assert await kinds(database) == [PRUNED, PRUNED]
    assert await audit.verify() == []


async def test_pruning_ends_at_the_first_entry_that_is_not_old(
    audit: Audit, database: Database
) -> None:
    for at in (10, 20, 50, 30):  # two machines' clocks need not agree
        await audit.append(entry(0, at=at))
    assert await audit.prune(40, at=60) == 2
    assert await seqs(database) == [3, 4, 5]


async def test_removing_more_than_was_pruned_and_adding_before_it_both_show(tmp_path: Path) -> None:
    path = tmp_path / "audit.db"
    database = await open_database(f"sqlite:///{path}")
    audit = Audit(database)
    await fill(audit, 30)
    await audit.prune(1_700_000_010, at=1_800_000_000)
    await database.close()
    with pytest.raises(sqlite3.IntegrityError, match="loses only what was pruned"):
        tamper(path, "DELETE FROM doorward_audit WHERE seq = 11")
    open_to_forgers(path)
    added = "INSERT INTO doorward_audit SELECT 5, * FROM doorward_audit WHERE seq = 20"
    found = await verified(path, all_columns(added), "DELETE FROM doorward_audit WHERE seq = 11")
    assert [(finding.what, finding.first) for finding in found] == [("outside", 5), ("removed", 11)]


class Interrupted:
    """A database that others use just before the third statement of who asks it."""

    def __init__(self, database: Database, others: Callable[[], Awaitable[object]]) -> None:
        self._database = database
        self._others = others
        self._statements = 0

    async def run(self, statement: Executable) -> Sequence[Row[Any]]:
        self._statements += 1
        if self._statements == 3:
            await self._others()
        return await self._database.run(statement)


async def test_what_is_pruned_while_it_is_verified_does_not_seem_removed(
    audit: Audit, database: Database, page: int
) -> None:
    await fill(audit, 2 * page)

    async def prune() -> None:
        for _ in range(2):
            await audit.prune(1_700_000_000 + page + 5, at=1_800_000_000)

    verifying = Audit(Interrupted(database, prune))  # type: ignore[arg-type]
    assert await verifying.verify() == []
    assert (await seqs(database))[0] == page + 6
