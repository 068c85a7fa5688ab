"""hit and forgive: counters."""

from asyncio import gather

import pytest

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
        await store.forgive("k", 60, NOW)
        assert [await store.hit("k", 60, 2, NOW) for _ in range(2)] == [0, 60]

    async def test_of_a_count_that_was_taken_back_wholly_nothing_is_left(
        self, store: Backend
    ) -> None:
        await store.hit("k", 60, 1, NOW)
        await store.forgive("k", 60, NOW)
        assert [await store.hit("k", 60, 1, NOW + n) for n in (59, 60)] == [0, 59]

    async def test_there_is_no_credit(self, store: Backend) -> None:
        await store.forgive("k", 60, NOW)
        await store.hit("k", 60, 1, NOW)
        for _ in range(3):
            await store.forgive("k", 60, NOW)
        assert [await store.hit("k", 60, 1, NOW) for _ in range(2)] == [0, 60]

    @pytest.mark.parametrize("counted", [0, 1, 59])
    async def test_nothing_is_taken_back_from_a_later_window(
        self, store: Backend, counted: int
    ) -> None:
        await store.hit("k", 60, 2, NOW)
        await store.hit("k", 60, 2, NOW + counted)
        await store.hit("k", 60, 2, NOW + 60)
        await store.forgive("k", 60, NOW + counted)
        assert [await store.hit("k", 60, 2, NOW + 60) for _ in range(2)] == [0, 60]

    async def test_it_is_taken_back_from_a_window_that_was_cut_meanwhile(
        self, store: Backend
    ) -> None:
        await store.hit("k", 60, 2, NOW + 90)
        await store.hit("k", 60, 2, NOW)
        await store.forgive("k", 60, NOW + 90)
        assert [await store.hit("k", 60, 2, NOW) for _ in range(2)] == [0, 60]

    async def test_a_clock_set_back_locks_nobody_out_for_longer_than_a_window(
        self, store: Backend
    ) -> None:
        assert await store.hit("k", 60, 1, NOW) == 0
        back = NOW - 3600
        answers = [await store.hit("k", 60, 1, back + n) for n in (0, 20, 59, 60, 61)]
        assert answers == [60, 40, 1, 0, 59]

    @pytest.mark.parametrize("window", [900, 86400])
    async def test_a_window_of_a_clock_ahead_keeps_its_hits(
        self, store: Backend, window: int
    ) -> None:
        assert [await store.hit("k", window, 10, NOW + 90) for _ in range(7)] == [0] * 7
        assert [await store.hit("k", window, 10, NOW) for _ in range(4)] == [0] * 3 + [window]
        assert await store.hit("k", window, 10, NOW + window - 1) == 1
        assert await store.hit("k", window, 10, NOW + window) == 0

    async def test_a_clock_that_steps_back_again_and_again_forgets_no_hit(
        self, store: Backend
    ) -> None:
        answers = [await store.hit("k", 60, 10, NOW - 3 * n) for n in range(50)]
        assert answers == [0] * 10 + [60] * 40

    async def test_hits_at_once_never_pass_the_limit(self, store: Backend) -> None:
        answers = await gather(*(store.hit("k", 60, 5, NOW) for _ in range(20)))
        assert sorted(answers) == [0] * 5 + [60] * 15
