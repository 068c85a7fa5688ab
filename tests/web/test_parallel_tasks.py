"""Tasks of one request that ask at the same time who makes it, as the resolvers of GraphQL do."""

from asyncio import CancelledError, create_task, gather, sleep
from pathlib import Path

import pytest

from doorward import Issued, Principal, Reason, Rejected, StoreUnavailable
from doorward.web.visit import Visit
from tests.core.between import once, pause
from tests.web.conftest import Build, House
from tests.web.driver import cookie, cookies_of
from tests.web.test_gate import refresh_of, visit
from tests.web.test_long_sessions import YEARS

pytestmark = pytest.mark.anyio

MANY = 5


@pytest.fixture(params=[0, 60])
async def slow(request: pytest.FixtureRequest, build: Build) -> House:
    """A house whose store lets other tasks run on every call, without a grace and with one."""
    house: House = await build("token", refresh_grace=request.param)
    house.store.before = pause
    return house


async def due(house: House) -> tuple[Issued, Visit]:
    """A login whose access token is out, and a request with its cookies."""
    issued = await house.log_in()
    house.clock.advance(house.auth.settings.access_ttl)
    return issued, visit(house, cookies_of(issued))


async def outcomes(asked: Visit, many: int = MANY) -> list[object]:
    return await gather(*(asked.principal() for _ in range(many)), return_exceptions=True)


def refreshes(house: House) -> int:
    return [event.kind for event in house.events].count("refreshed")


async def new_refresh_token(asked: Visit) -> str:
    """The value of the refresh cookie that the answer sets."""
    (found,) = [text for _, text in await asked.cookies() if text.startswith(b"__Host-refresh=")]
    return found.partition(b"=")[2].partition(b";")[0].decode()


async def test_tasks_of_one_request_refresh_once(slow: House) -> None:
    issued, asked = await due(slow)
    found = await outcomes(asked)
    assert [who.subject for who in found if isinstance(who, Principal)] == ["ann"] * MANY
    assert refreshes(slow) == 1
    token = await new_refresh_token(asked)
    assert token != refresh_of(issued)
    slow.clock.advance(slow.auth.settings.access_ttl)
    assert (await visit(slow, cookie(refresh=token)).principal()).subject == "ann"


async def test_what_is_decided_during_the_refresh_binds_the_task_that_joins_it(
    slow: House,
) -> None:
    _, asked = await due(slow)
    slow.store.after = once("replace", lambda: slow.auth.revoke(subject="ann"))
    _, *others = await outcomes(asked)
    reasons = {who.reason if isinstance(who, Rejected) else who for who in others}
    assert reasons == {Reason.REVOKED}


async def test_a_refusal_is_the_outcome_of_every_task(slow: House) -> None:
    issued, asked = await due(slow)
    newer = await slow.auth.refresh(refresh_of(issued))
    await slow.auth.refresh(refresh_of(newer))
    slow.clock.advance(slow.auth.settings.grace + 1)
    found = await outcomes(asked)
    assert {who.reason for who in found if isinstance(who, Rejected)} == {Reason.REUSED}
    assert len([who for who in found if isinstance(who, Rejected)]) == MANY
    assert [event.kind for event in slow.events].count("reused") == 1


async def test_a_store_that_is_gone_during_the_refresh_is_the_outcome_of_every_task(
    slow: House,
) -> None:
    async def gone() -> None:
        raise StoreUnavailable("gone")

    _, asked = await due(slow)
    slow.store.after = once("replace", gone)
    assert {type(who) for who in await outcomes(asked)} == {StoreUnavailable}
    # it may have been done, and the same token again would look like theft
    with pytest.raises(StoreUnavailable):
        await asked.principal()


@pytest.mark.parametrize("steps", range(12))
async def test_a_cancelled_task_leaves_the_others_their_outcome_and_the_answer_its_cookies(
    slow: House, steps: int
) -> None:
    _, asked = await due(slow)
    first, *others = [create_task(asked.principal()) for _ in range(MANY)]
    for _ in range(steps):
        await sleep(0)
    first.cancel()
    found = await gather(first, *others, return_exceptions=True)
    assert {who.subject for who in found[1:] if isinstance(who, Principal)} == {"ann"}
    assert isinstance(found[0], CancelledError | Principal)
    assert await new_refresh_token(asked)
    assert refreshes(slow) == 1


@pytest.mark.parametrize("steps", range(12))
async def test_a_refresh_whose_only_task_was_cancelled_gives_its_cookies_to_the_answer(
    slow: House, steps: int
) -> None:
    issued, asked = await due(slow)
    only = create_task(asked.principal())
    for _ in range(steps):
        await sleep(0)
    only.cancel()
    await gather(only, return_exceptions=True)
    given = await asked.cookies()
    row = await slow.auth.session(issued.session.sid)
    assert row is not None
    rotated = row.ver != issued.session.ver or row.generation != issued.session.generation
    assert bool(given) == rotated


async def test_a_task_that_asks_during_the_exchange_does_not_hide_its_cookies(
    build: Build, tmp_path: Path
) -> None:
    database = f"sqlite:///{tmp_path}/app.db"
    before = await build("session", database, **YEARS)
    during = await build("token", database, accept=("session", "token"), **YEARS)
    issued = await before.log_in()
    during.clock.advance(during.auth.settings.touch_after + 1)
    asked = visit(during, cookies_of(issued))
    during.store.before = pause
    found = await outcomes(asked)
    assert {type(who) for who in found} == {Principal}
    assert await new_refresh_token(asked)


@pytest.mark.parametrize("first", ["headers", "handler"])
async def test_a_credential_of_another_session_is_refused_beside_the_cookie_of_a_parallel_task(
    house: House, first: str
) -> None:
    mine, other = await house.log_in(), await house.log_in("bob")
    house.store.before = pause
    asked = visit(house, cookies_of(mine))
    asks = [asked.principal(), asked.present(other.credential)]
    found = await gather(*(asks if first == "headers" else asks[::-1]), return_exceptions=True)
    assert [who.reason for who in found if isinstance(who, Rejected)] == [Reason.MALFORMED]
    assert asked.known in found
    assert (await asked.principal()) == asked.known


async def test_parallel_tasks_that_say_that_somebody_is_there_agree(house: House) -> None:
    issued = await house.log_in()
    asked = visit(house, cookies_of(issued))
    await asked.principal()
    house.clock.advance(house.auth.settings.touch_after)
    house.store.before = pause
    found = await gather(*(asked.touch() for _ in range(MANY)))
    assert {who.sid for who in found} == {issued.session.sid}
    row = await house.auth.session(issued.session.sid)
    assert row is not None
    assert row.seen_at == house.clock()
