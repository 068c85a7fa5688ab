"""Refreshing through `Auth`: the table of the rules, as a client meets it."""

import pytest

from doorward import Device, Issued, Reason
from doorward.settings import DAY
from doorward.stores import Backend, open_store
from doorward.tokens import RefreshToken, mint_refresh_token, new_secret
from tests.core.between import Between, once
from tests.core.scene import ROOT, House, log_in, refresh_token, refused, row_of

pytestmark = pytest.mark.anyio

G = 300
THIEF = Device("203.0.113.9", "curl", "")


async def copy_of(store: Backend) -> Backend:
    """A restored backup: the sessions and keys as they are now, in a store of their own."""
    restored = open_store("memory:")
    for key in await store.keys():
        await restored.put_key(key)
    for row in await store.sessions(None, 0, limit=10_000):
        await restored.insert(row, await restored.mark(), row.created_at)
    return restored


async def test_a_refresh_answers_with_a_new_access_and_a_new_refresh_token(
    token_house: House,
) -> None:
    auth, clock = token_house.auth(), token_house.clock
    old = await log_in(auth, roles=["editor"])
    clock.advance(G)
    new = await auth.refresh(refresh_token(old))
    assert new.refresh_token not in (None, old.refresh_token)
    assert new.credential_expires_at == clock() + G
    assert (await auth.authenticate(new.credential)).roles == frozenset({"editor"})
    assert (await row_of(auth, new)).seen_at == clock()


async def test_the_parent_within_g_gets_an_access_token_only_and_writes_nothing(
    token_house: House,
) -> None:
    auth, clock = token_house.auth(), token_house.clock
    parent = await log_in(auth)
    child = await auth.refresh(refresh_token(parent))
    row = await row_of(auth, child)
    for seconds in (0, 1, G - 1):
        clock.advance(seconds)
        replayed = await auth.refresh(refresh_token(parent))
        assert replayed.refresh_token is None
        assert (await auth.authenticate(replayed.credential)).subject == "ann"
    assert clock() - row.rotated_at == G
    assert await row_of(auth, child) == row
    assert (await auth.refresh(refresh_token(child))).refresh_token is not None


async def test_the_parent_later_branches_and_displaces_the_one_before(token_house: House) -> None:
    auth, clock = token_house.auth(), token_house.clock
    parent = await log_in(auth, device=Device(label="laptop"))
    child = await auth.refresh(refresh_token(parent))
    clock.advance(G + 1)
    sibling = await auth.refresh(refresh_token(parent))
    assert sibling.refresh_token not in (None, parent.refresh_token, child.refresh_token)
    assert await refused(auth.refresh(refresh_token(child), THIEF)) is Reason.REUSED
    for dead in (parent, child, sibling):
        assert await refused(auth.refresh(refresh_token(dead))) is Reason.REVOKED
        assert await refused(auth.authenticate(dead.credential)) in (
            Reason.REVOKED,
            Reason.EXPIRED,
        )
    reused = next(event for event in token_house.told if event.kind == "reused")
    assert (reused.device, reused.sids) == (THIEF, (parent.session.sid,))
    assert reused.other == Device(label="laptop")
    assert token_house.told.kinds.count("reused") == 1


async def test_an_older_generation_is_theft_at_any_time(token_house: House) -> None:
    auth = token_house.auth()
    first = await log_in(auth)
    second = await auth.refresh(refresh_token(first))
    third = await auth.refresh(refresh_token(second))
    assert await refused(auth.refresh(refresh_token(first))) is Reason.REUSED
    assert await refused(auth.refresh(refresh_token(third))) is Reason.REVOKED


async def test_without_grace_a_parent_is_theft_at_once(token_house: House) -> None:
    auth = token_house.auth(refresh_grace=0)
    first = await log_in(auth)
    second = await auth.refresh(refresh_token(first))
    assert await refused(auth.refresh(refresh_token(first))) is Reason.REUSED
    assert await refused(auth.refresh(refresh_token(second))) is Reason.REVOKED


async def test_sixteen_lost_answers_in_a_row_are_forgiven_and_the_next_ends_the_session(
    token_house: House,
) -> None:
    auth, clock = token_house.auth(), token_house.clock
    parent = await log_in(auth, device=Device(label="laptop"))
    await auth.refresh(refresh_token(parent))
    for _ in range(16):
        clock.advance(G + 1)
        assert (await auth.refresh(refresh_token(parent))).refresh_token is not None
    clock.advance(G + 1)
    assert await refused(auth.refresh(refresh_token(parent), THIEF)) is Reason.UNSTEADY
    assert (await row_of(auth, parent)).revoked_at is not None
    event = next(event for event in token_house.told if event.kind == "unsteady")
    assert (event.device, event.other) == (THIEF, Device(label="laptop"))


async def test_a_token_newer_than_the_store_is_adopted_and_told(token_house: House) -> None:
    auth, clock = token_house.auth(), token_house.clock
    issued = await log_in(auth)
    backup = await copy_of(token_house.store)
    held = [issued]
    for _ in range(3):
        clock.advance(G)
        held.append(await auth.refresh(refresh_token(held[-1])))
    restored = token_house.auth(store=backup)
    adopted = await restored.refresh(refresh_token(held[-1]))
    assert adopted.refresh_token is not None
    assert (await restored.authenticate(adopted.credential)).subject == "ann"
    assert token_house.told.kinds[-2:] == ["adopted", "refreshed"]
    assert await refused(restored.refresh(refresh_token(held[1]))) is Reason.REUSED


async def test_refreshing_keeps_a_session_in_use_to_its_absolute_end_and_no_longer(
    token_house: House,
) -> None:
    auth, clock = token_house.auth(idle_ttl=1000, absolute_ttl=3000), token_house.clock
    issued = await log_in(auth)
    end = issued.session.expires_at
    for _ in range(3):
        clock.advance(900)
        issued = await auth.refresh(refresh_token(issued))
    assert issued.credential_expires_at == end
    clock.advance(299)
    issued = await auth.refresh(refresh_token(issued))
    assert issued.credential_expires_at == end
    clock.advance(1)
    assert await refused(auth.refresh(refresh_token(issued))) is Reason.EXPIRED
    assert await refused(auth.authenticate(issued.credential)) is Reason.EXPIRED


async def test_a_session_that_is_not_refreshed_ends(token_house: House) -> None:
    auth = token_house.auth(idle_ttl=1000)
    issued = await log_in(auth)
    token_house.clock.advance(1000)
    assert await refused(auth.refresh(refresh_token(issued))) is Reason.IDLE


async def test_a_good_mac_without_the_secret_refreshes_nothing(token_house: House) -> None:
    """What a stolen root key alone can make."""
    auth = token_house.auth()
    issued = await log_in(auth)
    keys = ROOT.derive("refresh")
    for secret in (new_secret(), issued.session.secret_hash):
        forged = mint_refresh_token(RefreshToken(issued.session.sid, 0, 0, secret), keys)
        assert await refused(auth.refresh(forged)) is Reason.UNKNOWN
    nowhere = mint_refresh_token(RefreshToken("0" * 32, 0, 0, new_secret()), keys)
    assert await refused(auth.refresh(nowhere)) is Reason.UNKNOWN
    assert (await auth.refresh(refresh_token(issued))).refresh_token is not None


async def test_losing_the_race_to_a_sibling_is_a_second_judgement_and_never_theft(
    token_house: House,
) -> None:
    other = token_house.auth()
    issued = await log_in(other)
    winners: list[Issued] = []

    async def be_faster() -> None:
        winners.append(await other.refresh(refresh_token(issued)))

    slow = Between(token_house.store, after=once("get", be_faster))
    loser = await token_house.auth(store=slow.backend).refresh(refresh_token(issued))
    assert loser.refresh_token is None
    assert refresh_token(winners[0])
    assert slow.calls.count("replace") == 1
    assert "reused" not in token_house.told.kinds


async def test_two_thefts_seen_at_once_are_told_once(token_house: House) -> None:
    other = token_house.auth()
    first = await log_in(other)
    second = await other.refresh(refresh_token(first))
    await other.refresh(refresh_token(second))

    async def be_faster() -> None:
        assert await refused(other.refresh(refresh_token(first))) is Reason.REUSED

    slow = Between(token_house.store, after=once("get", be_faster))
    late = token_house.auth(store=slow.backend)
    assert await refused(late.refresh(refresh_token(first))) is Reason.REUSED
    assert token_house.told.kinds.count("reused") == 1


async def test_a_refresh_never_trusts_what_was_remembered(token_house: House) -> None:
    watched = Between(token_house.store)
    auth = token_house.auth(store=watched.backend)
    issued = await log_in(auth)
    await auth.authenticate(issued.credential)
    watched.calls.clear()
    await auth.refresh(refresh_token(issued))
    assert "get" in watched.calls


# --- whether a slow answer may still reach the browser --------------------------------------------


async def test_an_answer_holds_until_a_newer_one_is_given_out(token_house: House) -> None:
    auth, clock = token_house.auth(), token_house.clock
    first = await log_in(auth)
    assert await auth.still_holds(first)
    second = await auth.refresh(refresh_token(first))
    assert not await auth.still_holds(first)
    assert await auth.still_holds(second)
    replayed = await auth.refresh(refresh_token(first))
    assert await auth.still_holds(replayed)
    clock.advance(G + 1)
    sibling = await auth.refresh(refresh_token(first))
    assert not await auth.still_holds(second)
    assert await auth.still_holds(sibling)


async def test_an_answer_from_before_a_step_up_no_longer_holds(house: House) -> None:
    auth = house.auth()
    issued = await log_in(auth)
    first = await auth.elevate(await auth.authenticate(issued.credential))
    second = await auth.elevate(await auth.authenticate(first.credential))
    assert [await auth.still_holds(each) for each in (issued, first, second)] == [
        False,
        False,
        True,
    ]


async def test_no_answer_of_an_ended_session_holds(house: House) -> None:
    auth = house.auth()
    issued = await log_in(auth)
    await auth.revoke(sid=issued.session.sid)
    assert not await auth.still_holds(issued)
    house.clock.advance(10 * DAY)
    await auth.purge()
    assert not await auth.still_holds(issued)
