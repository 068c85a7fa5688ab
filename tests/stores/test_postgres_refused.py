"""What PostgreSQL refuses, to users and to sessions alike, is one sentence."""

from contextlib import suppress
from pathlib import Path
from traceback import format_exception

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from doorward.errors import ConfigurationError, StoreUnavailable
from doorward.server.accounts.users import Users
from doorward.server.db.database import open_database
from doorward.stores import Decision, open_store
from doorward.testing.contract.rows import NOW, a_session, add
from tests.support.certificate import make_certificate
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
    with pytest.raises(StoreUnavailable, match=r"^first second$") as of_database:
        await database.run(raising)
    await database.close()
    with pytest.raises(StoreUnavailable, match=r"^PostgreSQL: one$") as of_store:
        await store.put("code", b"digest", "", NOW)
    await store.close()
    for caught in (of_database, of_store):
        assert "DETAIL:" not in "".join(format_exception(caught.value))


async def test_a_row_that_is_there_already_is_not_shown(postgres: Postgres) -> None:
    url = new_database(postgres)
    database, store = await open_database(url), open_store(url)
    again = text("INSERT INTO doorward_schema SELECT * FROM doorward_schema")
    await add(store, a_session("s3cret"))
    with pytest.raises(ValueError, match=r'constraint "doorward_sessions_pkey"$') as of_store:
        await add(store, a_session("s3cret"))
    await store.close()
    with pytest.raises(IntegrityError) as of_database:
        await database.run(again)
    await database.close()
    for caught in (of_store, of_database):
        assert "DETAIL:" not in "".join(format_exception(caught.value))


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


async def test_a_file_of_authorities_is_checked_at_start_alone(
    postgres: Postgres, tmp_path: Path
) -> None:
    make_certificate(tmp_path)
    file = tmp_path / "cert.pem"
    plain = new_database(postgres)
    url = f"{plain}?sslrootcert={file}"
    database, store = await open_database(url), open_store(url)
    await store.mark()
    file.unlink()
    postgres.execute(f"SELECT pg_terminate_backend(pid) {OTHERS}", plain)
    for call in (Users(database).count, store.mark):
        with suppress(StoreUnavailable):
            await call()  # its connection was cut, or is new
        await call()
    await store.close()
    await database.close()


@pytest.mark.parametrize("ignores", [False, True])
async def test_a_pooler_that_does_not_keep_settings_is_refused_at_start(
    postgres: Postgres, ignores: bool
) -> None:
    url = new_database(postgres)
    async with running_pooler(postgres.port, ignores=ignores) as port:
        through = url.replace(f":{postgres.port}/", f":{port}/")
        with pytest.raises(ConfigurationError, match="PgBouncer"):
            await open_database(through)
        store = open_store(through)
        with pytest.raises(ConfigurationError, match="PgBouncer"):
            await store.keys()
        await store.close()
