"""A store that fails on any one call: nothing is accepted, nothing is lost, and it works again.

Each verb is run once for each call it makes, failing there: before the call reached the store, and
after it was done, when only the answer was lost.
"""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from doorward import Auth, Issued, Reason, StoreUnavailable
from tests.core.between import Faulty
from tests.core.scene import House, log_in, refresh_token, refused, row_of

pytestmark = pytest.mark.anyio

Verb = Callable[[Auth, Issued], Awaitable[object]]
MANY = 12
"""More calls than any verb makes."""


async def failures(
    house: House, verb: Verb, *, lost: bool, warm: bool = True
) -> AsyncIterator[tuple[Auth, Issued]]:
    """The world after `verb` failed at its first, second, ... call, each time a new one."""
    failed = 0
    for fail_at in range(1, MANY):
        faulty = Faulty(house.store)
        auth = house.auth(store=faulty.backend)
        issued = await log_in(auth, f"ann{fail_at}", roles=["reader"])
        house.clock.advance(400 if house.mode == "session" else 0)  # a touch is due
        if not warm:
            auth = house.auth(store=faulty.backend)
        house.told.clear()
        faulty.arm(fail_at, lost=lost)
        try:
            await verb(auth, issued)
        except StoreUnavailable:
            faulty.arm(0)
            failed += 1
            yield auth, issued
        else:
            break
    assert 0 < failed < MANY - 1


lost_or_not = pytest.mark.parametrize("lost", [False, True])
warm_or_not = pytest.mark.parametrize("warm", [False, True])


@lost_or_not
@warm_or_not
async def test_a_check_is_never_guessed(house: House, lost: bool, warm: bool) -> None:
    async def check(auth: Auth, issued: Issued) -> None:
        await auth.authenticate(issued.credential)

    async for auth, issued in failures(house, check, lost=lost, warm=warm):
        assert house.told == []  # a store that is away is no refusal
        assert (await auth.authenticate(issued.credential)).sid == issued.session.sid


async def test_a_remembered_credential_is_not_accepted_while_the_store_is_away(
    house: House,
) -> None:
    faulty = Faulty(house.store)
    auth = house.auth(store=faulty.backend)
    issued = await log_in(auth)
    await auth.authenticate(issued.credential)
    for _ in range(3):
        faulty.arm(1)
        with pytest.raises(StoreUnavailable):
            await auth.authenticate(issued.credential)
    faulty.arm(0)
    assert (await auth.authenticate(issued.credential)).subject == "ann"


@lost_or_not
async def test_a_revocation_that_was_lost_is_refused_as_soon_as_the_store_is_back(
    house: House, lost: bool
) -> None:
    """The news of a change is not lost with the call that should have brought it."""
    faulty = Faulty(house.store)
    auth, deeds = house.auth(store=faulty.backend), house.auth()
    issued = await log_in(auth)
    await auth.authenticate(issued.credential)
    await deeds.revoke(sid=issued.session.sid)
    faulty.arm(1, lost=lost)
    with pytest.raises(StoreUnavailable):
        await auth.authenticate(issued.credential)
    faulty.arm(0)
    assert await refused(auth.authenticate(issued.credential)) is Reason.REVOKED


@lost_or_not
async def test_a_login_is_whole_or_nobody_has_its_credential(house: House, lost: bool) -> None:
    async def again(auth: Auth, issued: Issued) -> None:
        await log_in(auth, issued.session.subject, replaces=[issued.credential])

    async for auth, issued in failures(house, again, lost=lost):
        subject = issued.session.subject
        assert "login" not in house.told.kinds
        left = await auth.sessions(subject)
        assert len(left) <= 1  # the old one, or the new one whose credential nobody has
        one = await log_in(auth, subject)
        assert (await auth.authenticate(one.credential)).subject == subject
        for row in left:
            assert await auth.revoke(sid=row.sid) == [row.sid]


@lost_or_not
@warm_or_not
async def test_a_refresh_that_failed_anywhere_can_be_tried_again_with_the_same_token(
    token_house: House, lost: bool, warm: bool
) -> None:
    async def refresh(auth: Auth, issued: Issued) -> None:
        await auth.refresh(refresh_token(issued))

    for wait in (0, 301):
        async for auth, issued in failures(token_house, refresh, lost=lost, warm=warm):
            token_house.clock.advance(wait)
            again = await auth.refresh(refresh_token(issued))
            assert (await auth.authenticate(again.credential)).sid == issued.session.sid
            held = again.refresh_token or refresh_token(issued)
            token_house.clock.advance(301)
            assert (await auth.refresh(held)).refresh_token is not None
            assert {"reused", "unsteady"}.isdisjoint(token_house.told.kinds)


@lost_or_not
async def test_a_theft_is_not_accepted_because_the_store_failed_to_note_it(
    token_house: House, lost: bool
) -> None:
    async def steal(auth: Auth, issued: Issued) -> None:
        held = refresh_token(issued)
        second = await auth.refresh(held)
        await auth.refresh(refresh_token(second))
        assert await refused(auth.refresh(held)) is Reason.REUSED

    async for auth, issued in failures(token_house, steal, lost=lost):
        row = await row_of(auth, issued)
        if row.generation == 2 and row.revoked_at is None:
            assert await refused(auth.refresh(refresh_token(issued))) is Reason.REUSED
            assert (await row_of(auth, issued)).revoked_at is not None


@lost_or_not
async def test_a_step_up_that_failed_leaves_the_old_credential_good(
    house: House, lost: bool
) -> None:
    async def elevate(auth: Auth, issued: Issued) -> None:
        await auth.elevate(await auth.authenticate(issued.credential))

    async for auth, issued in failures(house, elevate, lost=lost):
        principal = await auth.authenticate(issued.credential)
        again = await auth.elevate(principal)
        assert (await auth.authenticate(again.credential)).sid == issued.session.sid


@lost_or_not
async def test_a_logout_or_a_revocation_that_failed_is_done_by_doing_it_again(
    house: House, lost: bool
) -> None:
    async def log_out(auth: Auth, issued: Issued) -> None:
        await auth.logout(issued.credential)

    async def revoke(auth: Auth, issued: Issued) -> None:
        await auth.revoke(subject=issued.session.subject)

    for verb in (log_out, revoke):
        async for auth, issued in failures(house, verb, lost=lost):
            assert house.told == []
            await verb(auth, issued)
            assert await refused(auth.authenticate(issued.credential)) is Reason.REVOKED
            assert await auth.sessions(issued.session.subject) == []


@lost_or_not
async def test_a_change_of_roles_that_failed_is_done_by_doing_it_again(
    house: House, lost: bool
) -> None:
    async def demote(auth: Auth, issued: Issued) -> None:
        await auth.change(issued.session.subject, roles=[])

    async for auth, issued in failures(house, demote, lost=lost):
        assert house.told == []
        principal = await auth.authenticate(issued.credential)
        assert principal.roles == (frozenset() if lost else frozenset({"reader"}))
        await demote(auth, issued)
        assert (await auth.authenticate(issued.credential)).roles == frozenset()


async def test_whatever_only_reads_says_so_when_the_store_is_away(house: House) -> None:
    faulty = Faulty(house.store)
    auth = house.auth(store=faulty.backend)
    issued = await log_in(auth)
    reads: list[Callable[[], Awaitable[object]]] = [
        auth.attempt,
        auth.purge,
        auth.sessions,
        auth.signing.keys,
        lambda: auth.session(issued.session.sid),
        lambda: auth.still_holds(issued),
    ]
    for read in reads:
        faulty.arm(1)
        with pytest.raises(StoreUnavailable):
            await read()
        faulty.arm(0)
        await read()
