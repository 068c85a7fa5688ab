"""The sweeper: one node at a time deletes what is long over."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from doorward import Auth, Settings, open_store
from doorward.errors import StoreUnavailable
from doorward.keys import RootKeys
from doorward.settings import DAY, HOUR
from doorward.testing import FakeClock
from doorward.web.sweeper import in_turn, sweep

pytestmark = pytest.mark.anyio


class Node:
    """Counts its turns."""

    def __init__(self, url: str) -> None:
        self.store = open_store(url)
        self.clock = FakeClock()
        self.turns = 0
        self.goes_on = asyncio.Event()
        self.goes_on.set()

    async def work(self) -> None:
        self.turns += 1
        await self.goes_on.wait()

    def begin(self, work: Callable[[], Coroutine[Any, Any, None]] | None = None) -> Any:
        return asyncio.create_task(in_turn("sweep", self.store, self.clock, work or self.work))


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/app.db"


async def end(*tasks: Any) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def settled(node: Node) -> None:
    """What the tasks asked of the store before is answered: writes go in their order."""
    for _ in range(3):
        await node.store.put("kind", b"digest", "", 0)


async def test_of_all_nodes_one_works_and_the_others_rest(url: str) -> None:
    nodes = [Node(url) for _ in range(3)]
    tasks = [node.begin() for node in nodes]
    for node in nodes:
        await settled(node)
    assert sorted(node.turns for node in nodes) == [0, 0, 1]
    await end(*tasks)
    for node in nodes:
        await node.store.close()


async def test_the_next_hour_is_somebody_elses_also_after_one_who_died(url: str) -> None:
    """One who died gives nothing back: its turn simply ends."""
    one, two = Node(url), Node(url)
    assert await one.store.hit("turn:sweep", HOUR, 1, one.clock()) == 0
    task = two.begin()
    await settled(two)
    await end(task)
    assert two.turns == 0
    two.clock.advance(HOUR)
    task = two.begin()
    await settled(two)
    assert two.turns == 1
    await end(task)
    await one.store.close()
    await two.store.close()


async def test_who_is_stopped_half_way_gives_its_turn_back(url: str) -> None:
    one, two = Node(url), Node(url)
    one.goes_on.clear()
    task = one.begin()
    await settled(one)
    assert one.turns == 1
    await end(task)
    task = two.begin()
    await settled(two)
    assert two.turns == 1
    await end(task)
    await one.store.close()
    await two.store.close()


@pytest.mark.parametrize("minutes", [-7, 7])
async def test_clocks_that_differ_by_minutes_never_leave_the_work_undone(
    url: str, minutes: int
) -> None:
    one, two = Node(url), Node(url)
    two.clock.advance(7 * 60 + minutes * 60)
    one.clock.advance(7 * 60)
    for _ in range(5):
        tasks = [one.begin(), two.begin()]
        await settled(one)
        await settled(two)
        await end(*tasks)
        for node in (one, two):
            node.clock.advance(HOUR)
    assert one.turns + two.turns >= 5
    await one.store.close()
    await two.store.close()


async def test_a_node_far_ahead_does_not_take_the_turns_of_a_year(url: str) -> None:
    one, two = Node(url), Node(url)
    one.clock.advance(365 * DAY)
    tasks = [one.begin()]
    await settled(one)
    for turns in (0, 1):  # it waits for an hour of its own
        tasks.append(two.begin())
        await settled(two)
        assert (one.turns, two.turns) == (1, turns)
        two.clock.advance(HOUR)
    await end(*tasks)
    await one.store.close()
    await two.store.close()


async def test_a_store_that_is_away_is_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    node, failed = Node("memory:"), asyncio.Event()

    async def fail() -> None:
        failed.set()
        raise StoreUnavailable("gone fishing")

    task = node.begin(fail)
    await failed.wait()
    await settled(node)
    assert not task.done()
    assert [record.getMessage() for record in caplog.records] == [
        "sweep is tried again in an hour: gone fishing"
    ]
    await end(task)


async def test_a_long_sweep_tells_how_far_it_came_and_a_short_one_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO", "doorward.sweeper")
    clock = FakeClock()
    auth = Auth(open_store("memory:"), Settings(), RootKeys((bytes(32),), "a test"), clock=clock)
    await (await auth.attempt()).login("ann")
    clock.advance(100 * DAY)
    await sweep(auth)
    assert not caplog.records
    for _ in range(250):
        await (await auth.attempt()).login("ann")
    clock.advance(100 * DAY)
    await sweep(auth, pause=0, tell_every=0)
    lines = [record.getMessage() for record in caplog.records]
    assert [line.split()[0] for line in lines] == ["100", "200", "250", "250"]
    assert [line.endswith("going on") for line in lines] == [True, True, True, False]
