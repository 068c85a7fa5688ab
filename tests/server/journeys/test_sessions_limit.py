"""How many places one person may be logged in at, and what a login beyond that does."""

import pytest

from tests.server.house import EMAIL, PASSWORD, House, Opened, login

pytestmark = pytest.mark.anyio


async def places(house: House, many: int, apart: int = 1) -> list[int]:
    """Statuses of `/api/me` of so many logins of one person, the first one first."""
    clients = [await house.browser() for _ in range(many)]
    for client in clients:
        house.clock.advance(apart)
        assert (await login(client)).status_code == 200
    return [(await client.get("/api/me")).status_code for client in clients]


@pytest.mark.parametrize("mode", ["session", "token"])
@pytest.mark.parametrize("apart", [0, 1])
async def test_beyond_the_most_the_session_that_began_first_ends(
    opened: Opened, mode: str, apart: int
) -> None:
    house: House = await opened(mode=mode, max_sessions=2)
    await house.service.users.create(EMAIL, await hashed(house), at=1)
    assert await places(house, 8, apart) == [401] * 6 + [200, 200]


async def test_single_session_is_a_most_of_one(opened: Opened) -> None:
    house: House = await opened(max_sessions=1)
    await house.service.users.create(EMAIL, await hashed(house), at=1)
    assert await places(house, 3) == [401, 401, 200]


@pytest.mark.parametrize("mode", ["session", "token"])
async def test_where_it_refuses_a_login_beyond_the_most_says_why_and_ends_nothing(
    opened: Opened, mode: str
) -> None:
    house: House = await opened(mode=mode, max_sessions=1, when_full="refuse")
    await house.service.users.create(EMAIL, await hashed(house), at=1)
    first, second = await house.browser(), await house.browser()
    assert (await login(first)).status_code == 200
    refused = await login(second)
    assert (refused.status_code, refused.json()["reason"]) == (409, "too_many_sessions")
    page = await second.post("/login", data={"email": EMAIL, "password": PASSWORD})
    assert page.status_code == 409
    assert "as many sessions as are allowed" in page.text
    assert (await first.get("/api/me")).status_code == 200
    assert (await first.post("/api/logout")).status_code == 204
    assert (await login(second)).status_code == 200


async def test_without_the_option_any_number_is_allowed(house: House) -> None:
    await house.service.users.create(EMAIL, await hashed(house), at=1)
    assert await places(house, 12) == [200] * 12


async def hashed(house: House) -> str:
    return await house.service.passwords.hash(PASSWORD)
