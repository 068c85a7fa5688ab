"""Two processes on one store: what one decides binds in the other at its next check."""

import pytest

from doorward import Reason, Rejected
from doorward.stores import Backend
from tests.core.scene import House, log_in, refresh_token, refused

pytestmark = pytest.mark.anyio


async def test_a_revocation_here_is_a_refusal_there(house: House, twin: Backend) -> None:
    here, there = house.auth(), house.auth(store=twin)
    for deciding, checking in ((here, there), (there, here)):
        issued = await log_in(deciding)
        for process in (here, there):
            assert (await process.authenticate(issued.credential)).subject == "ann"
        await deciding.revoke(sid=issued.session.sid)
        assert await refused(checking.authenticate(issued.credential)) is Reason.REVOKED
        assert await refused(deciding.authenticate(issued.credential)) is Reason.REVOKED


async def test_a_change_of_roles_here_binds_there(house: House, twin: Backend) -> None:
    here, there = house.auth(), house.auth(store=twin)
    issued = await log_in(here, roles=["reader"])
    await there.authenticate(issued.credential)
    for roles in (["admin"], [], ["reader"]):
        await here.change("ann", roles=roles)
        assert (await there.authenticate(issued.credential)).roles == frozenset(roles)


async def test_logging_out_here_ends_the_session_there(house: House, twin: Backend) -> None:
    here, there = house.auth(), house.auth(store=twin)
    issued = await log_in(here)
    await there.authenticate(issued.credential)
    await here.logout(issued.refresh_token or issued.credential)
    assert await refused(there.authenticate(issued.credential)) is Reason.REVOKED


async def test_a_step_up_here_supersedes_the_old_secret_there(house: House, twin: Backend) -> None:
    here, there = house.auth(), house.auth(store=twin)
    old = await log_in(here)
    new = await here.elevate(await there.authenticate(old.credential))
    assert (await there.authenticate(new.credential)).sid == old.session.sid
    house.clock.advance(60)
    if house.mode == "session":
        assert await refused(there.authenticate(old.credential)) is Reason.SUPERSEDED
    else:
        assert await refused(there.refresh(refresh_token(old))) is Reason.SUPERSEDED


async def test_a_process_that_starts_after_a_decision_knows_of_it(
    house: House, twin: Backend
) -> None:
    here = house.auth()
    ended, changed = await log_in(here), await log_in(here, "bob", roles=["admin"])
    await here.revoke(sid=ended.session.sid)
    await here.change("bob", roles=[])
    for _ in range(2):
        started_later = house.auth(store=twin)
        assert await refused(started_later.authenticate(ended.credential)) is Reason.REVOKED
        assert (await started_later.authenticate(changed.credential)).roles == frozenset()


async def test_a_login_begun_here_fails_when_there_somebody_decides_about_its_subject(
    house: House, twin: Backend
) -> None:
    here, there = house.auth(), house.auth(store=twin)
    attempt = await here.attempt()
    await there.revoke(subject="ann")
    assert await refused(attempt.login("ann")) is Reason.SUPERSEDED
    assert (await log_in(here)).session.subject == "ann"


async def test_a_refresh_race_of_two_processes_has_one_winner_and_no_thief(
    token_house: House, twin: Backend
) -> None:
    here, there = token_house.auth(), token_house.auth(store=twin)
    issued = await log_in(here)
    answers = [await process.refresh(refresh_token(issued)) for process in (here, there, here)]
    assert [answer.refresh_token is not None for answer in answers] == [True, False, False]
    assert (await there.refresh(refresh_token(answers[0]))).refresh_token is not None


async def test_a_process_says_how_far_it_has_followed_the_changes(
    house: House, twin: Backend
) -> None:
    here, there = house.auth(), house.auth(store=twin)
    at_first = there.learned
    assert at_first is None
    issued = await log_in(here)
    await there.authenticate(issued.credential)
    before = there.learned
    assert before == (await twin.changes(None)).cursor
    await here.change("ann", roles=["editor"])
    assert there.learned == before
    await there.authenticate(issued.credential)
    assert there.learned == (await twin.changes(None)).cursor != before


async def test_a_shorter_life_of_access_tokens_forgets_no_revocation(token_house: House) -> None:
    generous = token_house.auth(access_ttl=3600)
    issued = await log_in(generous)
    await generous.logout(issued.credential)
    strict = token_house.auth(access_ttl=1)
    for _ in range(40):
        with pytest.raises(Rejected):
            await strict.authenticate(issued.credential)
        token_house.clock.advance(97)
