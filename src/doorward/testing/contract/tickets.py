"""put, look and take: secrets that work once."""

from asyncio import gather

from ...stores import Backend
from .rows import NOW


class TicketsContract:
    """Exactly one use is the first."""

    async def test_a_ticket_is_first_used_once(self, store: Backend) -> None:
        await store.put("code", b"\x00digest", "payload \N{SNOWMAN}", NOW + 10)
        assert await store.take("code", b"\x00digest", NOW) == ("payload \N{SNOWMAN}", True)
        assert await store.take("code", b"\x00digest", NOW) == ("payload \N{SNOWMAN}", False)
        assert await store.take("code", b"\x00digest", NOW) == ("payload \N{SNOWMAN}", False)

    async def test_of_many_at_once_one_is_first(self, store: Backend) -> None:
        await store.put("code", b"digest", "payload", NOW + 10)
        taken = await gather(*(store.take("code", b"digest", NOW) for _ in range(20)))
        assert sorted(taken, key=str) == [("payload", False)] * 19 + [("payload", True)]

    async def test_what_is_unknown_or_expired_is_none(self, store: Backend) -> None:
        await store.put("code", b"digest", "payload", NOW + 10)
        assert await store.take("code", b"other", NOW) is None
        assert await store.take("reset", b"digest", NOW) is None
        assert await store.take("code", b"digest", NOW + 10) is None
        assert await store.take("code", b"digest", NOW + 9) == ("payload", True)
        assert await store.take("code", b"digest", NOW + 10) is None

    async def test_to_look_takes_nothing(self, store: Backend) -> None:
        await store.put("code", b"\x00digest", "payload \N{SNOWMAN}", NOW + 10)
        for _ in range(2):
            assert await store.look("code", b"\x00digest", NOW) == "payload \N{SNOWMAN}"
        assert await store.take("code", b"\x00digest", NOW) == ("payload \N{SNOWMAN}", True)

    async def test_what_is_unknown_expired_or_used_shows_nothing(self, store: Backend) -> None:
        await store.put("code", b"digest", "payload", NOW + 10)
        assert await store.look("code", b"other", NOW) is None
        assert await store.look("reset", b"digest", NOW) is None
        assert await store.look("code", b"digest", NOW + 10) is None
        assert await store.look("code", b"digest", NOW + 9) == "payload"
        await store.take("code", b"digest", NOW)
        assert await store.look("code", b"digest", NOW) is None
        await store.put("code", b"digest", "again", NOW + 10)
        assert await store.look("code", b"digest", NOW) == "again"

    async def test_a_ticket_put_again_is_new(self, store: Backend) -> None:
        await store.put("code", b"digest", "first", NOW + 10)
        await store.take("code", b"digest", NOW)
        await store.put("code", b"digest", "second", NOW + 20)
        assert await store.take("code", b"digest", NOW + 10) == ("second", True)
