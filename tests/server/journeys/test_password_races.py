"""A password is changed while another change is on its way: one of the two happened, never both."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx2
import pytest

from doorward.passwords import CHEAP, Passwords
from doorward.server.accounts.reset_link import reset_link
from tests.server.house import EMAIL, ORIGIN, PASSWORD, House, login

pytestmark = pytest.mark.anyio

CHANGED, RESET = "the one that was changed", "the one that was reset"


class Held(Passwords):
    """A real hasher that keeps the hash of `password` back until it may go on."""

    def __init__(self, password: str) -> None:
        super().__init__(CHEAP)
        self.password = password
        self.waits, self.may_go_on = asyncio.Event(), asyncio.Event()

    async def hash(self, password: str) -> str:
        if password == self.password:
            self.waits.set()
            await self.may_go_on.wait()
        return await super().hash(password)


async def ticket(house: House, *, mailed: bool = False) -> str:
    user = await house.service.users.by_email(EMAIL)
    assert user is not None
    store, at = house.service.auth.store, house.clock()
    link = await reset_link(store, user, ORIGIN, at=at, mailed=mailed)
    return link.partition("ticket=")[2]


async def change(client: httpx2.AsyncClient) -> httpx2.Response:
    return await client.post("/api/password", json={"current": PASSWORD, "new": CHANGED})


async def reset(client: httpx2.AsyncClient, ticket: str, new: str = RESET) -> httpx2.Response:
    return await client.post("/reset", data={"ticket": ticket, "new": new})


async def logs_in(house: House, password: str) -> bool:
    return (await login(await house.browser(), password)).status_code == 200


@pytest.fixture
async def held(house: House, request: pytest.FixtureRequest) -> AsyncIterator[Held]:
    held = Held(request.param)
    house.app.state.service = replace(house.service, passwords=held)
    yield held
    held.close()


@pytest.mark.parametrize("held", [CHANGED], indirect=True)
async def test_a_change_on_its_way_does_not_undo_a_reset(house: House, held: Held) -> None:
    thief, link = await house.alice(), await ticket(house)
    changing = asyncio.create_task(change(thief))
    await held.waits.wait()
    assert (await reset(await house.browser(), link)).status_code == 303
    held.may_go_on.set()
    answer = await changing
    assert (answer.status_code, answer.json()["reason"]) == (403, "wrong_password")
    assert await logs_in(house, RESET)
    assert not await logs_in(house, CHANGED)


@pytest.mark.parametrize("held", [RESET], indirect=True)
async def test_a_reset_on_its_way_does_not_undo_a_change(house: House, held: Held) -> None:
    owner, link = await house.alice(), await ticket(house)
    resetting = asyncio.create_task(reset(await house.browser(), link))
    await held.waits.wait()
    assert (await change(owner)).status_code == 204
    held.may_go_on.set()
    answer = await resetting
    assert (answer.status_code, "was used already" in answer.text) == (400, True)
    assert await logs_in(house, CHANGED)
    assert (await owner.get("/api/me")).status_code == 200


@pytest.mark.parametrize("held", [RESET], indirect=True)
async def test_of_two_links_used_at_once_one_wins(house: House, held: Held) -> None:
    await house.alice()
    first, second = await ticket(house), await ticket(house)
    slow = asyncio.create_task(reset(await house.browser(), first))
    await held.waits.wait()
    quick = await reset(await house.browser(), second, CHANGED)
    held.may_go_on.set()
    assert (quick.status_code, (await slow).status_code) == (303, 400)
    assert await logs_in(house, CHANGED)


@pytest.mark.parametrize("held", [RESET], indirect=True)
async def test_a_link_on_its_way_proves_no_address_that_came_meanwhile(
    house: House, held: Held
) -> None:
    """It was mailed to another one, and dies with a change of address."""
    subject, users = await house.account(), house.service.users
    link = await ticket(house, mailed=True)
    resetting = asyncio.create_task(reset(await house.browser(), link))
    await held.waits.wait()
    before = await users.set_email(subject, "somebody@else.test")
    held.may_go_on.set()
    assert (await resetting).status_code == 400
    assert await users.by_subject(subject) == before
    assert before is not None
    tried = [
        await users.set_password(subject, "x", old=before.password_hash, at=1, readdressed=number)
        for number in (before.readdressed - 1, before.readdressed)
    ]
    assert [each is not None for each in tried] == [False, True]
