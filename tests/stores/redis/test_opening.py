"""Which servers a store trusts, and the one sentence it says about the others."""

import logging
import sys
from asyncio import gather
from collections.abc import Iterator
from pathlib import Path
from traceback import format_exception

import pytest

from doorward.errors import ConfigurationError, StoreUnavailable
from doorward.stores import Decision, open_store
from doorward.stores.redis import RedisStore
from doorward.testing.contract.rows import NOW, a_session, add
from tests.docs.pages import ROOT, blocks
from tests.support.proxy import Proxy
from tests.support.valkey import Valkey, running_valkey

from .answering import FIT, answering

pytestmark = [pytest.mark.anyio, pytest.mark.process]


async def refused(url: str, why: str) -> str:
    """The first call is refused, with one sentence."""
    store = open_store(url)
    with pytest.raises(ConfigurationError, match=why) as caught:
        await store.get("a")
    await store.close()
    return str(caught.value)


@pytest.fixture
def guarded(server: Valkey) -> Iterator[Valkey]:
    """The server with a user that has a password and lacks a right to look at its settings."""
    server.ask("ACL", "SETUSER", "pia", "on", ">s3cret", "~*", "&*", "+@all", "-config")
    yield server
    server.ask("ACL", "DELUSER", "pia")


async def test_nothing_is_connected_before_the_first_call(proxy: Proxy) -> None:
    store = open_store(f"redis://127.0.0.1:{proxy.port}")
    assert proxy.accepted == 0
    assert await store.get("a") is None
    assert proxy.accepted == 1
    await store.close()
    await store.close()


async def test_of_many_first_calls_one_connects(proxy: Proxy) -> None:
    store = open_store(f"redis://127.0.0.1:{proxy.port}")
    await gather(*(store.get(f"{number}") for number in range(100)))
    assert proxy.accepted == 1
    await store.close()


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--appendonly", "no"], "CONFIG SET appendonly yes$"),
        (["--maxmemory-policy", "allkeys-lru"], "CONFIG SET maxmemory-policy noeviction$"),
        (["--cluster-enabled", "yes"], "is in cluster mode"),
    ],
)
async def test_a_server_that_forgets_is_refused_until_it_is_set_right(
    options: list[str], why: str
) -> None:
    with running_valkey(*options) as server:
        said = await refused(server.url, why)
        if "CONFIG" in said:
            store = RedisStore(server.url)
            for _ in range(2):  # whoever asks again is not let pass for having asked before
                with pytest.raises(ConfigurationError):
                    await store.mark()
            assert server.ask(*said[said.index("CONFIG") :].split()) == "+OK"
            assert await store.mark() == 0
            await store.close()


async def test_an_old_server_is_refused() -> None:
    old = {"INFO": b"$19\r\nredis_version:6.2.6\r\n"}
    async with answering(FIT | old) as url:
        await refused(url, r"needs Redis 7\.0 or later")


async def test_a_password_that_the_server_repeats_is_not_shown() -> None:
    repeated = b"-ERR unknown command 'AUTH', with args beginning with: 'pia' 's3cret' \r\n"
    async with answering(FIT | {"AUTH": repeated}) as url:
        store = open_store(url.replace("//", "//pia:s3cret@"))
        with pytest.raises(StoreUnavailable, match=r"^Redis: unknown command 'AUTH'$") as caught:
            await store.get("a")
        await store.close()
    assert "s3cret" not in "".join(format_exception(caught.value))


async def test_what_a_server_does_not_tell_is_a_warning(
    guarded: Valkey, caplog: pytest.LogCaptureFixture
) -> None:
    store = RedisStore(f"redis://pia:s3cret@127.0.0.1:{guarded.port}")
    with caplog.at_level(logging.WARNING, "doorward"):
        await gather(*(store.put("code", b"x", "y", NOW) for _ in range(5)))
    assert [record.getMessage() for record in caplog.records] == [
        "the Redis server does not tell whether appendonly is yes",
        "the Redis server does not tell whether maxmemory-policy is noeviction",
    ]
    await store.close()


async def test_a_wrong_password_is_refused_and_not_shown(guarded: Valkey) -> None:
    said = await refused(f"redis://pia:wr0ng@127.0.0.1:{guarded.port}", "the password or user")
    assert "wr0ng" not in said


async def test_a_password_that_is_not_given_is_missed() -> None:
    with running_valkey() as server:
        server.ask("CONFIG", "SET", "requirepass", "s3cret")
        await refused(f"redis://127.0.0.1:{server.port}", "Authentication required")


async def test_a_user_that_may_do_too_little_is_told(server: Valkey) -> None:
    server.ask("ACL", "SETUSER", "tim", "on", ">s3cret", "~*", "&*", "+get")
    await refused(f"redis://tim:s3cret@127.0.0.1:{server.port}", "lets this user do too little")
    server.ask("ACL", "DELUSER", "tim")


async def test_a_user_that_may_not_announce_is_refused_before_it_writes(server: Valkey) -> None:
    may = ("on", ">s3cret", "~*", "&*", "+@all")
    for lacks in (("-publish",), ("resetchannels", "&other:*")):
        server.ask("ACL", "SETUSER", "tim", "reset", *may, *lacks)
        await refused(f"redis://tim:s3cret@127.0.0.1:{server.port}", "lets this user do too little")
    server.ask("ACL", "DELUSER", "tim")


async def test_the_rights_that_the_page_names_are_enough(server: Valkey) -> None:
    page = next(each for each in blocks(ROOT / "docs/redis.md") if "ACL SETUSER" in each.text)
    assert server.ask(*page.text.replace("\\\n", " ").split()) == "+OK"
    store = RedisStore(f"redis://doorward:SECRET@127.0.0.1:{server.port}/3")
    await add(store, a_session("a"))
    await store.wait(0.01)
    await store.put("code", b"x", "y", NOW)
    await store.hit("k", 60, 1, NOW)
    await store.purge(NOW - 1)
    assert [row.sid for row in await store.sessions(None, NOW)] == ["a"]
    assert (await store.changes(None)).known
    await store.close()
    server.ask("ACL", "DELUSER", "doorward")


async def test_a_file_of_authorities_that_holds_none_is_named(tmp_path: Path) -> None:
    bad = tmp_path / "bad.pem"
    bad.write_text("no certificate")
    await refused(f"rediss://127.0.0.1:1/0?ssl_ca_certs={bad}", "ssl_ca_certs holds no certificate")


async def test_a_server_that_lost_everything_is_noticed_in_the_log(
    server: Valkey, caplog: pytest.LogCaptureFixture
) -> None:
    store = open_store(server.url)
    await add(store, a_session("a"))
    assert await store.change(sid="a", decision=Decision(revoke=True), at=NOW)
    await store.changes(None)
    server.ask("FLUSHALL")
    for _ in range(2):
        assert await store.get("a") is None
    await store.close()
    (line,) = caplog.messages
    assert "lost changes" in line


async def test_a_server_that_is_full_has_no_room(server: Valkey) -> None:
    store = RedisStore(server.url)
    await store.check_room()
    server.ask("CONFIG", "SET", "maxmemory", "1")
    try:
        with pytest.raises(StoreUnavailable, match="memory"):
            await store.check_room()
    finally:
        server.ask("CONFIG", "SET", "maxmemory", "0")
    await store.close()


async def test_a_database_that_is_not_there_is_refused(server: Valkey) -> None:
    await refused(f"redis://127.0.0.1:{server.port}/99", "no database of this number")


async def test_a_number_keeps_stores_apart(server: Valkey) -> None:
    one, two = (RedisStore(f"redis://127.0.0.1:{server.port}/{number}") for number in (1, 2))
    await add(one, a_session("a"))
    assert await one.get("a") == a_session("a")
    assert await two.get("a") is None
    for store in (one, two):
        await store.close()


async def test_a_server_that_is_not_there_is_unavailable(proxy: Proxy) -> None:
    await proxy.refuse()
    store = open_store(f"redis://127.0.0.1:{proxy.port}")
    for call in (store.get("a"), store.mark(), store.forgive("a", 60, NOW)):
        with pytest.raises(StoreUnavailable):
            await call
    await proxy.restore()
    assert await store.get("a") is None
    await store.close()


@pytest.mark.parametrize(
    "url",
    [
        "redis:",
        "redis://",
        "redis:///1",
        "redis://:secret@host:port",
        "redis://:secret@host/one",
        "redis://:secret@host/1/2",
        "redis://:secret@[::1",
    ],
)
def test_a_url_that_names_no_server_is_refused_with_how_to_write_it(url: str) -> None:
    with pytest.raises(ConfigurationError, match="is redis://HOST:PORT/NUMBER") as refused:
        open_store(url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "url", ["redis://host?db=1", "rediss://host?ssl_cert_reqs=none", "redis://host?ssl_ca_certs=x"]
)
def test_a_url_has_no_other_options(url: str) -> None:
    with pytest.raises(ConfigurationError, match="has no option"):
        open_store(url)


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in [each for each in sys.modules if each.startswith("doorward.stores.redis")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "redis.asyncio.connection", None)
    with pytest.raises(ConfigurationError, match="pip install redis hiredis, or"):
        open_store("redis://127.0.0.1")
