"""Clocks that jump, and clocks of two processes that differ."""

from dataclasses import replace

import pytest

from doorward import Reason, Rejected
from doorward.settings import CLOCK_DISAGREEMENT, CLOCK_SKEW, DAY, HOUR
from doorward.stores import Backend
from doorward.testing import FakeClock
from tests.core.scene import House, log_in, refresh_token, refused, row_of

pytestmark = pytest.mark.anyio


async def test_a_clock_that_jumped_ahead_ends_sessions_only_for_as_long_as_it_is_wrong(
    session_house: House,
) -> None:
    auth, clock = session_house.auth(), session_house.clock
    issued = await log_in(auth)
    clock.advance(365 * DAY)
    assert await refused(auth.authenticate(issued.credential)) is Reason.EXPIRED
    clock.advance(-365 * DAY)
    assert (await auth.authenticate(issued.credential)).subject == "ann"


async def test_a_clock_that_fell_back_takes_no_activity_back(session_house: House) -> None:
    auth, clock = session_house.auth(), session_house.clock
    issued = await log_in(auth)
    clock.advance(HOUR)
    await auth.authenticate(issued.credential)
    row = await row_of(auth, issued)
    clock.advance(-2 * HOUR)
    for each in (auth, session_house.auth()):
        assert (await each.authenticate(issued.credential)).subject == "ann"
    assert await row_of(auth, issued) == row


async def test_a_token_from_the_future_waits_and_a_refresh_helps_at_once(
    token_house: House,
) -> None:
    issued = await log_in(token_house.auth())
    token_house.clock.advance(-CLOCK_SKEW - 1)
    auth = token_house.auth()
    assert await refused(auth.authenticate(issued.credential)) is Reason.EXPIRED
    renewed = await auth.refresh(refresh_token(issued))
    assert (await auth.authenticate(renewed.credential)).subject == "ann"
    token_house.clock.advance(1)
    assert (await auth.authenticate(issued.credential)).subject == "ann"


@pytest.mark.parametrize("jump", [-30 * DAY, -HOUR, -1, 0])
async def test_a_clock_that_fell_back_makes_no_thief_of_a_second_tab(
    token_house: House, jump: int
) -> None:
    auth = token_house.auth()
    parent = await log_in(auth)
    child = await auth.refresh(refresh_token(parent))
    token_house.clock.advance(jump)
    assert (await auth.refresh(refresh_token(parent))).refresh_token is None
    assert (await auth.refresh(refresh_token(child))).refresh_token is not None
    assert "reused" not in token_house.told.kinds


@pytest.mark.parametrize("skew", [-60, 60])
async def test_two_processes_whose_clocks_differ_trust_each_others_tokens(
    token_house: House, twin: Backend, skew: int
) -> None:
    auth = token_house.auth()
    other = token_house.auth(store=twin, clock=FakeClock(token_house.clock() + skew))
    issued = await log_in(auth)
    assert (await other.authenticate(issued.credential)).subject == "ann"
    renewed = await other.refresh(refresh_token(issued))
    assert (await auth.authenticate(renewed.credential)).subject == "ann"
    assert (await auth.refresh(refresh_token(issued))).refresh_token is None
    assert (await auth.refresh(refresh_token(renewed))).refresh_token is not None


@pytest.mark.parametrize("ahead", [0, 365 * DAY])
async def test_a_token_that_lives_again_because_the_clock_fell_back_stays_revoked(
    token_house: House, ahead: int
) -> None:
    """The view forgets a revocation when no token from before can be good any more.  A clock that
    falls back breaks that reckoning."""
    auth, clock = token_house.auth(), token_house.clock
    issued = await log_in(auth)
    clock.advance(10)
    await auth.revoke(sid=issued.session.sid)
    assert await refused(auth.authenticate(issued.credential)) is Reason.REVOKED
    clock.advance(HOUR + ahead)
    noise = await log_in(auth, "bob")
    await auth.revoke(subject="bob")  # news, with which what is old goes
    assert await refused(auth.authenticate(noise.credential)) is Reason.REVOKED
    clock.advance(-HOUR - ahead)
    assert await refused(auth.authenticate(issued.credential)) is Reason.REVOKED


async def test_the_absolute_end_holds_however_a_clock_jumps_in_between(
    token_house: House,
) -> None:
    auth, clock = token_house.auth(), token_house.clock
    issued = await log_in(auth)
    end = issued.session.expires_at
    for jump in (DAY, -HOUR, 10 * DAY, -2 * DAY, 12 * DAY):
        clock.advance(jump)
        renewed = await auth.refresh(refresh_token(issued))
        issued = renewed if renewed.refresh_token else issued
        assert (await row_of(auth, issued)).expires_at == end
        assert renewed.credential_expires_at <= end
    clock.now = end
    assert await refused(auth.refresh(refresh_token(issued))) is Reason.EXPIRED


@pytest.mark.parametrize(
    ("store", "ahead"),
    [
        *(("memory", ahead) for ahead in (-600, 240, 600)),
        *(pytest.param("sqlite", ahead, marks=pytest.mark.engine) for ahead in (-240, 420)),
        *(pytest.param("memory", ahead, marks=pytest.mark.soak) for ahead in (-240, 420)),
        *(pytest.param("sqlite", ahead, marks=pytest.mark.soak) for ahead in (-600, 240, 600)),
    ],
    indirect=["store"],
)
async def test_clocks_that_differ_by_minutes_let_no_revoked_token_live_again(
    token_house: House, twin: Backend, ahead: int
) -> None:
    """A token from a clock that is ahead waits until it is no longer from the future, and by then
    its revocation must not have been forgotten."""
    truth = token_house.clock
    theirs = FakeClock(truth() + ahead)
    there = token_house.auth(store=twin, clock=theirs)
    here = token_house.auth()
    issued = await log_in(there)
    await log_in(here, "bob")
    assert await there.revoke(sid=issued.session.sid)
    for _ in range(100):
        for node in (here, there, token_house.auth()):
            why = await refused(node.authenticate(issued.credential))
            assert why in (Reason.REVOKED, Reason.EXPIRED)
        for clock in (truth, theirs):
            clock.advance(30)
        await here.revoke(subject="noise")  # news, with which what is old goes


@pytest.mark.parametrize("access_ttl", [300, DAY])
async def test_a_purge_by_a_clock_ahead_loses_no_revocation_that_a_slow_node_needs(
    token_house: House, twin: Backend, access_ttl: int
) -> None:
    slow = token_house.clock
    fast = FakeClock(slow() + CLOCK_DISAGREEMENT)
    there = token_house.auth(store=twin, clock=fast, access_ttl=access_ttl)
    issued = await log_in(there)
    # dated ten minutes before the token was issued
    assert await token_house.auth(access_ttl=access_ttl).revoke(subject="ann")
    for _ in range(50):
        await there.purge()
        started_anew = token_house.auth(access_ttl=access_ttl)
        why = await refused(started_anew.authenticate(issued.credential))
        assert why in (Reason.REVOKED, Reason.EXPIRED, Reason.UNKNOWN)
        for clock in (slow, fast):
            clock.advance(access_ttl // 20)


@pytest.mark.parametrize("idle_for", [40, 119])
@pytest.mark.parametrize("deed", ["lock", "password", "one", "roles"])
async def test_a_node_ahead_decides_about_who_is_idle_by_its_clock_alone(
    house: House, twin: Backend, deed: str, idle_for: int
) -> None:
    theirs = FakeClock(house.clock() + 90)
    here = house.auth(idle_ttl=120)
    there = house.auth(store=twin, clock=theirs, idle_ttl=120)
    issued = await log_in(here, roles={"admin"})
    for clock in (house.clock, theirs):
        clock.advance(idle_for)
    match deed:
        case "lock":
            await there.revoke(subject="ann")
        case "password":
            kept = await log_in(there)
            await there.revoke(subject="ann", keep=kept.session.sid)
        case "one":
            await there.revoke(sid=issued.session.sid)
        case _:
            await there.change("ann", roles={"reader"})
            assert (await here.authenticate(issued.credential)).roles == {"reader"}
            return
    for auth in (here, house.auth(idle_ttl=120)):
        assert await refused(auth.authenticate(issued.credential)) is Reason.REVOKED
        if issued.refresh_token is not None:
            assert await refused(auth.refresh(issued.refresh_token)) is Reason.REVOKED


@pytest.mark.parametrize("ahead", [-240, 240])
async def test_clocks_that_differ_by_minutes_cost_refreshes_and_log_nobody_out(
    house: House, twin: Backend, ahead: int
) -> None:
    theirs = FakeClock(house.clock() + ahead)
    nodes = (house.auth(), house.auth(store=twin, clock=theirs))
    issued = await log_in(nodes[0])
    for turn in range(200):
        node = nodes[turn % 3 == 0]
        try:
            await node.authenticate(issued.credential)
        except Rejected as error:
            if error.reason is not Reason.EXPIRED:
                raise
            renewed = await node.refresh(refresh_token(issued))
            issued = replace(renewed, refresh_token=renewed.refresh_token or issued.refresh_token)
        for clock in (house.clock, theirs):
            clock.advance(20)
    assert set(house.told.kinds) <= {"login", "refreshed", "refused"}
