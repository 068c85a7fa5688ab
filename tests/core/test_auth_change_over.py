"""Changing over from one mode to the other: old credentials work and are exchanged, both ways."""

from asyncio import gather

import pytest

from doorward import Auth, Issued, Reason
from doorward.keys import RootKeys
from doorward.settings import ELEVATE_OVERLAP
from doorward.stores import Backend
from doorward.tokens import mint_session_token, parse_refresh_token
from doorward.types import Mode
from tests.core.between import Between, pause
from tests.core.scene import NEW_ROOT, OLD_ROOT, ROOT, House, log_in, refresh_token, refused, row_of

pytestmark = pytest.mark.anyio

BOTH: tuple[Mode, Mode] = ("session", "token")
G = 300


@pytest.fixture
def to_tokens(house: House) -> Auth:
    """Issued sessions until now, issues tokens from now on."""
    return house.auth(mode="token", accept=BOTH)


@pytest.fixture
def to_sessions(house: House) -> Auth:
    """Issued tokens until now, issues sessions from now on."""
    return house.auth(mode="session", accept=BOTH)


@pytest.fixture
def mode() -> Mode:
    """Each test says its own."""
    return "session"


async def old_session(house: House) -> Issued:
    return await log_in(house.auth(mode="session"), roles=["reader"])


async def old_tokens(house: House) -> Issued:
    return await log_in(house.auth(mode="token"), roles=["reader"])


# --- from sessions to tokens ----------------------------------------------------------------------


async def test_a_session_token_goes_on_and_is_exchanged(house: House, to_tokens: Auth) -> None:
    old = await old_session(house)
    assert (await to_tokens.authenticate(old.credential)).roles == {"reader"}
    new = await to_tokens.refresh(old.credential)
    assert (new.mode, new.session.sid) == ("token", old.session.sid)
    principal = await to_tokens.authenticate(new.credential)
    assert principal.mode == "token"
    assert principal.roles == {"reader"}
    assert house.told.kinds == ["login", "reissued"]


async def test_parallel_exchanges_agree_and_write_nothing(house: House) -> None:
    old = await old_session(house)
    slow = Between(house.store, before=pause)
    auth = house.auth(store=slow.backend, mode="token", accept=BOTH)
    answers = await gather(*(auth.refresh(old.credential) for _ in range(30)))
    assert len({answer.refresh_token for answer in answers}) == 1
    assert await row_of(auth, old) == old.session
    assert {"replace", "insert", "change"} & set(slow.calls) == set()


async def test_the_exchanged_tokens_rotate_like_any_and_outlive_the_window(house: House) -> None:
    old = await old_session(house)
    new = await house.auth(mode="token", accept=BOTH).refresh(old.credential)
    afterwards = house.auth(mode="token")
    house.clock.advance(G)
    next_one = await afterwards.refresh(refresh_token(new))
    assert (await afterwards.authenticate(next_one.credential)).subject == "ann"
    assert (await row_of(afterwards, old)).mode == "token"
    again = await afterwards.refresh(refresh_token(new))
    assert again.refresh_token is None  # a second tab


async def test_once_the_tokens_rotated_the_session_token_is_dead(
    house: House, to_tokens: Auth
) -> None:
    old = await old_session(house)
    new = await to_tokens.refresh(old.credential)
    await to_tokens.refresh(refresh_token(new))
    for verb in (to_tokens.authenticate, to_tokens.refresh):
        assert await refused(verb(old.credential)) is Reason.UNKNOWN


async def test_a_refresh_tokens_secret_still_makes_no_session_token(
    house: House, to_tokens: Auth
) -> None:
    issued = await log_in(to_tokens)
    shown = parse_refresh_token(refresh_token(issued), ROOT.derive("refresh"))
    forged = mint_session_token(shown.sid, shown.secret)
    assert await refused(to_tokens.authenticate(forged)) is Reason.UNKNOWN
    assert await refused(to_tokens.refresh(forged)) is Reason.UNKNOWN


async def test_a_thief_with_a_copy_of_the_session_token_is_noticed_as_with_refresh_tokens(
    house: House, to_tokens: Auth
) -> None:
    old = await old_session(house)
    thiefs, owners = [await to_tokens.refresh(old.credential) for _ in range(2)]
    thiefs = await to_tokens.refresh(refresh_token(thiefs))
    house.clock.advance(G + 1)
    owners = await to_tokens.refresh(refresh_token(owners))
    assert await refused(to_tokens.refresh(refresh_token(thiefs))) is Reason.REUSED
    assert await refused(to_tokens.authenticate(owners.credential)) is Reason.REVOKED


async def test_a_step_up_during_the_change_over_gives_tokens_and_the_old_secret_its_overlap(
    house: House, to_tokens: Auth
) -> None:
    old = await old_session(house)
    new = await to_tokens.elevate(await to_tokens.authenticate(old.credential))
    assert new.mode == "token"
    assert (await to_tokens.authenticate(old.credential)).subject == "ann"
    assert await refused(to_tokens.refresh(old.credential)) is Reason.SUPERSEDED
    house.clock.advance(60)
    assert await refused(to_tokens.authenticate(old.credential)) is Reason.SUPERSEDED
    assert (await to_tokens.refresh(refresh_token(new))).refresh_token is not None


# --- from tokens to sessions ----------------------------------------------------------------------


async def test_a_refresh_token_is_exchanged_for_a_session_token(
    house: House, to_sessions: Auth
) -> None:
    old = await old_tokens(house)
    assert (await to_sessions.authenticate(old.credential)).mode == "token"
    new = await to_sessions.refresh(refresh_token(old))
    assert (new.mode, new.refresh_token) == ("session", None)
    principal = await house.auth(mode="session").authenticate(new.credential)
    assert principal.sid == old.session.sid
    assert principal.roles == {"reader"}
    assert house.told.kinds == ["login", "reissued"]


async def test_no_refresh_token_that_ever_was_makes_a_session_token(
    house: House, to_sessions: Auth
) -> None:
    by_token = house.auth(mode="token")
    kept = await old_tokens(house)
    newest = await by_token.refresh(refresh_token(await by_token.refresh(refresh_token(kept))))
    given = await to_sessions.refresh(refresh_token(newest))
    shown = parse_refresh_token(refresh_token(kept), ROOT.derive("refresh"))
    forged = mint_session_token(shown.sid, shown.secret)
    assert forged != given.credential
    for auth in (to_sessions, house.auth(mode="session"), house.auth(mode="token", accept=BOTH)):
        assert await refused(auth.authenticate(forged)) is Reason.UNKNOWN
    house.clock.advance(G + 1)
    assert await refused(to_sessions.refresh(refresh_token(newest))) is Reason.SUPERSEDED
    assert (await to_sessions.authenticate(given.credential)).subject == "ann"
    assert await refused(to_sessions.refresh(refresh_token(kept))) is Reason.REUSED


async def test_an_exchange_of_nodes_with_other_root_keys_agrees_while_both_know_the_one_used(
    house: House,
) -> None:
    old = await old_tokens(house)
    answers = []
    for keys in ((NEW_ROOT, OLD_ROOT), (OLD_ROOT, NEW_ROOT)):
        auth = house.auth(root=RootKeys(keys, "the tests"), mode="session", accept=BOTH)
        answers.append(await auth.refresh(refresh_token(old)))
    assert answers[0].credential == answers[1].credential
    behind = house.auth(root=RootKeys((OLD_ROOT,), "the tests"), mode="session", accept=BOTH)
    assert await refused(behind.refresh(refresh_token(old))) is Reason.SUPERSEDED


async def test_parallel_exchanges_for_a_session_token_agree_and_write_once(house: House) -> None:
    old = await old_tokens(house)
    slow = Between(house.store, before=pause)
    auth = house.auth(store=slow.backend, mode="session", accept=BOTH)
    answers = await gather(*(auth.refresh(refresh_token(old)) for _ in range(30)))
    assert len({answer.credential for answer in answers}) == 1
    assert (await row_of(auth, old)).version == old.session.version + 1


async def test_a_node_that_issues_tokens_already_agrees_with_one_that_gave_a_session_token(
    house: House, to_sessions: Auth, to_tokens: Auth
) -> None:
    old = await old_tokens(house)
    given = await to_sessions.refresh(refresh_token(old))
    late = await to_tokens.refresh(refresh_token(old))
    assert late.refresh_token == (await to_tokens.refresh(given.credential)).refresh_token
    assert (await to_sessions.authenticate(given.credential)).subject == "ann"
    assert (await to_tokens.refresh(refresh_token(late))).mode == "token"


async def test_what_was_exchanged_elsewhere_is_known_for_its_grace_and_while_both_are_accepted(
    house: House, to_sessions: Auth, to_tokens: Auth
) -> None:
    old = await old_tokens(house)
    given = await to_sessions.refresh(refresh_token(old))
    alone = house.auth(mode="token")
    assert await refused(alone.refresh(refresh_token(old))) is Reason.SUPERSEDED
    house.clock.advance(G + 1)
    assert await refused(to_tokens.refresh(refresh_token(old))) is Reason.SUPERSEDED
    assert (await to_sessions.authenticate(given.credential)).subject == "ann"


@pytest.mark.parametrize("to", BOTH)
async def test_what_was_displaced_before_the_exchange_is_theft_on_every_node(
    house: House, to_sessions: Auth, to: Mode
) -> None:
    by_token = house.auth(mode="token")
    stolen = await old_tokens(house)
    newest = await by_token.refresh(refresh_token(await by_token.refresh(refresh_token(stolen))))
    given = await to_sessions.refresh(refresh_token(newest))
    node = house.auth(mode=to, accept=BOTH)
    assert await refused(node.refresh(refresh_token(stolen))) is Reason.REUSED
    assert await refused(to_sessions.authenticate(given.credential)) is Reason.REVOKED


@pytest.mark.parametrize("later", [0, G, G + 1, 7 * G])
@pytest.mark.parametrize("to", BOTH)
async def test_who_was_displaced_by_a_thief_who_exchanged_shows_the_theft_however_late(
    house: House, to: Mode, later: int
) -> None:
    to_sessions = house.auth(mode="session", accept=BOTH)
    stolen = await old_tokens(house)
    newest = await house.auth(mode="token").refresh(refresh_token(stolen))
    house.clock.advance(G + 1)
    taken = await to_sessions.refresh(refresh_token(stolen))  # re-branched
    house.clock.advance(later)
    node = house.auth(mode=to, accept=BOTH)
    assert await refused(node.refresh(refresh_token(newest))) is Reason.REUSED
    assert await refused(to_sessions.authenticate(taken.credential)) is Reason.REVOKED


async def test_a_refresh_token_newer_than_the_exchanged_one_is_adopted_on_every_node(
    house: House, to_sessions: Auth, to_tokens: Auth
) -> None:
    by_token = house.auth(mode="token")
    old = await old_tokens(house)
    before = await row_of(by_token, old)
    child = await by_token.refresh(refresh_token(old))
    newest = await by_token.refresh(refresh_token(child))
    await house.store.replace(await row_of(by_token, old), before)  # the store went back in time
    given = await to_sessions.refresh(refresh_token(old))
    adopted = await to_tokens.refresh(refresh_token(newest))
    assert "adopted" in house.told.kinds
    assert (await to_tokens.refresh(refresh_token(adopted))).refresh_token is not None
    assert await refused(to_sessions.authenticate(given.credential)) is Reason.UNKNOWN


async def test_the_parent_of_a_refresh_token_gets_a_session_token_only_after_its_grace(
    house: House, to_sessions: Auth
) -> None:
    parent = await old_tokens(house)
    child = await house.auth(mode="token").refresh(refresh_token(parent))
    meanwhile = await to_sessions.refresh(refresh_token(parent))
    assert (meanwhile.mode, meanwhile.refresh_token) == ("token", None)
    house.clock.advance(G + 1)
    assert (await to_sessions.refresh(refresh_token(parent))).mode == "session"
    assert await refused(to_sessions.refresh(refresh_token(child))) is Reason.REUSED


async def test_a_refresh_token_newer_than_a_restored_row_is_adopted(
    house: House, to_sessions: Auth
) -> None:
    by_token = house.auth(mode="token")
    old = await old_tokens(house)
    before = await row_of(by_token, old)
    newer = await by_token.refresh(refresh_token(old))
    now = await row_of(by_token, old)
    await house.store.replace(now, before)
    assert (await to_sessions.refresh(refresh_token(newer))).mode == "session"
    assert "adopted" in house.told.kinds


async def test_a_step_up_by_an_access_token_gives_a_session_token(
    house: House, to_sessions: Auth
) -> None:
    old = await old_tokens(house)
    new = await to_sessions.elevate(await to_sessions.authenticate(old.credential))
    assert new.mode == "session"
    assert (await to_sessions.authenticate(new.credential)).subject == "ann"


# --- a session token that was remembered ----------------------------------------------------------


@pytest.mark.parametrize("to", BOTH)
async def test_a_session_token_dies_on_every_node_once_its_refresh_token_moved_the_row_on(
    house: House, twin: Backend, to: Mode
) -> None:
    old = await old_session(house)
    tokens = await house.auth(mode="token", accept=BOTH).refresh(old.credential)
    nodes = [house.auth(store=store, mode=to, accept=BOTH) for store in (house.store, twin)]
    for node in nodes:
        await node.authenticate(old.credential)
    moved = await nodes[0].refresh(refresh_token(tokens))
    for node in nodes:
        assert await refused(node.authenticate(old.credential)) is Reason.UNKNOWN
        for alive in (tokens, moved):
            assert (await node.authenticate(alive.credential)).roles == {"reader"}


@pytest.mark.parametrize("to", BOTH)
async def test_across_a_network_it_dies_at_once_where_that_was_done_and_elsewhere_by_the_feed(
    house: House, twin: Backend, to: Mode
) -> None:
    old = await old_session(house)
    tokens = await house.auth(mode="token", accept=BOTH).refresh(old.credential)
    wires = [Between(store, remote=True) for store in (house.store, twin)]
    here, there = (house.auth(store=wire.backend, mode=to, accept=BOTH) for wire in wires)
    for node in (here, there):
        await node.catch_up()
        await node.authenticate(old.credential)
    await here.refresh(refresh_token(tokens))
    assert await refused(here.authenticate(old.credential)) is Reason.UNKNOWN
    await there.catch_up()
    assert await refused(there.authenticate(old.credential)) is Reason.UNKNOWN


async def test_refresh_tokens_that_rotate_as_ever_are_no_change(house: House) -> None:
    auth = house.auth(mode="token")
    issued = await auth.refresh(refresh_token(await old_tokens(house)))
    assert issued.session.ver == 1


# --- both ways ------------------------------------------------------------------------------------


async def test_there_and_back_nobody_is_logged_out(house: House) -> None:
    held = (await old_session(house)).credential
    for mode in ("token", "session", "token", "session"):
        auth = house.auth(mode=mode, accept=BOTH)
        issued = await auth.refresh(held)
        assert (await auth.authenticate(issued.credential)).subject == "ann"
        held = issued.refresh_token or issued.credential


async def test_an_access_token_from_before_a_step_up_does_not_come_back_by_an_exchange(
    house: House, to_sessions: Auth
) -> None:
    by_token = house.auth(mode="token")
    old = await old_tokens(house)
    house.clock.advance(5)
    proved = await by_token.elevate(await by_token.authenticate(old.credential))
    house.clock.advance(ELEVATE_OVERLAP)
    assert await refused(to_sessions.authenticate(old.credential)) is Reason.SUPERSEDED
    await to_sessions.refresh(refresh_token(proved))
    assert await refused(to_sessions.authenticate(old.credential)) is Reason.SUPERSEDED


@pytest.mark.parametrize("to", BOTH)
async def test_a_refresh_token_from_before_a_step_up_is_exchanged_for_nothing_in_its_overlap(
    house: House, to: Mode
) -> None:
    """Else a thief who holds it would be given what the person just proved."""
    old = await old_tokens(house)
    node = house.auth(mode=to, accept=BOTH)
    proved = await node.elevate(await node.authenticate(old.credential))
    assert await refused(node.refresh(refresh_token(old))) is Reason.SUPERSEDED
    assert (await node.authenticate(proved.credential)).sid == old.session.sid


@pytest.mark.parametrize("to", BOTH)
async def test_decisions_bind_old_and_new_credentials_alike(house: House, to: Mode) -> None:
    auth = house.auth(mode=to, accept=BOTH)
    old = await (old_session(house) if to == "token" else old_tokens(house))
    new = await auth.refresh(old.refresh_token or old.credential)
    await auth.change("ann", roles=["admin"])
    for credential in (old.credential, new.credential):
        assert (await auth.authenticate(credential)).roles == {"admin"}
    await auth.revoke(subject="ann")
    for credential in (old.credential, new.credential):
        assert await refused(auth.authenticate(credential)) is Reason.REVOKED
        assert await refused(auth.refresh(old.refresh_token or old.credential)) is Reason.REVOKED


@pytest.mark.parametrize("to", BOTH)
async def test_after_the_window_the_old_kind_is_refused(house: House, to: Mode) -> None:
    old = await (old_session(house) if to == "token" else old_tokens(house))
    auth = house.auth(mode=to)
    assert await refused(auth.authenticate(old.credential)) is Reason.MALFORMED
    why = await refused(auth.refresh(old.refresh_token or old.credential))
    assert why is (Reason.MALFORMED if to == "token" else Reason.UNKNOWN)


@pytest.mark.parametrize("to", BOTH)
async def test_logging_out_with_an_old_credential_ends_the_session(house: House, to: Mode) -> None:
    old = await (old_session(house) if to == "token" else old_tokens(house))
    auth = house.auth(mode=to, accept=BOTH)
    new = await auth.refresh(old.refresh_token or old.credential)
    assert await auth.logout(old.refresh_token or old.credential) == [old.session.sid]
    assert await refused(auth.authenticate(new.credential)) is Reason.REVOKED
