"""keys and put_key."""

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

    async def test_keys_outlive_every_purge_but_their_changes_do_not(self, store: Backend) -> None:
        start = await store.changes(None)
        await store.put_key(a_key("k", NOW - 100))
        await store.put_key(replace(a_key("k", NOW - 100), withdrawn_at=NOW))
        await store.purge(NOW)
        assert [key.kid for key in await store.keys()] == ["k"]
        news = await store.changes(start.cursor)
        assert (list(news.entries), news.known) == ([Change("key", "k", revoked=True)], False)
