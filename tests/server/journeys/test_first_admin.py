"""The first administrator's link: once, for a day, and only while nobody administers."""

from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from doorward.server.audit.history import Query
from doorward.server.journeys.first_admin.flow import LIFETIME, setup_link
from tests.server.house import EMAIL, PASSWORD, House, Opened, login

pytestmark = pytest.mark.anyio

ROOT = "root@example.test"


async def ticket_of(house: House) -> str:
    link = await setup_link(house.service)
    assert link is not None
    parts = urlsplit(link)
    assert (parts.netloc, parts.path) == ("testserver", "/setup")
    return parse_qs(parts.query)["ticket"][0]


async def set_up(
    client: httpx2.AsyncClient, ticket: str, email: str = ROOT, password: str = PASSWORD
) -> httpx2.Response:
    form = {"ticket": ticket, "email": email, "password": password}
    return await client.post("/setup", data=form)


async def test_whoever_has_the_link_makes_the_administrators_account_even_where_sign_up_is_closed(
    opened: Opened,
) -> None:
    house: House = await opened(signup="closed")
    ticket, browser = await ticket_of(house), await house.browser()
    assert (await browser.get("/setup", params={"ticket": ticket})).status_code == 200
    answer = await set_up(browser, ticket)
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin")
    assert (await browser.get("/admin")).status_code == 200
    assert (await browser.get("/api/me")).json()["roles"] == ["admin"]
    (entry,) = await house.service.history.page(Query(kind="first_admin"))
    assert ticket not in repr(await house.service.history.page(Query()))
    assert entry.entry.subject == (await browser.get("/api/me")).json()["subject"]


async def test_who_is_logged_in_becomes_the_administrator_without_a_new_account(
    either: House,
) -> None:
    browser, ticket = await either.alice(), await ticket_of(either)
    page = await browser.get("/setup", params={"ticket": ticket})
    assert EMAIL in page.text
    assert 'name="password"' not in page.text
    taken = await browser.post("/setup", data={"ticket": ticket})
    assert taken.headers["location"] == "/admin"
    assert (await browser.get("/admin")).status_code == 200
    assert await either.service.users.count() == 1


async def test_who_logged_in_since_the_page_was_made_gets_nothing_by_it(house: House) -> None:
    browser, ticket = await house.alice(), await ticket_of(house)
    answer = await set_up(browser, ticket)  # typed for another account, when nobody was logged in
    assert answer.status_code == 400
    assert "somebody logged in with this browser" in answer.text
    assert not await house.service.users.any_admin()


async def test_the_link_dies_on_use(house: House) -> None:
    ticket = await ticket_of(house)
    assert (await set_up(await house.browser(), ticket)).status_code == 303
    again = await set_up(await house.browser(), ticket, "thief@example.test")
    assert again.status_code == 400
    assert await house.service.users.by_email("thief@example.test") is None
    root = await house.service.users.by_email(ROOT)
    assert root is not None
    await house.service.users.lock(root.subject, at=1)
    assert not await house.service.users.any_admin()
    assert (await set_up(await house.browser(), ticket, "thief@example.test")).status_code == 400


async def test_the_link_dies_with_the_day(house: House) -> None:
    ticket = await ticket_of(house)
    house.clock.advance(LIFETIME)
    assert (await set_up(await house.browser(), ticket)).status_code == 400


async def test_another_link_is_dead_once_somebody_administers_and_no_new_one_is_made(
    house: House,
) -> None:
    first, second = await ticket_of(house), await ticket_of(house)
    assert (await set_up(await house.browser(), first)).status_code == 303
    assert (await set_up(await house.browser(), second, "late@example.test")).status_code == 400
    assert await house.service.users.by_email("late@example.test") is None
    visitor = await house.browser()
    assert (await visitor.get("/setup", params={"ticket": second})).status_code == 400
    assert await setup_link(house.service) is None


@pytest.mark.parametrize("way", ["created", "given the role", "unlocked", "by another link"])
async def test_an_unused_link_stays_dead_when_the_administrator_it_died_with_is_gone(
    house: House, way: str
) -> None:
    users = house.service.users
    ann = await users.create("ann@example.test", None, at=1)
    if way == "unlocked":
        await users.set_roles(ann.subject, frozenset({"admin"}))
        await users.lock(ann.subject, at=1)
        await users.settle(ann.subject, 2)
    ticket = await ticket_of(house)
    match way:
        case "created":
            ann = await users.create("bea@example.test", None, frozenset({"admin"}), at=1)
        case "given the role":
            await users.set_roles(ann.subject, frozenset({"admin"}))
        case "unlocked":
            await users.unlock(ann.subject)
        case _:
            await set_up(await house.browser(), await ticket_of(house), "cid@example.test")
            found = await users.by_email("cid@example.test")
            assert found
            ann = found
    assert await users.any_admin()
    await users.delete(ann.subject)
    assert not await users.any_admin()
    late = await set_up(await house.browser(), ticket, "late@example.test")
    assert (late.status_code, await users.by_email("late@example.test")) == (400, None)
    again = await set_up(await house.browser(), await ticket_of(house), "new@example.test")
    assert again.status_code == 303


async def test_what_is_no_administrator_leaves_the_link_good(house: House) -> None:
    users, ticket = house.service.users, await ticket_of(house)
    ann = await users.create("ann@example.test", None, frozenset({"editor"}), at=1)
    await users.set_roles(ann.subject, frozenset({"reader"}))
    await users.lock(ann.subject, at=1)
    await users.set_roles(ann.subject, frozenset({"admin"}))
    assert (await set_up(await house.browser(), ticket)).status_code == 303


async def test_a_password_that_is_refused_does_not_use_up_the_link(house: House) -> None:
    ticket, browser = await ticket_of(house), await house.browser()
    refused = await set_up(browser, ticket, password="short")
    assert refused.status_code == 400
    assert "at least 8" in refused.text
    assert (await set_up(browser, ticket)).status_code == 303


async def test_a_link_that_is_not_good_is_told_at_once(house: House) -> None:
    good, browser = await ticket_of(house), await house.browser()
    assert (await browser.get("/setup", params={"ticket": "x" * 43})).status_code == 400
    assert (await browser.get("/setup", params={"ticket": good})).status_code == 200
    house.clock.advance(LIFETIME)
    assert (await browser.get("/setup", params={"ticket": good})).status_code == 400


async def test_a_made_up_link_makes_nobody_anything(house: House) -> None:
    assert (await set_up(await house.browser(), "x" * 43)).status_code == 400
    assert await house.service.users.count() == 0


async def test_of_two_who_become_the_first_administrator_at_once_one_does(house: House) -> None:
    users = house.service.users
    ann = await users.create("ann@example.test", None, at=1)
    ben = await users.create("ben@example.test", None, at=1)
    assert await users.add_link("one")
    assert await users.add_link("two")
    assert await users.make_first_admin(ann.subject, "one") is not None
    assert await users.make_first_admin(ben.subject, "two") is None
    found = await users.by_subject(ben.subject)
    assert found is not None
    assert found.roles == frozenset()


async def test_a_link_that_dies_while_it_is_used_makes_nobody_the_administrator(
    house: House,
) -> None:
    users = house.service.users
    ann = await users.create("ann@example.test", None, at=1)
    assert await users.add_link("one")
    root = await users.create(ROOT, None, frozenset({"admin"}), at=1)
    assert not await users.add_link("two")
    await users.delete(root.subject)
    assert await users.make_first_admin(ann.subject, "one") is None


async def test_a_new_server_has_no_account_at_all(house: House) -> None:
    """ASVS 6.3.2."""
    assert await house.service.users.count() == 0
    for name in ("admin", "root", "sa", "admin@example.test", "doorward"):
        answer = await login(await house.client(), name, email=name)
        assert answer.status_code == 401
