"""Stepping up: a new secret, and a minute in which the one before still opens the lifecycle."""

import pytest

from doorward import Device, Reason, Rejected
from doorward.rules import check_permission
from doorward.settings import ELEVATE_OVERLAP
from tests.core.between import Between, once
from tests.core.scene import House, log_in, refresh_token, refused, row_of

pytestmark = pytest.mark.anyio


async def test_a_step_up_mints_new_strings_for_the_same_session(house: House) -> None:
    auth = house.auth()
    old = await log_in(auth, roles=["editor"])
    house.clock.advance(100)
    new = await auth.elevate(await auth.authenticate(old.credential), amr=["otp"])
    assert new.session.sid == old.session.sid
    assert new.credential != old.credential
    assert new.session.secret_hash != old.session.secret_hash
    principal = await auth.authenticate(new.credential)
    assert principal.authenticated_at == house.clock()
    assert (principal.amr, principal.roles) == (("pwd", "otp"), frozenset({"editor"}))


async def test_a_step_up_does_not_lengthen_the_session(house: House) -> None:
    auth = house.auth()
    old = await log_in(auth)
    house.clock.advance(100)
    new = await auth.elevate(await auth.authenticate(old.credential))
    assert new.session.expires_at == old.session.expires_at


async def test_the_old_secret_opens_for_a_minute_as_of_its_own_earlier_time(
    session_house: House,
) -> None:
    auth, clock = session_house.auth(), session_house.clock
    old = await log_in(auth)
    begun = clock()
    clock.advance(100)
    await auth.elevate(await auth.authenticate(old.credential), amr=["otp"])
    for seconds in (0, 1, ELEVATE_OVERLAP - 2):
        clock.now = begun + 101 + seconds
        principal = await auth.authenticate(old.credential)
        assert principal.amr == ("pwd",)
        assert principal.authenticated_at == begun
        with pytest.raises(Rejected):
            check_permission(principal, clock(), role=None, scope=None, fresh=100)
    clock.now = begun + 100 + ELEVATE_OVERLAP
    assert await refused(auth.authenticate(old.credential)) is Reason.SUPERSEDED
    assert await refused(auth.authenticate(old.credential)) is Reason.SUPERSEDED


async def test_the_old_secret_may_step_up_again_within_its_minute(house: House) -> None:
    auth = house.auth()
    old = await log_in(auth)
    first = await auth.elevate(await auth.authenticate(old.credential))
    second = await auth.elevate(await auth.authenticate(old.credential))
    assert (await auth.authenticate(second.credential)).sid == old.session.sid
    assert second.session.secret_hash not in (old.session.secret_hash, first.session.secret_hash)


@pytest.mark.parametrize("seconds", [0, ELEVATE_OVERLAP - 1, ELEVATE_OVERLAP, 3600, 10**6])
async def test_the_old_refresh_token_is_superseded_and_that_is_never_theft(
    token_house: House, seconds: int
) -> None:
    auth = token_house.auth()
    old = await log_in(auth)
    new = await auth.elevate(await auth.authenticate(old.credential))
    token_house.clock.advance(seconds)
    assert await refused(auth.refresh(refresh_token(old))) is Reason.SUPERSEDED
    assert (await auth.refresh(refresh_token(new))).refresh_token is not None
    assert "reused" not in token_house.told.kinds


async def test_refreshing_goes_on_from_the_step_up(token_house: House) -> None:
    auth, clock = token_house.auth(), token_house.clock
    issued = await log_in(auth)
    for _ in range(3):
        clock.advance(400)
        issued = await auth.refresh(refresh_token(issued))
    issued = await auth.elevate(await auth.authenticate(issued.credential))
    for _ in range(3):
        clock.advance(400)
        issued = await auth.refresh(refresh_token(issued))
    assert (await auth.authenticate(issued.credential)).subject == "ann"


async def test_a_session_that_is_over_cannot_be_stepped_up(house: House) -> None:
    auth = house.auth()
    issued = await log_in(auth)
    principal = await auth.authenticate(issued.credential)
    house.clock.advance(10**8)
    assert await refused(auth.elevate(principal)) is Reason.EXPIRED
    await house.store.purge(house.clock())
    assert await refused(auth.elevate(principal)) is Reason.UNKNOWN


async def test_a_decision_between_the_reading_and_the_writing_of_a_step_up_wins(
    house: House,
) -> None:
    deeds = house.auth()
    issued = await log_in(deeds, roles=["admin"])
    principal = await deeds.authenticate(issued.credential)
    changing = Between(house.store, after=once("get", lambda: deeds.change("ann", roles=[])))
    new = await house.auth(store=changing.backend).elevate(principal)
    assert new.session.roles == frozenset()
    assert (await deeds.authenticate(new.credential)).roles == frozenset()
    ending = Between(house.store, after=once("get", lambda: deeds.revoke(subject="ann")))
    assert await refused(house.auth(store=ending.backend).elevate(principal)) is Reason.REVOKED


async def test_the_device_of_a_step_up_is_told_and_the_row_keeps_the_one_of_the_login(
    house: House,
) -> None:
    auth = house.auth()
    issued = await log_in(auth, device=Device(label="laptop"))
    await auth.elevate(await auth.authenticate(issued.credential), device=Device(label="phone"))
    assert house.told[-1].device.label == "phone"
    assert (await row_of(auth, issued)).device.label == "laptop"


async def test_the_old_access_token_opens_for_a_minute_and_then_its_refresh_goes_on(
    token_house: House,
) -> None:
    auth, clock = token_house.auth(), token_house.clock
    old = await log_in(auth)
    before = clock()
    clock.advance(10)
    new = await auth.elevate(await auth.authenticate(old.credential))
    assert (await auth.authenticate(old.credential)).authenticated_at == before
    clock.advance(ELEVATE_OVERLAP - 1)
    assert (await auth.authenticate(old.credential)).authenticated_at == before
    clock.advance(1)
    assert await refused(auth.authenticate(old.credential)) is Reason.SUPERSEDED
    assert (await auth.authenticate(new.credential)).authenticated_at == before + 10
