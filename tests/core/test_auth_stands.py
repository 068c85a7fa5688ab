"""A principal that goes on for longer than its credential: its row decides."""

from dataclasses import replace

import pytest

from doorward import Reason
from doorward.stores import open_store
from tests.core.between import Between, nothing
from tests.core.scene import House, log_in, refused, row_of

pytestmark = pytest.mark.anyio


async def test_it_stands_as_its_row_has_it_with_the_proof_it_was_known_by(house: House) -> None:
    auth = house.auth()
    issued = await log_in(auth, roles=["editor"], amr=["otp"])
    known = await auth.authenticate(issued.credential)
    assert await auth.stands(known) == known
    await auth.change("ann", roles=["admin"], scopes=[])
    house.clock.advance(1)
    await auth.elevate(known)
    found = await auth.stands(known)
    assert found.roles == frozenset(["admin"])
    assert (found.authenticated_at, found.amr) == (known.authenticated_at, ("otp",))


async def test_it_falls_with_its_session(house: House) -> None:
    auth = house.auth(idle_ttl=600)
    ended, left = await log_in(auth), await log_in(auth)
    known = [await auth.authenticate(each.credential) for each in (ended, left)]
    await auth.revoke(sid=ended.session.sid)
    assert await refused(auth.stands(known[0])) is Reason.REVOKED
    house.clock.advance(600)
    assert await refused(auth.stands(known[1])) is Reason.IDLE


async def test_it_does_not_stand_up_again_in_a_store_that_went_back_in_time(house: House) -> None:
    store, backup = Between(house.store), open_store("memory:")
    auth = house.auth(store=store.backend)
    issued = await log_in(auth)
    known, row = await auth.authenticate(issued.credential), await row_of(auth, issued)
    await auth.revoke(sid=row.sid)
    assert await refused(auth.authenticate(issued.credential)) is Reason.REVOKED
    store.store = backup
    assert await refused(auth.stands(known)) is Reason.UNKNOWN
    await backup.insert(row, await backup.mark(), row.created_at)
    assert await refused(auth.stands(known)) is Reason.REVOKED


async def test_who_is_still_there_says_so_in_either_mode_and_the_row_notes_it(house: House) -> None:
    auth = house.auth(idle_ttl=600, touch_every=60)
    issued = await log_in(auth, roles=["editor"], amr=["otp"])
    known = await auth.authenticate(issued.credential)
    for _ in range(20):
        house.clock.advance(100)
        assert await auth.touch(known) == known
    row = await row_of(auth, issued)
    assert (row.seen_at, row.ends_at) == (house.clock(), house.clock() + 600)
    await auth.change("ann", roles=["admin"])
    assert (await auth.touch(known)).roles == frozenset(["admin"])


async def test_saying_so_writes_no_more_often_than_activity_is_noted(house: House) -> None:
    store = Between(house.store)
    auth = house.auth(store=store.backend, idle_ttl=600, touch_every=60)
    known = await auth.authenticate((await log_in(auth)).credential)
    for _ in range(60):
        house.clock.advance(2)
        await auth.touch(known)
    assert store.calls.count("replace") == 2


async def test_saying_so_wakes_no_session_that_ended_or_rested_too_long(house: House) -> None:
    auth = house.auth(idle_ttl=600)
    ended, left = await log_in(auth), await log_in(auth)
    known = [await auth.authenticate(each.credential) for each in (ended, left)]
    await auth.revoke(sid=ended.session.sid)
    assert await refused(auth.touch(known[0])) is Reason.REVOKED
    house.clock.advance(600)
    assert await refused(auth.touch(known[1])) is Reason.IDLE
    assert await refused(auth.touch(replace(known[1], sid="0f" * 16))) is Reason.UNKNOWN


async def test_a_decision_between_the_read_and_the_write_is_not_written_over(house: House) -> None:
    other = house.auth()
    issued = await log_in(other)
    known = await other.authenticate(issued.credential)
    house.clock.advance(300)

    async def revoke(method: str) -> None:
        if method == "get":
            store.after = nothing
            await other.revoke(sid=issued.session.sid)

    store = Between(house.store, after=revoke)
    assert await refused(house.auth(store=store.backend).touch(known)) is Reason.REVOKED
    assert (await row_of(other, issued)).revoked_at is not None


async def test_whoever_asks_is_told_when_use_is_noted_for_the_current_secret(
    session_house: House,
) -> None:
    auth = session_house.auth(touch_every=10)
    issued, told = await log_in(auth), list[int]()

    async def use(credential: str) -> None:
        await auth.authenticate(credential, None, lambda row: told.append(row.seen_at))

    await use(issued.credential)
    assert told == []
    session_house.clock.advance(10)
    await use(issued.credential)
    await use(issued.credential)
    assert told == [session_house.clock()]
    await auth.elevate(await auth.authenticate(issued.credential))
    session_house.clock.advance(20)
    await use(issued.credential)  # in its overlap, but no longer what the client should hold
    assert told == [session_house.clock() - 20]
