"""The one-time link: it works once, for an hour, and not after the password was changed."""

import asyncio
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from doorward.server.accounts.reset_link import LIFETIME, reset_link
from doorward.server.accounts.user import User
from doorward.server.audit.history import Query
from tests.server.house import EMAIL, ORIGIN, PASSWORD, House, login

pytestmark = pytest.mark.anyio

NEW = "a wholly new passphrase"


async def linked(house: House) -> str:
    """The ticket of a link that an operator made for alice."""
    user = await house.service.users.by_email(EMAIL)
    assert user is not None
    link = await reset_link(house.service.auth.store, user, ORIGIN, at=house.clock())
    assert link.startswith(f"{ORIGIN}/reset?ticket=")
    return parse_qs(urlsplit(link).query)["ticket"][0]


async def use(client: httpx2.AsyncClient, ticket: str, new: str = NEW) -> httpx2.Response:
    return await client.post("/reset", data={"ticket": ticket, "new": new})


async def test_a_link_sets_a_new_password_and_ends_every_session(either: House) -> None:
    owner = await either.alice()
    ticket = await linked(either)
    browser = await either.browser()
    page = await browser.get(f"/reset?ticket={ticket}")
    assert (page.status_code, f'value="{ticket}"' in page.text) == (200, True)
    answer = await use(browser, ticket)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert "Your new password is set." in (await browser.get("/login")).text
    assert (await owner.get("/api/me")).status_code == 401
    assert (await login(await either.browser())).status_code == 401
    assert (await login(await either.browser(), NEW)).status_code == 200


async def test_looking_at_the_page_does_not_use_the_link_up(house: House) -> None:
    await house.alice()
    ticket = await linked(house)
    browser = await house.browser()
    for _ in range(3):
        assert (await browser.get(f"/reset?ticket={ticket}")).status_code == 200
    assert (await use(browser, ticket)).status_code == 303


async def test_a_link_that_is_no_longer_good_is_told_at_once(house: House) -> None:
    await house.alice()
    used, void, late = [await linked(house) for _ in range(3)]
    browser = await house.browser()
    assert (await use(browser, used)).status_code == 303
    fresh = await linked(house)
    house.clock.advance(LIFETIME - 1)
    assert (await browser.get(f"/reset?ticket={fresh}")).status_code == 200
    house.clock.advance(1)
    for ticket in (used, void, late, fresh, "x" * 43):
        answer = await browser.get(f"/reset?ticket={ticket}")
        assert (answer.status_code, 'name="new"' in answer.text) == (400, False)
        assert "expired or was used" in answer.text


@pytest.mark.parametrize("path", ["/reset", "/setup"])
@pytest.mark.parametrize("cut", [0, 42, 44])
async def test_a_link_that_is_not_whole_is_told_at_once(house: House, path: str, cut: int) -> None:
    await house.alice()
    ticket = (await linked(house) + "x")[:cut]
    answer = await (await house.browser()).get(path, params={"ticket": ticket})
    assert answer.status_code == 400
    assert "This link is not complete; copy all of it." in answer.text


async def test_a_link_works_once(house: House) -> None:
    await house.alice()
    ticket = await linked(house)
    browser = await house.browser()
    await use(browser, ticket)
    again = await use(browser, ticket, "yet another passphrase")
    assert again.status_code == 400
    assert "expired or was used" in again.text
    assert 'href="/login">Go to the login page</a>' in again.text


async def test_of_twenty_at_once_exactly_one_wins(house: House) -> None:
    await house.alice()
    ticket = await linked(house)
    browser = await house.browser()
    answers = await asyncio.gather(*(use(browser, ticket, f"{NEW} {n}") for n in range(20)))
    assert sorted(answer.status_code for answer in answers) == [303] + [400] * 19


async def test_a_link_works_for_an_hour(house: House) -> None:
    await house.alice()
    first, second = await linked(house), await linked(house)
    browser = await house.browser()
    house.clock.advance(LIFETIME)
    assert (await use(browser, first)).status_code == 400
    house.clock.now -= 1
    assert (await use(browser, second)).status_code == 303


async def test_a_password_change_kills_the_link(house: House) -> None:
    owner = await house.alice()
    ticket = await linked(house)
    body = {"current": PASSWORD, "new": "another passphrase"}
    assert (await owner.post("/api/password", json=body)).status_code == 204
    assert (await use(await house.browser(), ticket)).status_code == 400
    assert (await login(await house.browser(), "another passphrase")).status_code == 200


async def test_a_refused_link_is_in_the_history_of_whom_it_names_and_its_ticket_is_not(
    house: House,
) -> None:
    await house.alice()
    old, new = await linked(house), await linked(house)
    browser = await house.browser()
    for ticket in ("x" * 43, old[:20], new, old):
        await use(browser, ticket)
    history = await house.service.history.page(Query(kind="link_refused"))
    (entry,) = [kept.entry for kept in history]
    assert (entry.subject, entry.actor) == (await house.account(), "")
    assert (entry.outcome, entry.detail) == ("invalid_link", {"link": "reset"})


async def test_a_second_link_is_killed_by_the_use_of_the_first(house: House) -> None:
    await house.alice()
    first, second = await linked(house), await linked(house)
    browser = await house.browser()
    assert (await use(browser, second)).status_code == 303
    assert (await use(browser, first)).status_code == 400


async def test_the_link_of_somebody_who_was_deleted_is_dead(house: House) -> None:
    await house.alice()
    ticket = await linked(house)
    user = await house.service.users.by_email(EMAIL)
    assert user is not None
    await house.service.users.delete(user.subject)
    assert (await use(await house.browser(), ticket)).status_code == 400


@pytest.mark.parametrize("weak", ["short", "password1", "alice-alice", "x" * 129, ""])
async def test_a_weak_password_does_not_use_the_link_up(house: House, weak: str) -> None:
    owner = await house.alice()
    ticket = await linked(house)
    browser = await house.browser()
    refused = await use(browser, ticket, weak)
    assert (refused.status_code, f'value="{ticket}"' in refused.text) == (400, True)
    assert 'id="new-error"' in refused.text
    assert (await owner.get("/api/me")).status_code == 200
    assert (await use(browser, ticket)).status_code == 303


async def test_a_weak_password_does_not_make_the_link_live_longer(house: House) -> None:
    await house.alice()
    ticket = await linked(house)
    browser = await house.browser()
    house.clock.advance(LIFETIME - 1)
    assert (await use(browser, ticket, "alice-alice")).status_code == 400
    house.clock.advance(1)
    assert (await use(browser, ticket)).status_code == 400


async def test_only_a_digest_of_the_ticket_is_stored(house: House) -> None:
    await house.alice()
    ticket = await linked(house)
    assert ticket not in repr(vars(house.service.auth.store))


@pytest.mark.parametrize("query", ["", "?ticket=", "?other=x"])
async def test_a_link_that_was_cut_off_says_so(house: House, query: str) -> None:
    answer = await (await house.browser()).get(f"/reset{query}")
    assert (answer.status_code, "not complete" in answer.text) == (400, True)


async def test_guessing_tickets_ends_with_429(house: House) -> None:
    browser = await house.browser()
    tried = [(await use(browser, f"guess{n}")).status_code for n in range(51)]
    assert tried == [400] * 50 + [429]


async def test_the_link_is_built_from_the_public_origin_and_nothing_a_client_said(
    house: House,
) -> None:
    owner = await house.alice(host="evil.example")
    assert (await owner.get("/api/me")).status_code == 200
    assert house.service.options.origin == ORIGIN
    user = User(
        subject="u_1",
        email="a@example.test",
        password_hash=None,
        roles=frozenset(),
        locked_at=None,
        created_at=1,
        password_changed_at=1,
    )
    link = await reset_link(house.service.auth.store, user, house.service.options.origin, at=1)
    assert urlsplit(link).netloc == "testserver"
