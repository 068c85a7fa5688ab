"""The server's database: opened by many at once, refused in one sentence, never half there."""

import asyncio
import os
import subprocess
import sys
import threading
from asyncio import CancelledError
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text

from doorward.errors import ConfigurationError, StoreUnavailable
from doorward.server.accounts.account_events import EVENTS
from doorward.server.accounts.email_changes import EMAIL_CHANGES
from doorward.server.accounts.factor_tables import OWNED
from doorward.server.accounts.users import Users
from doorward.server.audit.entry import AUDIT
from doorward.server.db import schema
from doorward.server.db.database import TABLES, Database, open_database
from doorward.server.db.schema import NEWEST, VERSION_TABLE
from doorward.server.mail.outbox import LETTERS
from doorward.server.oauth.tables import CLIENTS, CONSENTS, SCOPES
from doorward.stores import Decision, open_store
from tests.server.databases import FILE, MEMORY, POSTGRES, empty_url
from tests.support.readonly import make_read_only
from tests.support.until import until

pytestmark = pytest.mark.anyio

STARTER = """
import asyncio, sys
from doorward.server.db.database import open_database
from doorward.server.accounts.user import EmailTaken
from doorward.server.accounts.users import Users

async def start(url):
    database = await open_database(url)
    try:
        await Users(database).create("first@example.test", None, at=1)
        return "created"
    except EmailTaken:
        return "taken"
    finally:
        await database.close()

print("ready", flush=True)
for line in sys.stdin:
    print(asyncio.run(start(line.strip())), flush=True)
"""


def ask(process: "subprocess.Popen[str]", line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(line)
    process.stdin.flush()


def answer(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.fixture(scope="module")
def started() -> Iterator[list["subprocess.Popen[str]"]]:
    """Three that open whatever database they are told to."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", STARTER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    try:
        assert [answer(process) for process in processes] == ["ready"] * 3
        yield processes
    finally:
        for process in processes:
            process.communicate()


@pytest.mark.process
@pytest.mark.parametrize("attempts", [2, pytest.param(10, marks=pytest.mark.soak)])
@pytest.mark.parametrize("kind", [FILE, POSTGRES])
def test_processes_that_start_at_once_on_an_empty_database_all_start(
    request: pytest.FixtureRequest,
    started: list["subprocess.Popen[str]"],
    tmp_path: Path,
    kind: str,
    attempts: int,
) -> None:
    for attempt in range(attempts):
        url = empty_url(kind, request, tmp_path / f"{attempt}")
        for process in started:
            ask(process, f"{url}\n")
        outcomes = sorted(answer(process) for process in started)
        assert outcomes == ["created", "taken", "taken"], attempt


@pytest.mark.engine
async def test_the_migrations_make_exactly_the_tables_the_code_uses(tmp_path: Path) -> None:
    await (await open_database(f"sqlite:///{tmp_path}/users.db")).close()
    names = {"doorward_users", "doorward_setup_links", AUDIT.name, LETTERS.name}
    names |= {EVENTS.name, EMAIL_CHANGES.name, *(table.name for table in OWNED)}
    names |= {CLIENTS.name, SCOPES.name, CONSENTS.name}
    assert names == set(TABLES.tables)

    def differences(connection: Connection) -> object:
        options = {"version_table": VERSION_TABLE, "compare_type": True}
        context = MigrationContext.configure(connection, opts=options)
        return compare_metadata(context, TABLES)

    engine = create_engine(f"sqlite:///{tmp_path}/users.db")
    with engine.connect() as connection:
        assert differences(connection) == []
        connection.execute(text("DROP INDEX doorward_users_email"))
        assert differences(connection) != []
    engine.dispose()


def test_the_newest_version_is_that_after_the_last_migration() -> None:
    migrations = Path(schema.__file__).with_name("migrations")
    assert ScriptDirectory(migrations).get_current_head() == NEWEST


@pytest.mark.engine
async def test_what_was_written_is_there_after_closing_and_opening_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/odd name?mode=ro%20#.db"
    database = await open_database(url)
    user = await Users(database).create("ann@example.test", "h", at=1)
    await database.close()

    again = await open_database(url)
    assert await Users(again).by_subject(user.subject) == user
    await again.close()


SLOW = text(
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000)"
    " SELECT count(*) FROM n"
)


async def written(database: Database) -> object:
    async with database.writing() as connection:
        return (await connection.execute(SLOW)).scalar()


@pytest.mark.parametrize("step", [written, lambda database: database.run(SLOW)])
@pytest.mark.parametrize("kind", [MEMORY, FILE])
async def test_a_step_cancelled_midway_costs_nobody_anything(
    tmp_path: Path, kind: str, step: Callable[[Database], Coroutine[object, object, object]]
) -> None:
    database = await open_database({"memory": "memory:", "file": f"sqlite:///{tmp_path}/u"}[kind])
    user = await Users(database).create("ann@example.test", None, at=1)
    cancelled = asyncio.create_task(step(database))
    await asyncio.wait({cancelled}, timeout=0.02)
    assert cancelled.cancel()
    await Users(database).create("bob@example.test", None, at=1)
    assert await Users(database).by_subject(user.subject) == user
    with pytest.raises(CancelledError):
        await cancelled
    await database.close()


@pytest.mark.engine
@pytest.mark.parametrize("passes", [0, 2, 5, 13, 50])
def test_an_opening_that_is_cancelled_leaves_no_thread_behind(tmp_path: Path, passes: int) -> None:
    """The driver's thread would find the event loop closed, and print a traceback."""

    async def cancelled() -> None:
        opening = asyncio.create_task(open_database(f"sqlite:///{tmp_path}/u"))
        for _ in range(passes):
            await asyncio.sleep(0)
        opening.cancel()
        with pytest.raises(CancelledError):
            await opening

    before = threading.active_count()
    asyncio.run(cancelled())
    until(lambda: threading.active_count() <= before)


@pytest.mark.engine
async def test_whatever_the_umask_every_folder_made_is_for_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        await (await open_database(f"sqlite:///{tmp_path}/a/b/u.db")).close()
    finally:
        os.umask(before)
    for folder in tmp_path / "a", tmp_path / "a/b":
        assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.engine
async def test_users_and_sessions_share_one_file_whichever_is_opened_first(tmp_path: Path) -> None:
    for first, second in (("users", "sessions"), ("sessions", "users")):
        url = f"sqlite:///{tmp_path}/{first}-{second}.db"
        store = open_store(url) if first == "sessions" else None
        database = await open_database(url)
        store = store or open_store(url)
        before = await store.mark()
        user = await Users(database).create("ann@example.test", None, at=1)
        await store.change(subject=user.subject, decision=Decision(revoke=True), at=2)
        assert await store.mark() > before
        assert await Users(database).count() == 1
        await store.close()
        await database.close()


@pytest.mark.engine
async def test_a_database_in_memory_serves_many_tasks_and_ends_with_them() -> None:
    database = await open_database("memory:")
    users = Users(database)
    await asyncio.gather(*(users.create(f"u{n}@example.test", None, at=1) for n in range(20)))
    assert await users.count() == 20
    await database.close()

    another = await open_database("memory:")
    assert await Users(another).count() == 0
    await another.close()


@pytest.mark.engine
async def test_every_connection_waits_for_others_and_writes_through_to_the_disk(
    tmp_path: Path,
) -> None:
    database = await open_database(f"sqlite:///{tmp_path}/users.db")
    expected = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}
    for pragma, value in expected.items():
        assert [tuple(row) for row in await database.run(text(f"PRAGMA {pragma}"))] == [(value,)]
    await database.close()


@pytest.mark.parametrize(
    "url", ["mysql://h/db", "postgresql:db", "sqlite:", "sqlite:///", "", "users.db"]
)
async def test_an_address_of_another_kind_is_refused_with_what_would_do(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"sqlite:///(PATH|relative)|postgresql://USER@"):
        await open_database(url)


@pytest.mark.engine
async def test_a_path_that_cannot_be_a_file_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("Dear Ann")
    reasons = {
        tmp_path: "unable to open database file",
        tmp_path / "letter" / "users.db": "File exists",
        tmp_path / "letter" / "folder" / "users.db": "Not a directory",
    }
    for path, reason in reasons.items():
        with pytest.raises(ConfigurationError) as refusal:
            await open_database(f"sqlite:///{path}")
        assert str(refusal.value) == (
            f"The database {path} cannot be opened for writing: {reason}."
        )


@pytest.mark.engine
async def test_a_new_database_is_made_with_its_folders_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "var" / "lib" / "users.db"
    database = await open_database(f"sqlite:///{path}")
    await Users(database).create("ann@example.test", None, at=1)
    files = list(path.parent.iterdir())
    assert path in files
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    await database.close()


@pytest.mark.engine
async def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "letter.db"
    path.write_text("Dear Ann, " * 1000)
    with pytest.raises(ConfigurationError, match=r"letter\.db.*file is not a database\.$"):
        await open_database(f"sqlite:///{path}")
    assert path.read_text() == "Dear Ann, " * 1000


@pytest.mark.engine
async def test_a_read_only_database_is_refused_at_start(tmp_path: Path) -> None:
    path = tmp_path / "users.db"
    await (await open_database(f"sqlite:///{path}")).close()
    make_read_only(path)
    with pytest.raises(ConfigurationError, match=r"users\.db.*readonly database\.$"):
        await open_database(f"sqlite:///{path}")


@pytest.mark.engine
async def test_a_database_of_a_newer_doorward_is_refused_and_left_alone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/users.db"
    database = await open_database(url)
    await database.run(text("UPDATE doorward_schema SET version_num = '9999'"))
    await database.close()

    with pytest.raises(ConfigurationError, match="newer version of Doorward"):
        await open_database(url)
    engine = create_engine(url)
    with engine.connect() as connection:
        version = connection.execute(text("SELECT version_num FROM doorward_schema")).scalar()
    engine.dispose()
    assert version == "9999"


@pytest.mark.engine
async def test_a_database_that_fails_while_it_runs_is_unavailable_and_nothing_else(
    tmp_path: Path,
) -> None:
    database = await open_database(f"sqlite:///{tmp_path}/users.db")
    users = Users(database)
    user = await users.create("ann@example.test", "secret-hash", at=1)
    await database.run(text("DROP TABLE doorward_users"))
    calls: list[Callable[[], Awaitable[object]]] = [
        lambda: users.create("ben@example.test", "secret-hash", at=2),
        lambda: users.by_email("ann@example.test"),
        lambda: users.lock(user.subject, at=2),
        lambda: users.delete(user.subject),
        lambda: users.count(),
    ]
    for call in calls:
        with pytest.raises(StoreUnavailable) as failure:
            await call()
        assert "secret-hash" not in f"{failure.value!r} {failure.value.__cause__}"
        assert "@example.test" not in f"{failure.value!r} {failure.value.__cause__}"
    await database.close()


@pytest.mark.engine
@pytest.mark.parametrize("replaced", [False, True])
async def test_a_file_that_was_taken_away_is_neither_read_nor_written_until_it_is_back(
    tmp_path: Path, replaced: bool
) -> None:
    path = tmp_path / "users.db"
    database = await open_database(f"sqlite:///{path}")
    users = Users(database)
    ann = await users.create("ann@example.test", None, at=1)
    away = path.rename(tmp_path / "away.db")
    if replaced:
        path.touch()
    tried: list[Coroutine[object, object, object]] = [
        users.by_subject(ann.subject),
        users.create("lost@example.test", None, at=1),
        users.delete(ann.subject),
    ]
    for each in tried:
        with pytest.raises(StoreUnavailable, match="removed or replaced"):
            await each
    away.replace(path)
    assert await users.by_subject(ann.subject) == ann
    assert await users.count() == 1
    await database.close()
