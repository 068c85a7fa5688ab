"""The link of an invitation: it works once, for seven days, and not after the account changed."""

import asyncio
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from doorward.server.accounts.invitation import LIFETIME, MAILED, SHOWN, invitation_link
from doorward.server.accounts.user import User
from doorward.server.accounts.users import Users
from doorward.server.audit.history import Query
from tests.server.house import EMAIL, ORIGIN, House, login

pytestmark = pytest.mark.anyio

CHOSEN = "a wholly new passphrase"


async def invited(house: House, email: str = EMAIL, way: str = SHOWN) -> str:
    """The ticket of an invitation to a user without a password."""
    users = house.service.users
    user = await users.by_email(email) or await users.create(email, None, at=house.clock())
    store = house.service.auth.store
    link = await invitation_link(store, user, ORIGIN, at=house.clock(), way=way)
    return link.removeprefix(f"{ORIGIN}/link/invitation?ticket=")


async def accept(
    client: httpx2.AsyncClient, ticket: str, password: str = CHOSEN
) -> httpx2.Response:
    return await client.post("/link/invitation", data={"ticket": ticket, "new": password})


@pytest.mark.parametrize(("way", "proved"), [(MAILED, True), (SHOWN, False)])
async def test_a_link_sets_the_first_password_and_proves_the_address_if_it_was_mailed(
    either: House, way: str, proved: bool
) -> None:
    ticket = await invited(either, way=way)
    browser = await either.browser()
    assert (await browser.get(f"/link/invitation?ticket={ticket}")).status_code == 200
    answer = await accept(browser, ticket)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert "Your password is set." in (await browser.get("/login")).text
    user = await either.service.users.by_email(EMAIL)
    assert user is not None
    assert (user.verified_at is not None, user.settled) == (proved, user.decided)
    assert (await login(browser, CHOSEN)).json()["roles"] == (["verified"] if proved else [])
    (entry,) = await either.service.history.page(Query(kind="invitation_accepted"))
    assert (entry.entry.subject, entry.entry.actor) == (user.subject, user.subject)


async def test_of_thirty_at_once_exactly_one_wins(house: House) -> None:
    ticket = await invited(house)
    browser = await house.browser()
    chosen = [f"{CHOSEN} {n}" for n in range(30)]
    answers = await asyncio.gather(*(accept(browser, ticket, each) for each in chosen))
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(303) == 1, statuses
    assert (await accept(browser, ticket, chosen[0] + "!")).status_code == 400
    winner = chosen[statuses.index(303)]
    assert (await login(await house.browser(), winner)).status_code == 200
    for each in [one for one in chosen if one != winner][:2]:
        assert (await login(await house.browser(), each)).status_code == 401


async def test_a_refused_password_does_not_use_the_link_up(house: House) -> None:
    ticket = await invited(house)
    browser = await house.browser()
    for weak in ("short", "alice@example.test"):
        refused = await accept(browser, ticket, weak)
        assert (refused.status_code, 'id="new-error"' in refused.text) == (400, True)
    assert (await accept(browser, ticket)).status_code == 303


async def test_a_link_that_is_no_longer_good_is_told_at_once(house: House) -> None:
    users, browser = house.service.users, await house.browser()
    late = await invited(house, "late@example.test")
    house.clock.advance(LIFETIME)
    fresh = await invited(house, "fresh@example.test")
    moved = await invited(house, "moved@example.test")
    user = await users.by_email("moved@example.test")
    assert user is not None
    await users.set_email(user.subject, "elsewhere@example.test")
    gone = await invited(house, "gone@example.test")
    user = await users.by_email("gone@example.test")
    assert user is not None
    await users.delete(user.subject)
    for ticket in (late, moved, gone, "x" * 43):
        page = await browser.get(f"/link/invitation?ticket={ticket}")
        assert (page.status_code, "expired or was used" in page.text) == (400, True)
        assert (await accept(browser, ticket)).status_code == 400
    assert "not complete" in (await browser.get("/link/invitation?ticket=x")).text
    house.clock.advance(LIFETIME - 1)
    assert (await accept(browser, fresh)).status_code == 303
    refused = await house.service.history.page(Query(kind="link_refused"))
    assert {each.entry.detail["link"] for each in refused} == {"invitation"}
    assert (await browser.post("/reset", data={"ticket": moved, "new": CHOSEN})).status_code == 400


async def test_a_locked_person_can_accept_and_stays_locked(house: House) -> None:
    ticket = await invited(house)
    user = await house.service.users.by_email(EMAIL)
    assert user is not None
    await house.service.users.lock(user.subject, at=house.clock())
    assert (await accept(await house.browser(), ticket)).status_code == 303
    assert (await login(await house.browser(), CHOSEN)).status_code == 401


async def test_another_site_cannot_accept(house: House) -> None:
    ticket = await invited(house)
    foreign = await house.client(**{"sec-fetch-site": "cross-site"})
    assert (await accept(foreign, ticket)).status_code == 403
    assert (await accept(await house.browser(), ticket)).status_code == 303


class Readdressed(Users):
    """An administrator corrects the address once the link was judged."""

    async def set_password(self, subject: str, *args: Any, **more: Any) -> User | None:
        await self.set_email(subject, "somebody@else.test")
        return await super().set_password(subject, *args, **more)


async def test_a_link_on_its_way_proves_no_address_that_came_meanwhile(house: House) -> None:
    ticket = await invited(house, way=MAILED)
    whole = house.service
    late = Readdressed(whole.users._database)
    house.app.state.service = replace(whole, users=late)
    assert (await accept(await house.browser(), ticket)).status_code == 400
    user = await whole.users.by_email("somebody@else.test")
    assert user is not None
    assert (user.password_hash, user.verified_at) == (None, None)
