"""Ending the sessions of everybody: all that began before, whatever happens in the middle."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from anyio.lowlevel import checkpoint

from doorward import Auth, Rejected, Settings
from doorward.errors import Reason, StoreUnavailable
from doorward.events import Record, ignore
from doorward.keys import RootKeys
from doorward.server.accounts import everyone
from doorward.server.accounts.everyone import Ended, end_everyone
from doorward.settings import DAY
from doorward.stores import open_store
from doorward.testing import FakeClock
from doorward.types import Event, Mode
from tests.server.databases import FILE, MEMORY, POSTGRES, VALKEY, new_url

pytestmark = pytest.mark.anyio

TOUCH = 60
ROOT = RootKeys((bytes(32),), "test")


@pytest.fixture(params=[MEMORY, FILE, POSTGRES, VALKEY])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty store of each engine."""
    if request.param == "valkey":
        found: str = request.getfixturevalue("valkey").url
        return found
    return new_url(request.param, request, tmp_path)


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(everyone, "STEP", 2)


@asynccontextmanager
async def opened(
    url: str, clock: FakeClock, mode: Mode = "session", hear: Record = ignore
) -> AsyncIterator[Auth]:
    """One process; what it must know of others, it asks on every check."""
    settings = Settings(mode=mode, touch_every=TOUCH, max_staleness=0)
    auth = Auth(open_store(url), settings, ROOT, clock=clock, record=hear)
    try:
        yield auth
    finally:
        await auth.store.close()


async def log_in(auth: Auth, subject: str) -> str:
    return (await (await auth.attempt()).login(subject)).credential


async def is_in(auth: Auth, credential: str) -> bool:
    try:
        await auth.authenticate(credential)
    except Rejected:
        return False
    return True


@pytest.mark.parametrize("mode", ["session", "token"])
async def test_everybody_is_out_at_once_in_this_process_and_another_but_who_is_kept(
    url: str, mode: Mode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(everyone, "AT_ONCE", 1)
    clock = FakeClock()
    async with opened(url, clock, mode) as here, opened(url, clock, mode) as there:
        if url == "memory:":
            there = here  # nobody else can reach it
        people = [f"u_{n % 4}" for n in range(9)]
        credentials = [await log_in(here, who) for who in people]
        mine, other = await log_in(there, "u_root"), await log_in(there, "u_root")
        assert all([await is_in(there, each) for each in (*credentials, mine, other)])
        keep = await there.authenticate(mine)
        assert await end_everyone(here, keep=keep) == Ended(10, 5)
        for auth in (here, there):
            assert not any([await is_in(auth, each) for each in (*credentials, other)])
            assert await is_in(auth, mine)
        assert await end_everyone(here, keep=keep) == Ended(0, 0)
        assert await end_everyone(here) == Ended(1, 1)
        assert not await is_in(there, mine)


async def test_who_is_active_meanwhile_is_out_and_who_logs_in_meanwhile_stays() -> None:
    clock = FakeClock()
    met: list[str] = []
    later: list[str] = []

    async def hear(event: Event) -> None:
        if event.kind == "revoked":
            met.append(event.subject)
            if len(met) == 1:
                clock.advance(2 * TOUCH)
                await auth.authenticate(busy)  # moves to the front of the list, behind the walk
                later.append(await log_in(auth, "u_new"))

    async with opened("memory:", clock, hear=hear) as auth:
        busy = await log_in(auth, "u_busy")
        for who in ("u_1", "u_2", "u_3"):
            clock.advance(1)
            await log_in(auth, who)
        assert await end_everyone(auth) == Ended(4, 4)
        assert not await is_in(auth, busy)
        assert await is_in(auth, later[0])
        assert sorted(met) == ["u_1", "u_2", "u_3", "u_busy"]


async def test_a_new_login_beside_a_session_that_waits_ends_with_it_and_that_is_told() -> None:
    clock = FakeClock()
    told: dict[str, tuple[str, ...]] = {}
    later: list[str] = []

    async def hear(event: Event) -> None:
        if event.kind == "revoked":
            told[event.subject] = event.sids
            if len(told) == 1:
                clock.advance(1)
                later.append(await log_in(auth, "u_old"))

    async with opened("memory:", clock, hear=hear) as auth:
        await log_in(auth, "u_old")
        clock.advance(1)
        await log_in(auth, "u_1")
        await log_in(auth, "u_2")
        assert await end_everyone(auth) == Ended(4, 3)
        assert not await is_in(auth, later[0])
        assert await auth.sid_of(later[0]) in told["u_old"]


async def test_a_login_under_way_of_somebody_who_was_logged_in_is_superseded(url: str) -> None:
    async with opened(url, FakeClock()) as auth:
        await log_in(auth, "u_1")
        under_way = await auth.attempt()
        await end_everyone(auth)
        with pytest.raises(Rejected) as refused:
            await under_way.login("u_1")
        assert refused.value.reason is Reason.SUPERSEDED
        assert await is_in(auth, await log_in(auth, "u_1"))


async def test_what_a_crash_in_the_middle_left_the_same_act_ends() -> None:
    clock = FakeClock()
    told: list[str] = []

    async def hear(event: Event) -> None:
        if event.kind == "revoked":
            told.append(event.subject)
            if len(told) == 3:
                raise StoreUnavailable("the audit log is away")

    async with opened("memory:", clock, hear=hear) as auth:
        credentials = []
        for n in range(8):
            clock.advance(1)
            credentials.append(await log_in(auth, f"u_{n}"))
        with pytest.raises(StoreUnavailable):
            await end_everyone(auth)
        # the newest two went, and the two that were under way when it failed
        assert [await is_in(auth, each) for each in credentials] == [True] * 4 + [False] * 4
        assert await end_everyone(auth) == Ended(4, 4)
        assert not any([await is_in(auth, each) for each in credentials])
        assert len(told) == 8


async def test_a_session_of_a_clock_that_is_ahead_ends_too() -> None:
    clock = FakeClock()
    async with opened("memory:", clock) as auth:
        clock.advance(5)
        ahead = await log_in(auth, "u_1")
        clock.advance(-5)
        assert await end_everyone(auth) == Ended(1, 1)
        assert not await is_in(auth, ahead)


@pytest.mark.parametrize("mode", ["session", "token"])
async def test_a_clock_that_is_ahead_ends_sessions_that_it_takes_for_expired(
    url: str, mode: Mode
) -> None:
    clock = FakeClock()
    ahead = FakeClock(clock() + 60 * DAY)
    async with opened(url, clock, mode) as here, opened(url, ahead, mode) as there:
        if url == "memory:":
            there = Auth(here.store, here.settings, ROOT, clock=ahead)
        credentials = [await log_in(here, f"u_{n % 4}") for n in range(7)]
        assert all([await is_in(here, each) for each in credentials])
        assert await there.sessions() == []
        assert await end_everyone(there) == Ended(7, 4)
        assert not any([await is_in(here, each) for each in credentials])
        assert await end_everyone(there) == Ended(0, 0)


async def test_people_are_decided_about_side_by_side_but_not_all_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(everyone, "STEP", 256)
    under_way = most = 0

    async def hear(event: Event) -> None:
        nonlocal under_way, most
        if event.kind == "revoked":
            under_way += 1
            most = max(most, under_way)
            await checkpoint()
            under_way -= 1

    async with opened("memory:", FakeClock(), hear=hear) as auth:
        for n in range(100):
            await log_in(auth, f"u_{n}")
        assert await end_everyone(auth) == Ended(100, 100)
    assert most == everyone.AT_ONCE
