"""A request, or what outlives it, that asks a second time who makes it."""

from asyncio import create_task
from collections.abc import Awaitable, Callable

import pytest

from doorward import Issued, Reason, Rejected, StoreUnavailable
from doorward.web.visit import Visit
from tests.web.conftest import House
from tests.web.driver import bearer, cookies_of
from tests.web.test_gate import visit

pytestmark = pytest.mark.anyio


async def by_cookie(house: House) -> tuple[Issued, Visit]:
    issued = await house.log_in(roles=["editor"])
    return issued, visit(house, cookies_of(issued))


async def by_bearer(house: House) -> tuple[Issued, Visit]:
    issued = await house.log_in(roles=["editor"])
    return issued, visit(house, bearer(issued.credential))


async def renewed(house: House) -> tuple[Issued, Visit]:
    """In token mode, by an access cookie that is out: the first question renews it."""
    issued, asked = await by_cookie(house)
    house.clock.advance(house.auth.settings.access_ttl)
    return issued, asked


Way = Callable[[House], Awaitable[tuple[Issued, Visit]]]


@pytest.fixture(params=[by_cookie, by_bearer, renewed])
async def asked(request: pytest.FixtureRequest, house: House) -> tuple[Issued, Visit]:
    """A login, and a request on it that asked once."""
    way: Way = request.param
    issued, found = await way(house)
    await found.principal()
    return issued, found


@pytest.mark.parametrize("staleness", [None, 0, 60])
async def test_what_was_decided_since_the_first_time_binds(
    house: House, asked: tuple[Issued, Visit], staleness: int | None
) -> None:
    await house.auth.revoke(subject="ann")
    with pytest.raises(Rejected) as refused:
        await asked[1].principal(max_staleness=staleness)
    assert refused.value.reason is Reason.REVOKED


async def test_a_task_that_outlives_its_request_is_told_of_a_revocation(
    house: House, asked: tuple[Issued, Visit]
) -> None:
    await house.auth.revoke(sid=asked[0].session.sid)
    with pytest.raises(Rejected):
        await create_task(asked[1].principal())


async def test_a_role_that_was_taken_away_is_gone_within_the_same_request(
    house: House, asked: tuple[Issued, Visit]
) -> None:
    await house.auth.change("ann", roles=[], scopes=[])
    assert (await asked[1].principal()).roles == frozenset()


async def test_a_store_that_does_not_answer_is_not_taken_for_a_yes(
    house: House, asked: tuple[Issued, Visit]
) -> None:
    house.store.arm(1)
    with pytest.raises(StoreUnavailable):
        await asked[1].principal(max_staleness=0)


async def test_a_request_may_last_longer_than_its_credential_but_not_than_its_session(
    house: House, asked: tuple[Issued, Visit]
) -> None:
    settings, (issued, found) = house.auth.settings, asked
    house.clock.advance(settings.access_ttl)
    again = await found.principal(max_staleness=0)
    assert (again.sid, again.roles) == (issued.session.sid, frozenset(["editor"]))
    await house.auth.revoke(sid=issued.session.sid)
    with pytest.raises(Rejected) as refused:
        await found.principal()
    assert refused.value.reason is Reason.REVOKED


async def test_nothing_is_renewed_a_second_time_where_no_cookie_can_be_set_any_more(
    token_house: House,
) -> None:
    _, found = await renewed(token_house)
    await found.principal()
    issued = found.issued
    token_house.clock.advance(token_house.auth.settings.access_ttl)
    await found.principal(max_staleness=0)
    assert found.issued is issued


async def test_a_withdrawn_key_ends_what_it_signed_within_the_same_request(
    token_house: House,
) -> None:
    _, found = await by_bearer(token_house)
    await found.principal()
    (key,) = (await token_house.auth.jwks())["keys"][:1]
    await token_house.auth.withdraw_key(key["kid"])
    with pytest.raises(Rejected) as refused:
        await found.principal()
    assert refused.value.reason is Reason.WITHDRAWN
