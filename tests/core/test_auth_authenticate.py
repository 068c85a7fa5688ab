"""Checking a credential: found, remembered, noted, refused."""

from dataclasses import replace
from pathlib import Path

import pytest

from doorward import Reason
from doorward.settings import DAY
from doorward.stores.sqlite import SQLiteStore
from doorward.tokens import hash_secret, mint_session_token, new_secret, parse_refresh_token
from tests.core.between import Between, once
from tests.core.scene import ROOT, House, log_in, refresh_token, refused, row_of

pytestmark = pytest.mark.anyio


async def test_a_second_check_reads_no_row_and_finds_the_same_principal(house: House) -> None:
    watched = Between(house.store)
    auth = house.auth(store=watched.backend)
    issued = await log_in(auth, roles=["editor"])
    first = await auth.authenticate(issued.credential)
    watched.calls.clear()
    assert await auth.authenticate(issued.credential) is first
    assert watched.calls == ["changes"]


async def test_what_was_checked_is_at_hand_until_something_changes(house: House) -> None:
    auth = house.auth()
    issued = await log_in(auth)
    assert auth.authenticate_cached(issued.credential) is None
    found = await auth.authenticate(issued.credential)
    assert auth.authenticate_cached(issued.credential) is found
    await auth.revoke(sid=issued.session.sid)
    assert auth.authenticate_cached(issued.credential) is None


async def test_every_check_asks_what_changed(house: House) -> None:
    watched = Between(house.store)
    auth = house.auth(store=watched.backend)
    issued = await log_in(auth)
    watched.calls.clear()
    for _ in range(5):
        await auth.authenticate(issued.credential)
    assert watched.calls.count("changes") == 5


@pytest.mark.parametrize(
    "junk", ["", "dws_", "dwr_x", "a.b.c", "dws_" + "A" * 64 + "=", "x" * 10**6]
)
async def test_a_malformed_string_never_reaches_the_rows(house: House, junk: str) -> None:
    watched = Between(house.store)
    auth = house.auth(store=watched.backend)
    assert await refused(auth.authenticate(junk)) in (Reason.MALFORMED, Reason.BAD_SIGNATURE)
    assert "get" not in watched.calls


async def test_a_sid_with_another_secret_is_unknown(session_house: House) -> None:
    auth = session_house.auth()
    issued = await log_in(auth)
    guess = mint_session_token(issued.session.sid, new_secret())
    assert await refused(auth.authenticate(guess)) is Reason.UNKNOWN
    await auth.revoke(sid=issued.session.sid)
    assert await refused(auth.authenticate(guess)) is Reason.UNKNOWN
    hashed = mint_session_token(issued.session.sid, issued.session.secret_hash)
    assert await refused(auth.authenticate(hashed)) is Reason.UNKNOWN


async def test_a_session_token_made_of_a_refresh_tokens_secret_is_refused(
    token_house: House,
) -> None:
    auth = token_house.auth()
    issued = await log_in(auth)
    shown = parse_refresh_token(refresh_token(issued), ROOT.derive("refresh"))
    assert hash_secret(shown.secret) == issued.session.secret_hash
    forged = mint_session_token(shown.sid, shown.secret)
    assert await refused(auth.authenticate(forged)) is Reason.MALFORMED
    assert await refused(token_house.auth(mode="session").authenticate(forged)) is Reason.UNKNOWN


async def test_the_kinds_of_credential_do_not_stand_in_for_each_other(token_house: House) -> None:
    by_token, by_session = token_house.auth(), token_house.auth(mode="session")
    token, session = await log_in(by_token), await log_in(by_session)
    for auth, credential in (
        (by_token, refresh_token(token)),
        (by_token, session.credential),
        (by_session, token.credential),
        (by_session, refresh_token(token)),
    ):
        assert await refused(auth.authenticate(credential)) is Reason.MALFORMED
    for auth, credential in (
        (by_token, token.credential),
        (by_token, session.credential),
        (by_session, session.credential),
    ):
        assert await refused(auth.refresh(credential)) is Reason.MALFORMED
    assert await refused(by_session.refresh(refresh_token(token))) is Reason.UNKNOWN


# --- activity -------------------------------------------------------------------------------------


async def test_activity_is_noted_exactly_when_it_is_due(session_house: House) -> None:
    auth, clock = session_house.auth(), session_house.clock
    begun = clock()
    issued = await log_in(auth)
    for seconds, seen_at in ((0, 0), (299, 0), (300, 300), (301, 300), (599, 300), (600, 600)):
        clock.now = begun + seconds
        await auth.authenticate(issued.credential)
        row = await row_of(auth, issued)
        assert row.seen_at - begun == seen_at
        assert row.ends_at - begun == seen_at + 14 * DAY
        assert row.expires_at - begun == 30 * DAY


async def test_a_session_in_use_lives_to_its_absolute_end_and_no_longer(
    session_house: House,
) -> None:
    auth, clock = session_house.auth(idle_ttl=1000, absolute_ttl=5000), session_house.clock
    issued = await log_in(auth)
    for _ in range(9):
        clock.advance(500)
        await auth.authenticate(issued.credential)
    clock.advance(499)
    await auth.authenticate(issued.credential)
    clock.advance(1)
    assert await refused(auth.authenticate(issued.credential)) is Reason.EXPIRED
    assert (await row_of(auth, issued)).ends_at == issued.session.expires_at


async def test_a_session_that_is_not_used_ends(session_house: House) -> None:
    auth, clock = session_house.auth(idle_ttl=1000), session_house.clock
    issued = await log_in(auth)
    clock.advance(999)
    await auth.authenticate(issued.credential)
    clock.advance(1000)
    assert await refused(auth.authenticate(issued.credential)) is Reason.IDLE


async def test_a_note_that_came_second_is_not_needed_and_not_kept(session_house: House) -> None:
    """Two processes find that a note is due at once: one writes, both let the request pass."""
    other = session_house.auth()
    issued = await log_in(other)
    session_house.clock.advance(300)

    async def be_faster() -> None:
        await other.authenticate(issued.credential)

    slow = Between(session_house.store, after=once("get", be_faster))
    auth = session_house.auth(store=slow.backend)
    assert (await auth.authenticate(issued.credential)).subject == "ann"
    assert (await row_of(auth, issued)).version == 2
    slow.calls.clear()
    assert (await auth.authenticate(issued.credential)).subject == "ann"
    assert slow.calls == ["changes", "get"]


@pytest.mark.engine
async def test_a_check_is_good_while_the_store_is_read_and_not_written(
    session_house: House, tmp_path: Path
) -> None:
    house = session_house
    store = SQLiteStore(tmp_path / "doorward.db")
    auth = house.auth(store=store)
    issued = await log_in(auth)
    await store.seal("moved")
    house.clock.advance(400)
    for _ in range(2):
        assert (await auth.authenticate(issued.credential)).sid == issued.session.sid
    await store.unseal()
    await auth.authenticate(issued.credential)
    noted = await store.get(issued.session.sid)
    assert noted is not None
    assert noted.seen_at == house.clock()
    await store.close()


async def test_activity_of_a_session_that_was_ended_meanwhile_does_not_revive_it(
    session_house: House,
) -> None:
    other = session_house.auth()
    issued = await log_in(other)
    session_house.clock.advance(300)
    slow = Between(
        session_house.store, after=once("get", lambda: other.revoke(sid=issued.session.sid))
    )
    auth = session_house.auth(store=slow.backend)
    await auth.authenticate(issued.credential)  # it was read before the decision
    assert await refused(auth.authenticate(issued.credential)) is Reason.REVOKED


# --- an answer that came while the world changed --------------------------------------------------


async def test_a_row_read_before_a_decision_is_not_remembered_after_it(
    session_house: House,
) -> None:
    deeds = session_house.auth()
    issued = await log_in(deeds, roles=["admin"])

    async def demote_and_be_told() -> None:
        await deeds.change("ann", roles=[])
        await auth.authenticate((await log_in(deeds, "bob")).credential)

    slow = Between(session_house.store, after=once("get", demote_and_be_told))
    auth = session_house.auth(store=slow.backend)
    await auth.authenticate(issued.credential)
    assert (await auth.authenticate(issued.credential)).roles == frozenset()


async def test_a_token_checked_while_its_key_was_withdrawn_is_not_remembered(
    token_house: House,
) -> None:
    deeds = token_house.auth()
    issued = await log_in(deeds)
    await deeds.change("ann", roles=["editor"])  # so that the check must read the row

    async def withdraw_and_be_told() -> None:
        await deeds.withdraw_key((await deeds.signing.keys())[0].kid)
        await auth.authenticate((await log_in(deeds, "bob")).credential)

    slow = Between(token_house.store, after=once("get", withdraw_and_be_told))
    auth = token_house.auth(store=slow.backend)
    await auth.authenticate(issued.credential)
    assert await refused(auth.authenticate(issued.credential)) is Reason.WITHDRAWN


# --- the end of an access token -------------------------------------------------------------------


async def test_an_access_token_ends_to_the_second_also_when_it_was_remembered(
    token_house: House,
) -> None:
    auth, clock = token_house.auth(), token_house.clock
    issued = await log_in(auth)
    await auth.authenticate(issued.credential)
    clock.advance(299)
    await auth.authenticate(issued.credential)
    clock.advance(1)
    assert await refused(auth.authenticate(issued.credential)) is Reason.EXPIRED


async def test_an_access_token_outdated_by_a_change_ends_when_its_session_does(
    token_house: House,
) -> None:
    auth, clock = token_house.auth(), token_house.clock
    issued = await log_in(auth)
    row = await row_of(auth, issued)
    await auth.change("ann", roles=["editor"])
    row = await row_of(auth, issued)
    assert await token_house.store.replace(row, replace(row, ends_at=clock() + 100))
    await auth.authenticate(issued.credential)
    clock.advance(100)
    assert await refused(auth.authenticate(issued.credential)) is Reason.IDLE


async def test_an_outdated_access_token_of_a_row_that_is_gone_is_unknown(
    token_house: House,
) -> None:
    auth, clock = token_house.auth(access_ttl=DAY, refresh_grace=0), token_house.clock
    issued = await log_in(auth)
    await auth.revoke(sid=issued.session.sid)
    assert await refused(auth.authenticate(issued.credential)) is Reason.REVOKED
    await token_house.store.purge(clock() + 1)
    assert await refused(auth.authenticate(issued.credential)) is Reason.UNKNOWN
