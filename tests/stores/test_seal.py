"""A sealed store is read and not written, by whichever process, until it is unsealed."""

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Protocol, cast

import asyncpg
import pytest

from doorward.errors import StoreMoved
from doorward.stores import Backend, Decision, Movable, open_store
from doorward.stores.read_only import (
    FIND_IN_POSTGRES,
    FIND_IN_SQLITE,
    closed_in_sqlite,
    said_in_postgres,
    said_in_sqlite,
)
from doorward.testing.contract.rows import ANY_MARK, NOW, a_session, add, live
from doorward.types import SigningKey
from tests.support.postgres import Postgres

pytestmark = [pytest.mark.anyio, pytest.mark.engine]

REVOKE = Decision(revoke=True)
KEY = SigningKey(
    kid="k", algorithm="ES256", public_jwk="{}", sealed_private=None, created_at=NOW, signs_from=NOW
)
WHY = "moved to the other side, it's said"


class Sealable(Backend, Movable, Protocol):
    """A store that can be moved."""


@pytest.fixture
async def store(url: str) -> AsyncIterator[Sealable]:
    store = cast(Sealable, open_store(url))
    yield store
    await store.unseal()
    await store.close()


@pytest.fixture
async def elsewhere(url: str, store: Sealable) -> AsyncIterator[Backend]:
    """The same, as another process has it: opened before anything was sealed."""
    another = open_store(url)
    await another.keys()
    yield another
    await another.close()


async def test_whoever_writes_is_told_why_not(store: Sealable, elsewhere: Backend) -> None:
    begun = (await store.changes(None)).cursor
    await filled(store)
    told = await store.changes(begun)
    await store.seal(WHY)
    old = a_session("a")
    for writer in (store, elsewhere):
        for write in (
            writer.insert(a_session("new"), ANY_MARK, NOW),
            writer.insert(old, ANY_MARK, NOW),
            writer.replace(old, old),
            writer.change(sid="a", decision=REVOKE, at=NOW),
            writer.change(subject="alice", decision=REVOKE, at=NOW),
            writer.change(subject="nobody", decision=REVOKE, at=NOW),
            writer.put_key(KEY),
            writer.put("code", b"other", "{}", NOW + 10),
            writer.take("code", b"digest", NOW),
            writer.hit("limit", 10, 5, NOW),
            writer.forgive("limit", 10, NOW),
            writer.purge(NOW + 10_000),
        ):
            with pytest.raises(StoreMoved) as refused:
                await write
            assert str(refused.value) == WHY
    kept = await store.changes(begun)
    assert (kept.known, kept.entries) == (True, told.entries)


async def test_reads_go_on(store: Sealable, elsewhere: Backend) -> None:
    await filled(store)
    cursor = (await elsewhere.changes(None)).cursor
    await store.seal(WHY)
    for reader in (store, elsewhere):
        assert await live(reader) == {"a"}
        assert await reader.get("a") == a_session("a")
        assert [key.kid for key in await reader.keys()] == ["k"]
        assert not (await reader.changes(cursor)).entries
        await reader.mark()


async def test_what_waits_can_be_listed_to_be_put_elsewhere(
    store: Sealable, elsewhere: Backend
) -> None:
    for digest, ends in ((b"new", NOW + 10), (b"used", NOW + 10), (b"old", NOW)):
        await elsewhere.put("a:code\x00", digest, "\x00{}", ends)
    await elsewhere.take("a:code\x00", b"used", NOW - 1)
    for key, count in (("a:b\x00", 2), ("forgiven", 1)):
        for _ in range(count):
            await elsewhere.hit(key, 10, 5, NOW)
    await elsewhere.forgive("forgiven", 10, NOW)
    await elsewhere.hit("over", 10, 5, NOW - 10)
    await store.seal(WHY)
    assert list(await store.tickets(NOW)) == [("a:code\x00", b"new", "\x00{}", NOW + 10)]
    assert list(await store.counters(NOW)) == [("a:b\x00", NOW + 10, 2)]


async def test_unsealed_it_is_written_again(store: Sealable, elsewhere: Backend) -> None:
    await store.unseal()
    await store.seal(WHY)
    await store.seal("for another reason")
    await store.unseal()
    await add(elsewhere, a_session("new"))
    assert await live(store) == {"new"}


async def test_a_sealed_store_can_be_opened_and_read(url: str, store: Sealable) -> None:
    await filled(store)
    await store.seal(WHY)
    late = open_store(url)
    assert await live(late) == {"a"}
    with pytest.raises(StoreMoved, match=WHY):
        await late.insert(a_session("new"), ANY_MARK, NOW)
    await late.close()


async def test_what_a_seal_of_sqlite_says_can_be_read(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "sealed.db")) as file:
        file.execute("CREATE TABLE doorward_rows (n)")
        assert said_in_sqlite(found_in(file)) is None
        for statement in closed_in_sqlite(["doorward_rows"], WHY):
            file.execute(statement)
        assert said_in_sqlite(found_in(file)) == WHY


async def test_what_a_seal_of_postgresql_says_can_be_read(postgres: Postgres) -> None:
    url = postgres.new_database()
    store = cast(Sealable, open_store(url))
    connection = await asyncpg.connect(url)
    await store.keys()
    for said in (None, WHY):
        found = [row[0] for row in await connection.fetch(FIND_IN_POSTGRES)]
        assert said_in_postgres(found) == said
        await store.seal(WHY)
    await connection.close()
    await store.close()


async def test_in_sqlite_nobody_changes_or_deletes_a_row_of_a_sealed_table(tmp_path: Path) -> None:
    store = cast(Sealable, open_store(f"sqlite:///{tmp_path}/sealed.db"))
    await filled(store)
    await store.seal(WHY)
    with closing(sqlite3.connect(tmp_path / "sealed.db")) as file:
        found = file.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        tables = {name for (name,) in found if name.startswith("doorward_")} - {"doorward_meta"}
        assert len(tables) > 4
        for table in tables:
            columns = file.execute("SELECT name FROM pragma_table_info(?)", (table,)).fetchone()
            for words in ("UPDATE {0} SET {1} = {1}", "DELETE FROM {0}"):
                with pytest.raises(sqlite3.IntegrityError, match=WHY):
                    file.execute(words.format(table, *columns))
    await store.close()


async def test_in_postgresql_nobody_writes_a_sealed_table_by_any_statement(
    postgres: Postgres,
) -> None:
    url = postgres.new_database()
    store = cast(Sealable, open_store(url))
    await store.seal(WHY)
    connection = await asyncpg.connect(url)
    found = await connection.fetch("SELECT tablename FROM pg_tables WHERE tablename ~ '^doorward_'")
    tables = {row[0] for row in found} - {"doorward_meta"}
    assert len(tables) > 4
    for table in tables:
        for words in ("INSERT INTO {} DEFAULT VALUES", "DELETE FROM {}", "TRUNCATE {} CASCADE"):
            with pytest.raises(asyncpg.PostgresError, match=WHY) as refused:
                await connection.execute(words.format(table))
            assert refused.value.sqlstate == "DW001"
    await connection.close()
    await store.close()


@pytest.mark.process
async def test_what_another_process_was_told_is_written_was_there_before_the_seal(
    url: str, store: Sealable
) -> None:
    await store.keys()
    command = [sys.executable, "-m", "tests.stores.scribe", url]
    scribe = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    assert scribe.stdout is not None
    acknowledged = [await scribe.stdout.readline() for _ in range(40)]
    await store.seal(WHY)
    kept = await every_sid(store)
    rest, _ = await scribe.communicate()
    *more, refusal = rest.decode().splitlines()
    assert refusal.startswith("refused: ")
    assert WHY in refusal
    assert {*(line.decode().strip() for line in acknowledged), *more} <= kept
    assert await every_sid(store) == kept


def found_in(file: sqlite3.Connection) -> list[str]:
    return [sql for (sql,) in file.execute(FIND_IN_SQLITE)]


async def every_sid(store: Backend) -> set[str]:
    return {session.sid for session in await store.sessions(None, NOW, limit=100_000)}


async def filled(store: Backend) -> None:
    """One of everything."""
    await add(store, a_session("a"))
    await store.put_key(KEY)
    await store.put("code", b"digest", "{}", NOW + 10)
    await store.hit("limit", 10, 5, NOW)
    await store.change(subject="alice's friend", decision=REVOKE, at=NOW)
