"""Changing what a subject may do: at its next check, and nobody is logged out."""

import pytest

from doorward import Reason
from tests.core.between import Between, once
from tests.core.scene import House, log_in, refresh_token, refused, row_of

pytestmark = pytest.mark.anyio


async def test_a_change_of_roles_binds_at_the_next_check_and_logs_nobody_out(
    house: House,
) -> None:
    auth = house.auth()
    hers = [await log_in(auth, roles=["admin"], scopes=["all"]) for _ in range(2)]
    his = await log_in(auth, "bob", roles=["admin"])
    for issued in (*hers, his):
        assert (await auth.authenticate(issued.credential)).roles == frozenset({"admin"})
    changed = await auth.change("ann", roles=["reader"])
    assert set(changed) == {issued.session.sid for issued in hers}
    for issued in hers:
        principal = await auth.authenticate(issued.credential)
        assert (principal.roles, principal.scopes) == (frozenset({"reader"}), frozenset({"all"}))
    assert (await auth.authenticate(his.credential)).roles == frozenset({"admin"})


async def test_a_change_of_scopes_leaves_the_roles(house: House) -> None:
    auth = house.auth()
    issued = await log_in(auth, roles=["admin"], scopes=["all"])
    await auth.change("ann", scopes=["read"])
    principal = await auth.authenticate(issued.credential)
    assert (principal.roles, principal.scopes) == (frozenset({"admin"}), frozenset({"read"}))


async def test_taking_every_role_away_is_a_change_too(house: House) -> None:
    auth = house.auth()
    issued = await log_in(auth, roles=["admin"])
    await auth.change("ann", roles=[])
    assert (await auth.authenticate(issued.credential)).roles == frozenset()


async def test_what_is_remembered_after_a_change_is_the_new_state(house: House) -> None:
    auth = house.auth()
    issued = await log_in(auth)
    for roles in (["a"], ["b"], ["a", "b"], []):
        await auth.change("ann", roles=roles)
        first = await auth.authenticate(issued.credential)
        assert first.roles == frozenset(roles)
        assert await auth.authenticate(issued.credential) is first


async def test_an_older_access_token_keeps_its_own_proof_and_gets_the_rows_roles(
    token_house: House,
) -> None:
    auth, begun = token_house.auth(), token_house.clock()
    old = await log_in(auth, roles=["reader"], amr=["pwd"])
    token_house.clock.advance(30)
    new = await auth.elevate(await auth.authenticate(old.credential), amr=["otp"])
    await auth.change("ann", roles=["editor"])
    before = await auth.authenticate(old.credential)
    after = await auth.authenticate(new.credential)
    assert (before.authenticated_at, before.amr) == (begun, ("pwd",))
    assert (after.authenticated_at, after.amr) == (begun + 30, ("pwd", "otp"))
    assert before.roles == after.roles == frozenset({"editor"})


async def test_the_next_access_token_says_the_new_roles_itself(token_house: House) -> None:
    auth = token_house.auth()
    issued = await log_in(auth, roles=["reader"])
    await auth.change("ann", roles=["editor"])
    renewed = await auth.refresh(refresh_token(issued))
    assert renewed.session.roles == frozenset({"editor"})
    assert (await auth.authenticate(renewed.credential)).roles == frozenset({"editor"})


async def test_a_change_of_somebody_who_is_not_logged_in_changes_no_session(house: House) -> None:
    auth = house.auth()
    assert await auth.change("ann", roles=["admin"]) == []
    assert (await log_in(auth)).session.roles == frozenset()


async def test_the_ended_are_not_changed(house: House) -> None:
    auth = house.auth()
    issued = await log_in(auth, roles=["reader"])
    await auth.revoke(sid=issued.session.sid)
    assert await auth.change("ann", roles=["admin"]) == []
    assert (await row_of(auth, issued)).roles == frozenset({"reader"})
    assert await refused(auth.authenticate(issued.credential)) is Reason.REVOKED


async def test_names_that_do_not_fit_change_nothing(house: House) -> None:
    auth = house.auth()
    issued = await log_in(auth, roles=["reader"])
    with pytest.raises(ValueError, match="role"):
        await auth.change("ann", roles=["x" * 2000])
    with pytest.raises(ValueError, match="role"):
        await auth.change("ann", roles="admin")
    assert (await auth.authenticate(issued.credential)).roles == frozenset({"reader"})


async def test_a_change_between_the_reading_and_the_writing_of_a_refresh_is_not_lost(
    token_house: House,
) -> None:
    deeds = token_house.auth()
    issued = await log_in(deeds, roles=["admin"])
    slow = Between(
        token_house.store, after=once("get", lambda: deeds.change("ann", roles=["reader"]))
    )
    renewed = await token_house.auth(store=slow.backend).refresh(refresh_token(issued))
    assert renewed.session.roles == frozenset({"reader"})
    assert (await deeds.authenticate(renewed.credential)).roles == frozenset({"reader"})
