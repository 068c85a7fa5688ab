"""A principal that goes on for longer than its credential: its row decides."""

import pytest

from doorward import Reason
from doorward.stores import open_store
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
    auth, backup = house.auth(), open_store("memory:")
    issued = await log_in(auth)
    known, row = await auth.authenticate(issued.credential), await row_of(auth, issued)
    await auth.revoke(sid=row.sid)
    assert await refused(auth.authenticate(issued.credential)) is Reason.REVOKED
    auth.store = backup
    assert await refused(auth.stands(known)) is Reason.UNKNOWN
    await backup.insert(row, await backup.mark(), row.created_at)
    assert await refused(auth.stands(known)) is Reason.REVOKED
