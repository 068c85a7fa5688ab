"""A store across a network: asked when what is known of it may be too old, and not before."""

from typing import Any

import pytest

from doorward import Auth, Issued, Reason, StoreUnavailable, open_store
from doorward.change_feed import boot_ticks
from doorward.stores import Backend
from tests.core.between import Between, Faulty
from tests.core.scene import House, Told, log_in, refresh_token, refused

pytestmark = pytest.mark.anyio


class FakeTicks:
    """A machine's own count of seconds, moved by hand."""

    def __init__(self) -> None:
        self.now = 5000.0

    def __call__(self) -> float:
        return self.now


class Far:
    """One process whose store lies across a network, and another that decides elsewhere."""

    def __init__(self, house: House, twin: Backend, **settings: Any) -> None:
        self.ticks = FakeTicks()
        self.wire = Between(house.store, remote=True)
        self.here = house.auth(store=self.wire.backend, ticks=self.ticks, **settings)
        self.elsewhere = house.auth(store=twin)

    async def known_login(self) -> Issued:
        """A login that this process checked before, all it knows being fresh."""
        issued = await log_in(self.here, roles=["reader"])
        await self.here.catch_up()
        await self.here.authenticate(issued.credential)
        self.wire.calls.clear()
        return issued


@pytest.fixture
def far(house: House, twin: Backend) -> Far:
    return Far(house, twin)


async def test_while_the_view_is_fresh_a_check_asks_nothing(far: Far) -> None:
    issued = await far.known_login()
    for _ in range(10):
        far.ticks.now += 0.0999
        assert (await far.here.authenticate(issued.credential)).roles == {"reader"}
    assert far.wire.calls == []


async def test_a_view_that_is_fresh_enough_is_at_hand(far: Far) -> None:
    issued = await far.known_login()
    far.ticks.now += 0.5
    assert far.here.authenticate_cached(issued.credential) is not None
    assert far.here.authenticate_cached(issued.credential, 0) is None
    far.ticks.now += 0.5
    assert far.here.authenticate_cached(issued.credential) is None
    assert far.wire.calls == []


async def test_a_view_as_old_as_it_may_be_is_brought_up_to_date_by_the_check(far: Far) -> None:
    issued = await far.known_login()
    far.ticks.now += 1
    await far.here.authenticate(issued.credential)
    assert far.wire.calls == ["changes"]
    await far.here.authenticate(issued.credential)
    assert far.wire.calls == ["changes"]


async def test_an_access_token_never_seen_before_is_checked_without_the_store(
    token_house: House, twin: Backend
) -> None:
    far = Far(token_house, twin)
    await far.known_login()
    unseen = await log_in(far.elsewhere, "bob")
    assert (await far.here.authenticate(unseen.credential)).subject == "bob"
    assert far.wire.calls == []


async def test_a_session_token_never_seen_before_costs_one_row_and_then_nothing(
    session_house: House, twin: Backend
) -> None:
    far = Far(session_house, twin)
    await far.known_login()
    unseen = await log_in(far.elsewhere, "bob")
    for _ in range(3):
        assert (await far.here.authenticate(unseen.credential)).subject == "bob"
    assert far.wire.calls == ["get"]


async def test_what_is_decided_elsewhere_binds_here_no_later_than_max_staleness(far: Far) -> None:
    issued = await far.known_login()
    await far.elsewhere.revoke(sid=issued.session.sid)
    far.ticks.now += 0.99
    assert (await far.here.authenticate(issued.credential)).subject == "ann"
    far.ticks.now += 0.01
    assert await refused(far.here.authenticate(issued.credential)) is Reason.REVOKED


async def test_what_a_follower_learned_binds_at_once(far: Far) -> None:
    issued = await far.known_login()
    await far.elsewhere.change("ann", roles=["admin"])
    await far.here.catch_up()
    assert (await far.here.authenticate(issued.credential)).roles == {"admin"}


async def test_an_answer_is_as_old_as_its_question(far: Far) -> None:
    issued = await far.known_login()

    async def slowly(method: str) -> None:
        if method == "changes":
            far.wire.after = nothing_more
            far.ticks.now += 0.1
            await far.elsewhere.revoke(sid=issued.session.sid)
            far.ticks.now += 0.8

    async def nothing_more(method: str) -> None:
        pass

    far.wire.after = slowly
    await far.here.catch_up()
    far.ticks.now += 0.2
    assert await refused(far.here.authenticate(issued.credential)) is Reason.REVOKED


async def test_what_this_process_decides_it_knows_at_once(far: Far) -> None:
    issued = await far.known_login()
    await far.here.change("ann", roles=["admin"])
    assert (await far.here.authenticate(issued.credential)).roles == {"admin"}
    await far.here.revoke(sid=issued.session.sid)
    assert await refused(far.here.authenticate(issued.credential)) is Reason.REVOKED


async def test_an_answer_from_before_its_own_decision_makes_nothing_fresh(far: Far) -> None:
    issued = await far.known_login()

    async def decide(method: str) -> None:
        if method == "changes":
            far.wire.after = nothing_more
            far.ticks.now += 0.1
            await far.here.revoke(sid=issued.session.sid)

    async def nothing_more(method: str) -> None:
        pass

    far.wire.after = decide
    await far.here.catch_up()
    assert await refused(far.here.authenticate(issued.credential)) is Reason.REVOKED


async def test_a_logout_here_is_known_here_at_once(far: Far) -> None:
    issued = await far.known_login()
    await far.here.logout(issued.refresh_token or issued.credential)
    assert await refused(far.here.authenticate(issued.credential)) is Reason.REVOKED


async def test_the_oldest_session_ended_for_a_new_one_is_known_at_once(
    house: House, twin: Backend
) -> None:
    far = Far(house, twin, max_sessions=1)
    issued = await far.known_login()
    await log_in(far.here)
    assert await refused(far.here.authenticate(issued.credential)) is Reason.REVOKED


async def test_a_step_up_here_ends_the_old_secret_here(session_house: House, twin: Backend) -> None:
    far = Far(session_house, twin)
    old = await far.known_login()
    await far.here.elevate(await far.here.authenticate(old.credential))
    session_house.clock.advance(60)
    assert await refused(far.here.authenticate(old.credential)) is Reason.SUPERSEDED


async def test_a_theft_noticed_here_ends_the_access_token_here(
    token_house: House, twin: Backend
) -> None:
    far = Far(token_house, twin)
    stolen = await far.known_login()
    thiefs = await far.here.refresh(refresh_token(stolen))
    newest = await far.here.refresh(refresh_token(thiefs))
    await far.here.authenticate(newest.credential)
    assert await refused(far.here.refresh(refresh_token(stolen))) is Reason.REUSED
    assert await refused(far.here.authenticate(newest.credential)) is Reason.REVOKED


async def test_a_decision_whose_answer_was_lost_is_known_at_once(far: Far, house: House) -> None:
    issued = await far.known_login()

    async def lose(method: str) -> None:
        if method == "change":
            raise StoreUnavailable("no answer")

    far.wire.after = lose
    with pytest.raises(StoreUnavailable):
        await far.here.revoke(sid=issued.session.sid)
    assert await refused(far.here.authenticate(issued.credential)) is Reason.REVOKED


async def test_a_key_withdrawn_elsewhere_is_dead_here_within_the_bound(
    token_house: House, twin: Backend
) -> None:
    far = Far(token_house, twin)
    known = await far.known_login()
    unseen = await log_in(far.elsewhere, "bob")
    (kid, *_) = [key.kid for key in await far.elsewhere.signing.keys() if key.signs_from]
    await far.elsewhere.withdraw_key(kid)
    far.ticks.now += 1
    for issued in (known, unseen):
        assert await refused(far.here.authenticate(issued.credential)) is Reason.WITHDRAWN
    renewed = await far.here.refresh(refresh_token(known))
    assert (await far.here.authenticate(renewed.credential)).subject == "ann"


async def test_a_key_withdrawn_here_is_dead_here_at_once(token_house: House, twin: Backend) -> None:
    far = Far(token_house, twin)
    issued = await far.known_login()
    (kid, *_) = [key.kid for key in await far.here.signing.keys() if key.signs_from]
    await far.here.withdraw_key(kid)
    assert await refused(far.here.authenticate(issued.credential)) is Reason.WITHDRAWN


async def test_one_check_may_ask_for_less_staleness_than_the_rest(far: Far) -> None:
    issued = await far.known_login()
    await far.elsewhere.change("ann", roles=[])
    assert (await far.here.authenticate(issued.credential)).roles == {"reader"}
    assert (await far.here.authenticate(issued.credential, max_staleness=9)).roles == {"reader"}
    assert (await far.here.authenticate(issued.credential, max_staleness=0)).roles == frozenset()


async def test_with_no_staleness_allowed_every_check_asks(house: House, twin: Backend) -> None:
    far = Far(house, twin, max_staleness=0)
    issued = await far.known_login()
    for _ in range(3):
        await far.here.authenticate(issued.credential)
    assert far.wire.calls == ["changes"] * 3
    assert far.here.view_age == 0
    assert far.here.asks_always


async def test_a_store_on_this_machine_is_asked_on_every_check(house: House) -> None:
    auth = house.auth()
    assert auth.asks_always
    await auth.catch_up()
    assert auth.view_age == 0


async def test_the_age_of_a_view_is_told(far: Far) -> None:
    assert not far.here.asks_always
    assert far.here.view_age == float("inf")
    await far.here.catch_up()
    far.ticks.now += 2.5
    assert far.here.view_age == 2.5


async def test_with_the_store_gone_a_fresh_view_answers_and_a_stale_one_does_not(
    house: House, twin: Backend
) -> None:
    ticks, wire = FakeTicks(), Faulty(house.store)
    wire.local = False
    here = house.auth(store=wire.backend, ticks=ticks)
    issued = await log_in(here)
    await here.catch_up()
    await here.authenticate(issued.credential)
    told = Told(house.told)

    async def gone(method: str) -> None:
        raise StoreUnavailable("gone")

    wire.before = gone
    ticks.now += 0.9
    assert (await here.authenticate(issued.credential)).subject == "ann"
    ticks.now += 0.2
    await _unavailable(here, issued)
    assert house.told == told  # no refusal was told of
    wire.arm(0)
    wire.before = wire._before
    assert (await here.authenticate(issued.credential)).subject == "ann"


async def _unavailable(auth: Auth, issued: Issued) -> None:
    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            await auth.authenticate(issued.credential)


async def test_what_is_known_to_be_revoked_stays_so_before_the_store_is_asked_again(
    far: Far,
) -> None:
    issued = await far.known_login()
    restored = open_store("memory:")
    await restored.insert(issued.session, await restored.mark(), issued.session.created_at)
    for key in await far.here.signing.keys():
        await restored.put_key(key)
    await far.elsewhere.revoke(sid=issued.session.sid)
    await far.here.catch_up()
    far.wire.store = restored
    assert await refused(far.here.authenticate(issued.credential)) is Reason.REVOKED
    row = await restored.get(issued.session.sid)
    assert row is not None
    assert row.revoked_at is None


async def test_what_is_known_to_be_revoked_is_revoked_again_in_a_store_that_went_back(
    far: Far,
) -> None:
    issued, other = await far.known_login(), await log_in(far.elsewhere, "bob")
    restored = open_store("memory:")
    for row in (issued.session, other.session):
        await restored.insert(row, await restored.mark(), row.created_at)
    for key in await far.here.signing.keys():
        await restored.put_key(key)
    await far.elsewhere.revoke(sid=issued.session.sid)
    await far.here.catch_up()
    far.wire.store = restored
    far.ticks.now += 1
    assert await refused(far.here.authenticate(issued.credential)) is Reason.REVOKED
    row_again = await restored.get(issued.session.sid)
    assert row_again is not None
    assert row_again.revoked_at is not None
    assert (await far.here.authenticate(other.credential)).subject == "bob"


def test_the_machines_own_count_of_seconds_only_grows() -> None:
    first = boot_ticks()
    assert boot_ticks() >= first > 0
