"""Ending sessions: one, all, all but one, by their owner, and what then is no longer accepted."""

import pytest

from doorward import Auth, Device, Issued, Reason
from doorward.settings import DAY
from doorward.stores import Backend
from doorward.testing import FakeClock
from doorward.tokens import mint_session_token, parse_session_token
from tests.core.scene import House, log_in, refresh_token, refused

pytestmark = pytest.mark.anyio


async def test_revoking_one_session_ends_it_at_its_next_check_and_no_other(house: House) -> None:
    auth = house.auth()
    one, other = await log_in(auth), await log_in(auth)
    for each in (one, other):
        await auth.authenticate(each.credential)
    assert await auth.revoke(sid=one.session.sid) == [one.session.sid]
    assert await refused(auth.authenticate(one.credential)) is Reason.REVOKED
    assert (await auth.authenticate(other.credential)).sid == other.session.sid
    assert [row.sid for row in await auth.sessions("ann")] == [other.session.sid]


async def test_revoking_all_ends_all_of_one_subject(house: House) -> None:
    auth = house.auth()
    hers = [await log_in(auth) for _ in range(3)]
    his = await log_in(auth, "bob")
    assert set(await auth.revoke(subject="ann")) == {each.session.sid for each in hers}
    for each in hers:
        assert await refused(auth.authenticate(each.credential)) is Reason.REVOKED
    assert (await auth.authenticate(his.credential)).subject == "bob"
    assert await auth.sessions("ann") == []


async def test_revoking_all_but_this_one_spares_it(house: House) -> None:
    auth = house.auth()
    this, *others = [await log_in(auth) for _ in range(3)]
    gone = await auth.revoke(subject="ann", keep=this.session.sid)
    assert set(gone) == {each.session.sid for each in others}
    assert (await auth.authenticate(this.credential)).subject == "ann"
    for each in others:
        assert await refused(auth.authenticate(each.credential)) is Reason.REVOKED


async def test_to_keep_somebody_elses_session_spares_nothing(house: House) -> None:
    auth = house.auth()
    hers, his = await log_in(auth), await log_in(auth, "bob")
    assert await auth.revoke(subject="ann", keep=his.session.sid) == [hers.session.sid]


async def test_revoking_what_is_over_or_never_was_ends_nothing(house: House) -> None:
    auth = house.auth()
    issued = await log_in(auth)
    await auth.revoke(sid=issued.session.sid)
    assert await auth.revoke(sid=issued.session.sid) == []
    assert await auth.revoke(sid="0" * 32) == []
    assert await auth.revoke(subject="nobody") == []


async def test_a_decision_is_told_with_where_it_came_from(house: House) -> None:
    auth, phone = house.auth(), Device("192.0.2.7", "Mozilla/5.0", "phone")
    one, two, three = [await log_in(auth) for _ in range(3)]
    house.told.clear()
    await auth.revoke(sid=one.session.sid, device=phone)
    await auth.revoke(subject="ann", keep=three.session.sid, device=phone)
    await auth.revoke(subject="ann", device=phone)
    assert [(event.sids, event.device) for event in house.told] == [
        ((each.session.sid,), phone) for each in (one, two, three)
    ]


async def test_what_ended_nothing_is_told_only_if_it_was_to_end_all(house: House) -> None:
    auth = house.auth()
    issued = await log_in(auth)
    await auth.revoke(subject="ann", keep=issued.session.sid)
    await auth.revoke(sid="0" * 32)
    assert house.told.kinds == ["login"]
    await auth.revoke(subject="bob")
    assert [(event.kind, event.subject, event.sids) for event in house.told[1:]] == [
        ("revoked", "bob", ())
    ]


async def test_a_revoked_session_cannot_be_refreshed_or_elevated(token_house: House) -> None:
    auth = token_house.auth()
    issued = await log_in(auth)
    principal = await auth.authenticate(issued.credential)
    await auth.revoke(sid=issued.session.sid)
    assert await refused(auth.refresh(refresh_token(issued))) is Reason.REVOKED
    assert await refused(auth.elevate(principal)) is Reason.REVOKED


# --- by its owner ---------------------------------------------------------------------------------


async def end_is_final(auth: Auth, issued: Issued) -> bool:
    row = await auth.session(issued.session.sid)
    return (
        row is not None
        and row.revoked_at is not None
        and await refused(auth.authenticate(issued.credential)) in (Reason.REVOKED, Reason.EXPIRED)
    )


async def test_logging_out_ends_the_session_it_belongs_to(house: House) -> None:
    auth = house.auth()
    issued, other = await log_in(auth), await log_in(auth)
    await auth.authenticate(issued.credential)
    assert await auth.logout(issued.credential) == [issued.session.sid]
    assert await end_is_final(auth, issued)
    assert (await auth.authenticate(other.credential)).subject == "ann"


async def test_logging_out_accepts_any_generation_of_the_refresh_token(token_house: House) -> None:
    auth, clock = token_house.auth(), token_house.clock
    for which in range(4):
        issued = await log_in(auth)
        held = [refresh_token(issued)]
        for _ in range(3):
            clock.advance(1000)
            held.append(refresh_token(await auth.refresh(held[-1])))
        assert await auth.logout(held[which]) == [issued.session.sid]
        assert await refused(auth.refresh(held[-1])) is Reason.REVOKED


async def test_logging_out_accepts_an_access_token_that_has_expired(token_house: House) -> None:
    auth = token_house.auth()
    issued = await log_in(auth)
    token_house.clock.advance(100_000)
    assert await refused(auth.authenticate(issued.credential)) is Reason.EXPIRED
    assert await auth.logout(issued.credential) == [issued.session.sid]


async def test_logging_out_accepts_the_secret_from_before_a_step_up(house: House) -> None:
    auth = house.auth()
    issued = await log_in(auth)
    await auth.elevate(await auth.authenticate(issued.credential))
    house.clock.advance(1000)
    held = issued.refresh_token or issued.credential
    assert await auth.logout(held) == [issued.session.sid]


async def test_logging_out_of_a_session_that_is_revoked_or_purged_ends_nothing_and_fails_nothing(
    house: House,
) -> None:
    auth = house.auth()
    revoked, idle = await log_in(auth), await log_in(auth)
    await auth.revoke(sid=revoked.session.sid)
    assert await auth.logout(revoked.credential) == []
    house.clock.advance(15 * DAY)
    await house.store.purge(house.clock())
    assert await auth.logout(revoked.credential, idle.credential) == []
    assert house.told.kinds == ["login", "login", "revoked"]


async def test_logging_out_ends_a_session_that_only_this_clock_takes_for_idle(
    house: House, twin: Backend
) -> None:
    auth, ahead = house.auth(), FakeClock(house.clock() + 15 * DAY)
    idle = await log_in(auth)
    there = house.auth(store=twin, clock=ahead)
    assert await there.logout(idle.credential) == [idle.session.sid]
    assert await refused(auth.authenticate(idle.credential)) is Reason.REVOKED


async def test_logging_out_with_what_was_never_ours_ends_nothing(house: House) -> None:
    auth = house.auth()
    issued = await log_in(auth)
    foreign = [issued.session.sid, "", "dws_x", "dwr_x", "a.b.c", issued.credential[:-1] + "~"]
    assert await auth.logout(*foreign) == []
    assert (await auth.authenticate(issued.credential)).subject == "ann"


async def test_logging_out_needs_the_secret_and_not_only_the_sid(session_house: House) -> None:
    auth = session_house.auth()
    one, other = await log_in(auth), await log_in(auth, "bob")
    mixed = mint_session_token(one.session.sid, parse_session_token(other.credential).secret)
    assert await auth.logout(mixed) == []
    assert (await auth.authenticate(one.credential)).subject == "ann"


async def test_several_credentials_end_several_sessions_each_once(token_house: House) -> None:
    auth = token_house.auth()
    one, other = await log_in(auth), await log_in(auth)
    ended = await auth.logout(one.credential, refresh_token(one), other.credential)
    assert ended == [one.session.sid, other.session.sid]
    assert token_house.told.kinds == ["login", "login", "logout", "logout"]


# --- the dead are swept ---------------------------------------------------------------------------


async def test_the_long_dead_are_deleted_and_the_living_are_not(house: House) -> None:
    auth = house.auth()
    dead = [await log_in(auth) for _ in range(3)]
    alive = await log_in(auth, "bob")
    await auth.revoke(subject="ann")
    house.clock.advance(DAY)
    assert await auth.purge() == 0
    house.clock.advance(1)
    assert await auth.purge() == 3
    assert await auth.purge() == 0
    assert await auth.session(dead[0].session.sid) is None
    assert await auth.session(alive.session.sid) is not None


async def test_a_purge_goes_in_steps_and_tells_after_each_how_many_went(house: House) -> None:
    auth = house.auth()
    for _ in range(5):
        await log_in(auth)
    await auth.revoke(subject="ann")
    house.clock.advance(DAY + 1)
    told: list[int] = []

    async def note(gone: int) -> None:
        told.append(gone)

    assert await auth.purge(note, 2) == 5
    assert told == [2, 4, 5]


async def test_what_ended_is_kept_as_long_as_any_access_token_from_before(
    token_house: House,
) -> None:
    auth = token_house.auth(access_ttl=DAY, refresh_grace=0)
    issued = await log_in(auth)
    await auth.revoke(sid=issued.session.sid)
    token_house.clock.advance(DAY - 1)
    await auth.purge()
    started_later = token_house.auth(access_ttl=DAY, refresh_grace=0)
    assert await refused(started_later.authenticate(issued.credential)) is Reason.REVOKED
