"""Rows as earlier versions wrote them, and what the scripts keep in them."""

import json
from dataclasses import replace

import pytest

from doorward.stores import Decision, Most
from doorward.stores.redis import RedisStore
from doorward.testing.contract.rows import ANY_MARK, NOW, a_session, add, live, row
from tests.support.valkey import Valkey

pytestmark = [pytest.mark.anyio, pytest.mark.process]

API = "https://api.example"


def fields_of(server: Valkey, sid: str) -> list[str | None]:
    text = server.ask("GET", f"doorward:session:{sid}")
    found: list[str | None] = json.loads(text[text.index("[") :])
    return found


async def test_only_a_grant_has_a_31st_field(server: Valkey, store: RedisStore) -> None:
    await add(store, a_session("login"), a_session("grant", audience=API))
    assert len(fields_of(server, "login")) == 30
    assert fields_of(server, "grant")[29:] == ["2", API]
    for sid, many in (("login", 30), ("grant", 31)):
        old = await row(store, sid)
        assert await store.replace(old, replace(old, seen_at=NOW))
        assert len(fields_of(server, sid)) == many
        await store.change(sid=sid, decision=Decision(revoke=True), at=NOW)
        assert len(fields_of(server, sid)) == many
    assert (await row(store, "grant")).audience == API


@pytest.mark.parametrize("fields", [29, 30])
async def test_a_row_of_an_earlier_version_is_a_login(
    server: Valkey, store: RedisStore, fields: int
) -> None:
    await add(store, a_session("grant", audience=API, created_at=1))
    await add(store, a_session("older"))
    older = json.dumps(fields_of(server, "older")[:fields])
    server.ask("SET", "doorward:session:older", older)
    assert await store.sessions("alice", NOW, grants=False) == [a_session("older")]
    reader = frozenset({"reader"})
    await store.change(subject="alice", decision=Decision(roles=reader), at=NOW)
    old = await row(store, "older")
    assert (old.roles, old.audience) == (reader, "")
    assert await store.replace(old, replace(old, seen_at=NOW))
    await store.insert(a_session("new"), ANY_MARK, NOW, Most(1))
    assert await live(store) == {"grant", "new"}
