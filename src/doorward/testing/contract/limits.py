"""hit and forgive: counters."""

from asyncio import gather

from ...stores import Backend
from .rows import NOW


class LimitsContract:
    """As many as allowed in a window, and when to come back."""

    async def test_hits_are_counted_until_the_window_ends(self, store: Backend) -> None:
        assert [await store.hit("k", 60, 2, NOW + n) for n in (0, 10, 20, 59)] == [0, 0, 40, 1]
        assert [await store.hit("k", 60, 2, NOW + n) for n in (60, 61, 62)] == [0, 0, 58]

    async def test_keys_are_counted_apart(self, store: Backend) -> None:
        assert await store.hit("a", 60, 1, NOW) == 0
        assert await store.hit("b", 60, 1, NOW) == 0
        assert await store.hit("a", 60, 1, NOW) == 60

    async def test_what_is_refused_is_not_counted(self, store: Backend) -> None:
        assert await store.hit("k", 60, 1, NOW) == 0
        for _ in range(5):
            assert await store.hit("k", 60, 1, NOW) == 60
        assert await store.hit("k", 60, 2, NOW) == 0

    async def test_none_allowed_is_none_allowed(self, store: Backend) -> None:
        assert await store.hit("k", 60, 0, NOW) == 60

    async def test_what_turned_out_well_is_taken_back(self, store: Backend) -> None:
        assert [await store.hit("k", 60, 2, NOW) for _ in range(2)] == [0, 0]
        await store.forgive("k")
        assert [await store.hit("k", 60, 2, NOW) for _ in range(2)] == [0, 60]

    async def test_there_is_no_credit(self, store: Backend) -> None:
        await store.forgive("k")
        await store.hit("k", 60, 1, NOW)
        for _ in range(3):
            await store.forgive("k")
        assert [await store.hit("k", 60, 1, NOW) for _ in range(2)] == [0, 60]

    async def test_a_clock_set_back_locks_nobody_out(self, store: Backend) -> None:
        assert await store.hit("k", 60, 1, NOW) == 0
        assert await store.hit("k", 60, 1, NOW - 3600) == 0
        assert await store.hit("k", 60, 1, NOW - 3600) == 60

    async def test_hits_at_once_never_pass_the_limit(self, store: Backend) -> None:
        answers = await gather(*(store.hit("k", 60, 5, NOW) for _ in range(20)))
        assert sorted(answers) == [0] * 5 + [60] * 15
