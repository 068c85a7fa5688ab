"""What PostgreSQL refuses, to users and to sessions alike, is one sentence."""

from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import text

from doorward.errors import ConfigurationError, StoreUnavailable
from doorward.server.accounts.users import Users
from doorward.server.db.database import open_database
from doorward.stores import Decision, open_store
from doorward.testing.contract.rows import NOW, a_session, add
from tests.support.migrated import new_database
from tests.support.pooler import running_pooler
from tests.support.postgres import Postgres

pytestmark = [pytest.mark.anyio, pytest.mark.process]

OTHERS = "FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"


def make_read_only(server: Postgres, url: str) -> None:
    """For everybody who connects from now on."""
    name = url.partition("?")[0].rpartition("/")[2]
    server.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")


async def test_a_database_that_is_read_only_by_default_is_refused_at_start(
    postgres: Postgres,
) -> None:
    url = new_database(postgres)
    make_read_only(postgres, url)
    with pytest.raises(ConfigurationError, match="read-only"):
        await open_database(url)


async def test_a_database_that_becomes_read_only_takes_neither_users_nor_sessions(
    postgres: Postgres,
) -> None:
    url = new_database(postgres)
    database, store = await open_database(url), open_store(url)
    await add(store, a_session("a"))
    make_read_only(postgres, url)
    postgres.execute(f"SELECT pg_terminate_backend(pid) {OTHERS}", url)
    for call in (Users(database).count, store.mark, lambda: store.get("a")):
        with suppress(StoreUnavailable):
            await call()  # whose connection was cut, or is new
    with pytest.raises(StoreUnavailable, match="read-only"):
        await Users(database).create("ann@example.test", None, at=1)
    with pytest.raises(StoreUnavailable, match="read-only"):
        await store.change(sid="a", decision=Decision(revoke=True), at=NOW)
    await store.close()
    await database.close()


async def test_an_error_with_a_hint_is_one_line_and_tells_nothing_of_a_row(
    postgres: Postgres,
) -> None:
    raising = text(
        "DO $$ BEGIN RAISE EXCEPTION E'first\\nsecond' USING HINT = 'third', DETAIL = 's3cret';"
        " END $$"
    )
    url = postgres.new_database()
    store = open_store(url)
    await store.keys()
    body = "BEGIN RAISE 'one' USING HINT = 'two', DETAIL = 's3cret'; END"
    postgres.execute(
        f"CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$;"
        " CREATE TRIGGER broken BEFORE INSERT ON doorward_keys EXECUTE FUNCTION broken();"
        " CREATE TRIGGER broken BEFORE INSERT ON doorward_tickets EXECUTE FUNCTION broken()",
        url,
    )
    database = await open_database(new_database(postgres))
    with pytest.raises(StoreUnavailable, match=r"^first second$"):
        await database.run(raising)
    await database.close()
    with pytest.raises(StoreUnavailable, match=r"^PostgreSQL: one$"):
        await store.put("code", b"digest", "", NOW)
    await store.close()


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("search_path=", "search_path is empty"),
        ("search_path=%20", "search_path is empty"),
        ("sslmode=verify-full&sslrootcert={bad}", "bad.pem of sslrootcert holds no certificate"),
        ("sslmode=verify-full&sslrootcert={bad}.none", "cannot be read: No such file"),
    ],
)
async def test_a_word_of_an_address_that_is_wrong_is_named(
    postgres: Postgres, tmp_path: Path, query: str, why: str
) -> None:
    bad = tmp_path / "bad.pem"
    bad.write_text("no certificate")
    url = f"{postgres.url}?{query.format(bad=bad)}"
    with pytest.raises(ConfigurationError, match=why):
        await open_database(url)
    store = open_store(url)
    with pytest.raises(ConfigurationError, match=why):
        await store.keys()
    await store.close()


@pytest.mark.parametrize("ignores", [False, True])
async def test_a_pooler_that_does_not_keep_settings_is_refused_at_start(
    postgres: Postgres, ignores: bool
) -> None:
    url = new_database(postgres)
    async with running_pooler(postgres.port, ignores=ignores) as port:
        through = url.replace(f":{postgres.port}/", f":{port}/") + "?sslmode=disable"
        with pytest.raises(ConfigurationError, match="PgBouncer"):
            await open_database(through)
        store = open_store(through)
        with pytest.raises(ConfigurationError, match="PgBouncer"):
            await store.keys()
        await store.close()


async def test_a_session_that_is_there_already_is_refused_without_its_row(
    postgres: Postgres,
) -> None:
    store = open_store(postgres.new_database())
    await add(store, a_session("a"))
    with pytest.raises(ValueError, match="cannot be added") as caught:
        await add(store, a_session("a"))
    assert "Key (" not in str(caught.value)
    await store.close()
