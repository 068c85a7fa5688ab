"""How a database comes to have the tables, and what is said when it cannot."""

import sys
from asyncio import gather
from typing import Any

import asyncpg
import pytest

from doorward import open_store
from doorward.errors import ConfigurationError, Rejected, StoreUnavailable
from doorward.stores import Decision
from doorward.stores.postgres import PostgresStore
from doorward.stores.postgres.schema import ONE_AT_A_TIME
from doorward.testing.contract.rows import NOW, a_session, add, row
from tests.support.postgres import Postgres

from .recovery import recovers

pytestmark = pytest.mark.anyio

REVOKE = Decision(revoke=True)


def as_role(url: str, role: str) -> str:
    return url.replace("//postgres@", f"//{role}@")


@pytest.fixture
def role(postgres: Postgres, url: str) -> str:
    """A role with no rights but to connect."""
    name = "plain_" + url.rpartition("_")[2]
    postgres.execute(f"CREATE ROLE {name} LOGIN")
    return name


async def test_nothing_is_opened_before_the_first_call() -> None:
    await open_store("postgres://nobody@127.0.0.1:1/none").close()


async def test_many_stores_may_make_the_tables_at_once(url: str) -> None:
    stores = [PostgresStore(url) for _ in range(8)]
    await gather(*(add(store, a_session(f"{n}")) for n, store in enumerate(stores)))
    assert len(await stores[0].sessions(None, NOW)) == 8
    for store in stores:
        await store.close()


async def test_of_many_first_calls_one_makes_the_tables(store: PostgresStore) -> None:
    await gather(*(add(store, a_session(f"{number}")) for number in range(20)), store.get("a"))
    assert len(await store.sessions(None, NOW)) == 20


async def test_to_migrate_makes_the_tables_and_may_be_repeated(
    store: PostgresStore, other: Any
) -> None:
    await store.migrate()
    assert await other.fetchval("SELECT schema FROM doorward_meta") == 1
    await store.migrate()
    await add(store, a_session("a"))


async def test_who_uses_tables_that_are_there_needs_no_right_to_make_any(
    postgres: Postgres, url: str, role: str
) -> None:
    refused = PostgresStore(as_role(url, role))
    with pytest.raises(ConfigurationError, match="permission denied for schema"):
        await refused.get("a")
    await refused.close()
    owner = PostgresStore(url)
    await owner.migrate()
    await owner.close()
    rights = "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO"
    postgres.execute(f"{rights} {role}", url)
    store = PostgresStore(as_role(url, role))
    await add(store, a_session("a"))
    await store.change(subject="alice", decision=REVOKE, at=NOW)
    assert (await row(store, "a")).revoked_at == NOW
    await store.insert(a_session("b"), await store.mark(), NOW)
    assert await store.purge(NOW + 5000) == 2
    assert (await store.changes(None)).known
    assert await store.watch()
    await store.close()


async def test_nodes_whose_roles_look_elsewhere_first_use_the_same_tables(
    postgres: Postgres, url: str, role: str
) -> None:
    owner = PostgresStore(url)
    await add(owner, a_session("a"))
    postgres.execute(
        f"""
        CREATE SCHEMA {role} AUTHORIZATION {role};
        CREATE TABLE {role}.doorward_sessions (LIKE doorward_sessions INCLUDING ALL);
        CREATE TABLE {role}.doorward_meta AS TABLE doorward_meta;
        GRANT ALL ON ALL TABLES IN SCHEMA public, {role} TO {role};
        ALTER ROLE {role} SET search_path = {role}, public;
        """,
        url,
    )
    node = PostgresStore(as_role(url, role))
    assert await node.get("a") == await owner.get("a")
    assert await owner.change(sid="a", decision=REVOKE, at=NOW) == ["a"]
    assert (await row(node, "a")).revoked_at == NOW
    for store in (owner, node):
        await store.close()


async def test_who_does_not_own_older_tables_is_refused_until_their_owner_migrated_them(
    postgres: Postgres, url: str, role: str
) -> None:
    owner = PostgresStore(url)
    await owner.migrate()
    rights = "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO"
    postgres.execute(f"{rights} {role}; DROP INDEX doorward_sessions_rest", url)
    store = PostgresStore(as_role(url, role))
    with pytest.raises(ConfigurationError, match="must be owner of table doorward_sessions"):
        await store.keys()
    await owner.migrate()
    assert await store.keys() == []
    await store.close()
    await owner.close()


async def test_tables_live_in_the_schema_that_the_url_names(
    postgres: Postgres, url: str, role: str
) -> None:
    postgres.execute(f"CREATE SCHEMA {role} AUTHORIZATION {role}", url)
    store = PostgresStore(f"{as_role(url, role)}?search_path={role}")
    await add(store, a_session("a"))
    await store.close()
    where = "SELECT schemaname FROM pg_tables WHERE tablename = 'doorward_sessions'"
    assert postgres.execute(where, url) == role


async def test_tables_of_a_later_doorward_are_refused(
    store: PostgresStore, other: Any, url: str
) -> None:
    await store.migrate()
    await other.execute("UPDATE doorward_meta SET schema = 2")
    later = PostgresStore(url)
    for call in (later.get("a"), later.mark(), later.migrate()):
        with pytest.raises(ConfigurationError, match="its schema is 2, this one knows 1"):
            await call
    await later.close()


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("postgresql://ann:se/cret@host/db", "cannot be understood"),
        ("postgresql://ann:secret@host/db?sslmode=maybe", "cannot be understood"),
    ],
)
async def test_a_url_that_cannot_be_read_is_refused_and_not_shown(url: str, sentence: str) -> None:
    store = PostgresStore(url)
    with pytest.raises(ConfigurationError, match=sentence) as refused:
        await store.get("a")
    assert "cret" not in str(refused.value)
    assert refused.value.__cause__ is None


async def test_a_database_that_is_not_there_is_a_clear_sentence(postgres: Postgres) -> None:
    store = PostgresStore(postgres.url_of("nowhere").replace("postgres@", "postgres:secret@"))
    with pytest.raises(ConfigurationError, match='database "nowhere" does not exist') as refused:
        await store.get("a")
    assert "secret" not in str(refused.value)


async def test_a_role_that_is_not_there_is_a_clear_sentence(postgres: Postgres) -> None:
    store = PostgresStore(as_role(postgres.url, "nobody:secret"))
    with pytest.raises(ConfigurationError, match='role "nobody" does not exist') as refused:
        await store.mark()
    assert "secret" not in str(refused.value)


async def test_a_database_that_goes_away_later_is_unavailable(
    postgres: Postgres, store: PostgresStore, url: str
) -> None:
    await store.get("a")
    name = url.rpartition("/")[2]
    postgres.execute(f"DROP DATABASE {name} WITH (FORCE)")
    said = ""
    while "does not exist" not in said:
        with pytest.raises(StoreUnavailable) as error:
            await store.get("a")
        said = str(error.value)


async def test_a_role_whose_commits_are_not_durable_by_default_gets_durable_ones(
    postgres: Postgres, url: str, role: str, other: Any
) -> None:
    postgres.execute(
        f"ALTER ROLE {role} SET synchronous_commit = off; "
        f"ALTER ROLE {role} SET default_transaction_isolation = serializable; "
        f"CREATE SCHEMA {role} AUTHORIZATION {role}",
        url,
    )
    plain = await asyncpg.connect(as_role(url, role))
    assert await plain.fetchval("SHOW synchronous_commit") == "off"
    await plain.close()
    store = PostgresStore(f"{as_role(url, role)}?search_path={role}")
    for setting, value in (
        ("synchronous_commit", "on"),
        ("default_transaction_isolation", "read committed"),
    ):
        assert await store._pool.fetch(f"SHOW {setting}") == [(value,)]
    await store.close()


async def test_tables_restored_into_another_cluster_are_taken_over(
    store: PostgresStore, other: Any, url: str
) -> None:
    """The numbers of transactions in a dump mean nothing where it is restored."""
    await add(store, a_session("a"), a_session("b", "bob"))
    await store.change(sid="a", decision=REVOKE, at=NOW)
    await store.change(subject="alice", decision=REVOKE, at=NOW)
    before, mark = await store.changes(None), await store.mark()
    await other.execute("UPDATE doorward_changes SET xid = '9000000000'")
    await other.execute("UPDATE doorward_marks SET xid = '9000000000'")
    await other.execute(
        "UPDATE doorward_meta SET system = 1, changes_purged_by = '9000000000',"
        " marks_purged_by = '9000000000'"
    )
    stores = [PostgresStore(url) for _ in range(4)]
    for news in await gather(*(each.changes(None) for each in stores)):
        assert [change.id for change in news.entries] == ["a"]
        assert (await stores[0].changes(news.cursor)).entries == ()
    assert not (await stores[0].changes(before.cursor)).known
    await stores[0].insert(a_session("c"), await stores[0].mark(), NOW)
    with pytest.raises(Rejected):
        await stores[0].insert(a_session("d"), mark, NOW)
    for each in stores:
        await each.close()


async def test_without_asyncpg_the_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in [each for each in sys.modules if each.startswith("doorward.stores.postgres")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    with pytest.raises(ConfigurationError, match="pip install asyncpg, or"):
        open_store("postgresql://host/db")


async def test_a_first_call_that_waits_for_another_is_answered_in_time(
    url: str, other: Any
) -> None:
    """Somebody else makes the tables, and takes too long."""
    store = PostgresStore(url, answer_within=0.3)
    async with other.transaction():
        await other.execute("SELECT pg_advisory_xact_lock($1)", ONE_AT_A_TIME)
        calls = [store.get("a"), store.mark(), store.mark()]
        answers = await gather(*calls, return_exceptions=True)
        assert {type(answer) for answer in answers} == {StoreUnavailable}
    assert await recovers(store) < 5
    await store.close()


def test_it_is_opened_by_either_name_of_its_scheme() -> None:
    for url in ("postgresql://host/db", "postgres://host/db"):
        assert isinstance(open_store(url), PostgresStore)


AS_IF_EARLIER = """
    SELECT doorward_insert(
        (to_jsonb(row) - 'audience' || '{"sid": "older"}')::json,
        doorward_place(), pg_current_snapshot(), $1, 2, true
    ) FROM doorward_sessions AS row WHERE sid = 'a'
"""


async def test_nodes_of_an_earlier_doorward_go_on_inserting_logins(
    store: PostgresStore, other: Any
) -> None:
    grant = a_session("grant", audience="https://api.example", created_at=1)
    await add(store, a_session("a"), grant)
    assert await other.fetchval(AS_IF_EARLIER, NOW) == "done"
    assert await store.get("older") == a_session("older")
    assert await store.sessions("alice", NOW, grants=True) == [grant]
    assert await other.fetchval("SELECT doorward_change_all('alice', NULL, false, '[]', NULL, 1)")
    assert await store.get("grant") == grant
