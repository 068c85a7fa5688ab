"""A view that several threads share, each with an event loop of its own."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from threading import Barrier, Thread
from time import monotonic

import pytest

from doorward import Auth, Reason, Rejected
from doorward.stores import Changes
from doorward.types import Change
from doorward.view import View
from tests.core.scene import House, log_in
from tests.core.test_view import RETAIN, principal

SECONDS = 0.25
"""Long enough for each fault of a view without a lock to show nearly every time."""

THREADS = 4


@pytest.fixture(autouse=True)
def switching() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def together(*works: Callable[[int], None]) -> None:
    """Call each with 0, 1, 2 and so on, in a thread of its own, all at once.  Raises what any of
    them raised."""
    failed: list[BaseException] = []
    begin, until = Barrier(len(works)), monotonic() + SECONDS

    def run(work: Callable[[int], None]) -> None:
        begin.wait()
        turn = 0
        try:
            while monotonic() < until and not failed:
                work(turn)
                turn += 1
        except BaseException as error:  # noqa: BLE001 - the thread that waits raises it
            failed.append(error)

    threads = [Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]


def test_credentials_come_and_go_in_many_threads() -> None:
    seen = View(8, RETAIN)

    def remember(turn: int) -> None:
        seen.remember(f"c{turn % 16}", principal(f"s{turn % 4}"), 1, until=50)

    def learn(turn: int) -> None:
        entries = [Change("session", f"s{turn % 4}", 1)]
        seen.learn(Changes(entries, (turn,), turn % 7 > 0), 1)

    together(remember, remember, learn, learn)


def test_what_is_known_to_be_revoked_is_so_at_every_moment_it_is_told_again() -> None:
    seen = View(8, RETAIN)
    again = Changes([Change("session", "s", 2, True)], (1,), True)
    seen.learn(again, 1)

    def learn(turn: int) -> None:
        seen.learn(again, 1)

    def ask(turn: int) -> None:
        assert seen.ended("s")
        assert seen.outdates("s", 9)
        assert seen.revoked() == ["s"]

    together(learn, ask, ask)


def test_a_cursor_is_moved_when_all_before_it_was_taken_in() -> None:
    seen = View(8, RETAIN)
    places: list[object] = []

    class Entries(list[Change]):
        def __iter__(self) -> Iterator[Change]:
            for change in list.__iter__(self):
                yield change
                places.append(seen.cursor)

    seen.learn(Changes(Entries([Change("session", "s", 2, True)]), (7,), True), 1)
    assert set(places) == {None}  # whoever asks meanwhile is told the same once more
    assert seen.cursor == (7,)


def test_what_was_judged_by_a_key_that_was_withdrawn_meanwhile_is_not_remembered() -> None:
    seen = View(8, RETAIN)
    seen.learn(Changes([], (1,), True), 1)
    told = seen.cursor
    seen.learn(Changes([Change("key", "kid", revoked=True)], (2,), True), 1)
    seen.remember("c", principal(), 1, 50, told)
    assert seen.recall("c", 0) is None
    seen.remember("c", principal(), 1, 50, seen.cursor)
    assert seen.recall("c", 0) is not None


@pytest.mark.anyio
async def test_one_auth_serves_many_event_loops(house: House) -> None:
    auth = house.auth(remember=8)
    works = [in_a_loop(auth, f"s{n}") for n in range(THREADS)]
    await asyncio.to_thread(together, *works)


def in_a_loop(auth: Auth, subject: str) -> Callable[[int], None]:
    async def live() -> None:
        first, second = await log_in(auth, subject), await log_in(auth, subject)
        for issued in (first, second):
            assert (await auth.authenticate(issued.credential)).subject == subject
        await auth.revoke(sid=first.session.sid)
        with pytest.raises(Rejected) as refused:
            await auth.authenticate(first.credential)
        assert refused.value.reason is Reason.REVOKED
        assert (await auth.authenticate(second.credential)).subject == subject
        await auth.revoke(subject=subject)

    def work(turn: int) -> None:
        asyncio.run(live())

    return work
