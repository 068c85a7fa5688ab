"""keys, put_key and put_first_keys."""

from asyncio import gather
from dataclasses import replace

from ...stores import Backend
from ...types import Change, SigningKey
from .rows import NOW


def a_key(kid: str, created_at: int) -> SigningKey:
    return SigningKey(
        kid=kid,
        algorithm="EdDSA",
        public_jwk='{"kty":"OKP"}',
        sealed_private=b"\x00sealed",
        created_at=created_at,
    )


class KeysContract:
    """Keys stay, in the order they were made, and each put is announced."""

    async def test_keys_come_oldest_first(self, store: Backend) -> None:
        assert list(await store.keys()) == []
        young, old = a_key("young", NOW), a_key("old", NOW - 10)
        for key in (young, old):
            await store.put_key(key)
        assert list(await store.keys()) == [old, young]

    async def test_a_put_overwrites_by_kid(self, store: Backend) -> None:
        first, second = a_key("first", NOW), a_key("second", NOW)
        for key in (first, second):
            await store.put_key(key)
        published = SigningKey(
            kid="first",
            algorithm="ES256",
            public_jwk="{}",
            sealed_private=None,
            created_at=NOW,
            signs_from=NOW + 1,
            withdrawn_at=NOW + 2,
        )
        await store.put_key(published)
        assert list(await store.keys()) == [published, second]

    async def test_each_put_is_a_change(self, store: Backend) -> None:
        start = await store.changes(None)
        key = a_key("k", NOW)
        await store.put_key(key)
        await store.put_key(replace(key, signs_from=NOW))
        await store.put_key(replace(key, withdrawn_at=NOW))
        news = await store.changes(start.cursor)
        assert list(news.entries) == [
            Change("key", "k"),
            Change("key", "k"),
            Change("key", "k", revoked=True),
        ]

    async def test_a_withdrawn_key_is_not_brought_back_by_a_put(self, store: Backend) -> None:
        key = a_key("k", NOW)
        gone = replace(key, sealed_private=None, withdrawn_at=NOW)
        await store.put_key(gone)
        start = await store.changes(None)
        await store.put_key(replace(key, signs_from=NOW))
        assert list(await store.keys()) == [gone]
        assert list((await store.changes(start.cursor)).entries) == []

    async def test_the_first_keys_are_put_together_and_each_is_a_change(
        self, store: Backend
    ) -> None:
        start = await store.changes(None)
        first = [a_key("signs", NOW), a_key("next", NOW)]
        assert await store.put_first_keys(first)
        assert list(await store.keys()) == first
        news = await store.changes(start.cursor)
        assert {change.id: change for change in news.entries} == {
            key.kid: Change("key", key.kid) for key in first
        }

    async def test_where_there_is_a_key_no_first_keys_are_put(self, store: Backend) -> None:
        gone = replace(a_key("gone", NOW), withdrawn_at=NOW)
        await store.put_key(gone)
        start = await store.changes(None)
        assert not await store.put_first_keys([a_key("signs", NOW), a_key("next", NOW)])
        assert list(await store.keys()) == [gone]
        assert list((await store.changes(start.cursor)).entries) == []

    async def test_of_many_who_put_the_first_keys_at_once_one_does(self, store: Backend) -> None:
        sets = [[a_key(f"{name} signs", NOW), a_key(f"{name} next", NOW)] for name in "abcdef"]
        won = await gather(*map(store.put_first_keys, sets))
        assert sum(won) == 1
        assert list(await store.keys()) == sets[won.index(True)]

    async def test_keys_outlive_every_purge_but_their_changes_do_not(self, store: Backend) -> None:
        start = await store.changes(None)
        await store.put_key(a_key("k", NOW - 100))
        await store.put_key(replace(a_key("k", NOW - 100), withdrawn_at=NOW))
        await store.purge(NOW)
        assert [key.kid for key in await store.keys()] == ["k"]
        news = await store.changes(start.cursor)
        assert (list(news.entries), news.known) == ([Change("key", "k", revoked=True)], False)
