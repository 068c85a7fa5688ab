"""PostgreSQL as the server's database: one writes at a time, and who is gone is gone in time."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from time import monotonic

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from doorward import open_store
from doorward.errors import ConfigurationError, StoreUnavailable
from doorward.server.accounts.user import LastAdmin
from doorward.server.accounts.users import Users
from doorward.server.audit.log import Audit
from doorward.server.db.database import Database, open_database
from doorward.server.db.engines.postgres import CONNECTIONS, PATIENCE
from doorward.server.db.url import shown
from doorward.stores.asyncpg_driver import FAILURES
from tests.server.logs import entry
from tests.support.migrated import new_database
from tests.support.ports import free_port
from tests.support.postgres import Postgres, running_postgres, start_postgres
from tests.support.processes import children

pytestmark = [pytest.mark.anyio, pytest.mark.process]

ADMIN = frozenset({"admin"})
LIMITS = (1.9 * PATIENCE, pytest.param(2.0, marks=pytest.mark.soak))
"""Seconds within which nobody may still be waiting for a database that is gone: here less than it
takes to wait for somebody else's patience first."""


@pytest.fixture
async def nodes(postgres: Postgres) -> AsyncIterator[list[Database]]:
    """One database, opened by two nodes."""
    url = new_database(postgres)
    async with AsyncExitStack() as stack:
        found = [await open_database(url) for _ in range(2)]
        for each in found:
            stack.push_async_callback(each.close)
        yield found


@pytest.fixture
def alone() -> Iterator[Postgres]:
    """A server that may be stopped, and is another test's no more."""
    with running_postgres() as server:
        yield server


@contextmanager
def frozen(server: Postgres) -> Iterator[None]:
    """Every process of it stands still; its connections stay open."""
    everybody = [server.process.pid, *children(server.process.pid)]
    for pid in everybody:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in everybody:
            os.kill(pid, signal.SIGCONT)


# --- one at a time ------------------------------------------------------------------------------


async def test_of_many_who_demote_each_other_on_two_nodes_one_stays(nodes: list[Database]) -> None:
    users = [Users(node) for node in nodes]
    for attempt in range(5):
        made = [await users[0].create(f"{attempt}.{n}@x.test", None, ADMIN, at=1) for n in range(6)]

        async def demote(number: int, subject: str) -> bool:
            try:
                await users[number % 2].set_roles(subject, frozenset(), spare_last_admin=True)
            except LastAdmin:
                return False
            return True

        done = await asyncio.gather(*(demote(n, user.subject) for n, user in enumerate(made)))
        assert sorted(done) == [False, *[True] * 5]
        (left,) = [user for user in await users[0].list() if user.administers]
        await users[0].delete(left.subject)


async def test_of_many_who_become_the_first_administrator_on_two_nodes_one_does(
    nodes: list[Database],
) -> None:
    users = [Users(node) for node in nodes]
    for attempt in range(5):
        made = [await users[0].create(f"{attempt}.{n}@x.test", None, at=1) for n in range(6)]
        assert await users[0].add_link("link")
        become = [
            users[n % 2].make_first_admin(user.subject, "link") for n, user in enumerate(made)
        ]
        crowned = [user for user in await asyncio.gather(*become) if user is not None]
        assert len(crowned) == 1
        await users[0].delete(crowned[0].subject)


@pytest.mark.parametrize("isolation", ["repeatable read", "serializable"])
async def test_the_log_never_forks_whatever_isolation_the_database_prefers(
    postgres: Postgres, isolation: str
) -> None:
    url = postgres.new_database()
    name = url.rpartition("/")[2]
    setting = f"ALTER DATABASE {name} SET default_transaction_isolation = '{isolation}'"
    postgres.execute(setting, url)
    nodes = [await open_database(url) for _ in range(2)]
    logs = [Audit(node) for node in nodes]
    for round_ in range(20):
        await asyncio.gather(*(logs[n % 2].append(entry(round_ * 8 + n)) for n in range(8)))
    assert (await logs[0].head()).seq == 160
    assert await logs[1].verify() == []
    for node in nodes:
        await node.close()


async def test_what_is_read_in_a_writing_transaction_is_still_true_when_it_writes(
    nodes: list[Database],
) -> None:
    one, other = nodes
    users = Users(other)
    async with one.writing() as connection:
        before = await connection.execute(text("SELECT count(*) FROM doorward_users"))
        late = asyncio.create_task(users.create("late@example.test", None, at=1))
        await asyncio.wait({late}, timeout=0.2)
        after = await connection.execute(text("SELECT count(*) FROM doorward_users"))
        assert (before.scalar(), after.scalar(), late.done()) == (0, 0, False)
    await late
    assert await users.count() == 1


async def test_readers_do_not_wait_for_who_writes(nodes: list[Database]) -> None:
    async with nodes[0].writing():
        assert await Users(nodes[1]).count() == 0


async def test_a_transaction_of_which_a_statement_failed_is_never_taken_for_done(
    nodes: list[Database],
) -> None:
    await Users(nodes[0]).create("ann@example.test", None, at=1)
    twice = text(
        "INSERT INTO doorward_users (subject, email, roles, created_at, password_changed_at)"
        " SELECT 'u_other', email, roles, 1, 1 FROM doorward_users"
    )

    async def go_on() -> None:
        async with nodes[0].writing() as connection:
            with suppress(IntegrityError):
                await connection.execute(twice)

    async def stumble() -> None:
        async with nodes[0].writing() as connection:
            await connection.execute(text("DELETE FROM doorward_users"))
            raise ZeroDivisionError

    with pytest.raises(StoreUnavailable, match="had failed"):
        await go_on()
    with pytest.raises(ZeroDivisionError):
        await stumble()
    assert await Users(nodes[0]).count() == 1


async def test_even_to_empty_the_log_at_once_is_refused(nodes: list[Database]) -> None:
    await Audit(nodes[0]).append(entry(1))
    with pytest.raises(StoreUnavailable, match="never edited"):
        await nodes[0].run(text("TRUNCATE doorward_audit"))


async def test_a_text_that_no_row_can_hold_finds_nobody(nodes: list[Database]) -> None:
    users = Users(nodes[0])
    await users.create("ann@example.test", None, at=1)
    assert await users.by_subject("u_\0") is None
    assert await users.list(query="\0") == []


async def test_nodes_whose_roles_look_elsewhere_first_know_the_same_users(
    postgres: Postgres,
) -> None:
    url = postgres.new_database()
    role = "elsewhere_" + url.rpartition("_")[2]
    postgres.execute(f"CREATE ROLE {role} LOGIN SUPERUSER", url)
    postgres.execute(f"CREATE SCHEMA {role} AUTHORIZATION {role}", url)
    postgres.execute(f"ALTER ROLE {role} SET search_path = {role}, public", url)
    of_role = url.replace("//postgres@", f"//{role}@")
    nodes = [await open_database(each) for each in (of_role, url, f"{of_role}?search_path={role}")]
    await Users(nodes[0]).create("ann@example.test", None, at=1)
    assert [await Users(node).count() for node in nodes] == [1, 1, 0]
    for node in nodes:
        await node.close()


async def test_who_stands_still_in_the_middle_does_not_hold_everybody_up_for_long(
    nodes: list[Database],
) -> None:
    wanted = {
        "idle_in_transaction_session_timeout": "10s",
        "statement_timeout": "1800ms",
        "synchronous_commit": "on",
    }
    for name, value in wanted.items():
        assert [tuple(row) for row in await nodes[0].run(text(f"SHOW {name}"))] == [(value,)]


# --- gone ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", LIMITS)
async def test_one_that_stands_still_is_unavailable_in_time_and_well_again_by_itself(
    alone: Postgres, limit: float
) -> None:
    database = await open_database(alone.new_database())
    users = Users(database)
    await asyncio.gather(*(users.count() for _ in range(CONNECTIONS)))
    with frozen(alone):
        began = monotonic()
        asked: list[Awaitable[object]] = [users.count() for _ in range(2 * CONNECTIONS)]
        asked += [users.create(f"{n}@example.test", None, at=1) for n in range(2)]
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
        took = monotonic() - began
    assert {type(outcome) for outcome in outcomes} == {StoreUnavailable}
    assert {str(outcome) for outcome in outcomes} == {f"no answer in {PATIENCE} seconds"}
    assert took < limit
    assert await users.count() in (0, 1, 2)  # what nobody waited for may have been done
    await users.create("ann@example.test", None, at=1)
    await database.close()


async def test_a_restart_is_noticed_by_those_alone_who_ask_meanwhile(alone: Postgres) -> None:
    url = alone.new_database()
    busy, quiet = await open_database(url), await open_database(url)
    asked = [Users(quiet).count() for _ in range(CONNECTIONS)]
    assert await asyncio.gather(Users(busy).count(), *asked) == [0] * (CONNECTIONS + 1)
    alone.process.send_signal(signal.SIGINT)
    alone.process.wait()
    with pytest.raises(StoreUnavailable):
        await Users(busy).count()
    again = start_postgres(alone.bin, alone.data, alone.port)
    try:
        assert await Users(busy).count() == 0
        asked = [Users(quiet).count() for _ in range(CONNECTIONS)]
        assert await asyncio.gather(*asked) == [0] * CONNECTIONS
        await busy.close()
        await quiet.close()
    finally:
        again.process.send_signal(signal.SIGINT)
        again.process.wait()


# --- the address --------------------------------------------------------------------------------


async def test_a_server_without_tls_is_used_where_the_url_asks_for_it_but_does_not_need_it(
    postgres: Postgres,
) -> None:
    # what users have by default; all other tests run without the question: `ask_no_tls`
    url = f"{new_database(postgres)}?sslmode=prefer"
    database, store = await open_database(url), open_store(url)
    assert await Users(database).count() == 0
    await store.mark()
    await store.close()
    await database.close()


async def test_an_address_that_leads_nowhere_is_refused_without_its_password(
    postgres: Postgres,
) -> None:
    refused = {
        f"postgresql://u:s3cret@127.0.0.1:{free_port()}/db": "cannot be opened",
        f"postgresql://postgres:s3cret@127.0.0.1:{postgres.port}/nowhere": "does not exist",
        "postgresql://u:s3/cret@host/db": "is no address",
        "postgresql://u:s3cret@host:port/db": "is no address",
        f"{postgres.url}?sslmode=require&password=s3cret": "cannot be opened",
        f"{postgres.url}?sslmode=s3cret-not": "cannot be opened",
    }
    for url, why in refused.items():
        with pytest.raises(ConfigurationError, match=why) as refusal:
            await open_database(url)
        if "sslmode=s3" not in url:
            assert "s3" not in str(refusal.value)


async def test_a_database_in_another_encoding_is_refused(postgres: Postgres) -> None:
    postgres.execute("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0")
    with pytest.raises(ConfigurationError, match="LATIN1"):
        await open_database(postgres.url_of("latin"))


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("memory:", "memory:"),
        ("sqlite:///a@b:c.db", "sqlite:///a@b:c.db"),
        ("postgresql://ann:secret@host:5432/db?password=x", "postgresql://ann@host:5432/db"),
        ("postgresql://host/db", "postgresql://host/db"),
        ("redis://:secret@host/0", "redis://host/0"),
        ("postgresql://ann:sec@ret@host/db", "postgresql://..."),
        ("postgresql://ann:sec/ret@host/db", "postgresql://..."),
        ("postgresql://ann:1/ret@host/db", "postgresql://..."),
        ("postgresql://ann:1#ret@host/db", "postgresql://..."),
        ("postgresql://ann:1?ret@host/db", "postgresql://..."),
        ("postgresql://ann:secret/db", "postgresql://..."),
        ("postgresql://[x/db", "postgresql://..."),
        ("postgresql:secret", "postgresql://..."),
        (
            "postgresql://ann:secret@db/app?password=secret&search_path=app&sslmode=verify-full",
            "postgresql://ann@db/app?search_path=app&sslmode=verify-full",
        ),
        ("postgresql:///app?host=/run&passfile=secret", "postgresql:///app?host=/run"),
    ],
)
def test_an_address_is_shown_without_what_may_be_a_password(url: str, told: str) -> None:
    assert shown(url) == told


@pytest.mark.parametrize("failure", FAILURES)
async def test_whatever_the_driver_raises_is_of_one_kind(
    nodes: list[Database], failure: type[Exception]
) -> None:
    with pytest.raises(StoreUnavailable):
        async with nodes[0].writing():
            raise failure("the server was killed")


async def test_errors_are_of_one_kind(nodes: list[Database]) -> None:
    await nodes[0].run(text("DROP TABLE doorward_users"))
    with pytest.raises(StoreUnavailable) as failure:
        await Users(nodes[0]).create("ann@example.test", "secret-hash", at=2)
    assert isinstance(failure.value.__cause__, SQLAlchemyError)
    assert "secret-hash" not in f"{failure.value!r} {failure.value.__cause__}"
