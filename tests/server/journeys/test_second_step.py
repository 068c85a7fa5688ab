"""The step between two factors: no session before it ends, and no other browser that ends it."""

import asyncio
import re

import httpx2
import pytest
from sqlalchemy import insert

from doorward.server.accounts.factor_tables import PASSKEYS
from doorward.server.accounts.reset_link import reset_link
from doorward.server.steps.second_step import LIFETIME
from tests.server.factors import SECRET, asked, code, give_totp, prove
from tests.server.house import EMAIL, ORIGIN, PASSWORD, House, Opened, login

pytestmark = pytest.mark.anyio


async def alice(house: House) -> str:
    """The subject of somebody with an app, who is logged in nowhere."""
    subject = await house.account()
    await give_totp(house, subject)
    return subject


def cookies(client: httpx2.AsyncClient) -> set[str]:
    return {name.removeprefix("__Host-") for name in client.cookies}


async def test_no_session_begins_before_the_second_factor_is_proved(either: House) -> None:
    await alice(either)
    browser, program = await either.browser(), await either.client()
    ticket = await asked(browser)
    assert cookies(browser) == {"flow"}
    for path in ("/api/me", "/account", "/api/sessions"):
        assert (await browser.get(path)).status_code in (401, 303)
    assert (await browser.get("/api/me", headers={"authorization": f"Bearer {ticket}"})).is_error
    answer = await prove(browser, ticket, code(either))
    assert (answer.status_code, answer.json()["amr"]) == (200, ["pwd", "otp", "mfa"])
    assert "flow" not in cookies(browser)
    assert (await browser.get("/api/me")).json()["amr"] == ["pwd", "otp", "mfa"]

    either.clock.advance(30)
    ticket = await asked(program, transport="bearer")
    assert not program.cookies
    answer = await prove(program, ticket, code(either))
    bearer = {"authorization": f"Bearer {answer.json()['access_token']}"}
    assert (await program.get("/api/me", headers=bearer)).json()["amr"] == ["pwd", "otp", "mfa"]


async def test_the_page_leads_from_the_password_to_the_code_and_back(either: House) -> None:
    await alice(either)
    browser = await either.browser()
    assert (await browser.get("/login/factor")).headers["location"] == "/login"
    form = {"email": EMAIL, "password": PASSWORD, "return_to": "/account/history"}
    answer = await browser.post("/login", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login/factor")
    page = await browser.get("/login/factor")
    assert re.search(r'autocomplete="one-time-code"\s+inputmode="numeric"', page.text)
    wrong = await browser.post("/login/factor", data={"code": "000000"})
    assert (wrong.status_code, "code-error" in wrong.text) == (403, True)
    answer = await browser.post("/login/factor", data={"code": code(either)})
    assert (answer.status_code, answer.headers["location"]) == (303, "/account/history")
    assert (await browser.get("/account")).status_code == 200
    assert "Password, One-time code</dd>" in (await browser.get("/account")).text


@pytest.mark.parametrize("steps", [-2, -1, 0, 1, 2])
async def test_a_clock_may_be_wrong_by_one_step(house: House, steps: int) -> None:
    await alice(house)
    client = await house.client()
    answer = await prove(client, await asked(client, transport="bearer"), code(house, steps))
    assert answer.status_code == (200 if abs(steps) < 2 else 403)


async def test_a_code_works_once_and_none_works_that_is_older(house: House) -> None:
    await alice(house)
    client = await house.client()
    for steps, status in ((0, 200), (0, 403), (-1, 403), (1, 200)):
        ticket = await asked(client, transport="bearer")
        assert (await prove(client, ticket, code(house, steps))).status_code == status


async def test_of_thirty_with_one_code_one_logs_in(house: House) -> None:
    await alice(house)
    client = await house.client()
    tickets = [await asked(client, transport="bearer") for _ in range(30)]
    one = code(house)
    answers = await asyncio.gather(*(prove(client, ticket, one) for ticket in tickets))
    assert [each.status_code for each in answers].count(200) == 1
    assert len(await house.service.auth.sessions(await house.account())) == 1


async def test_of_thirty_with_one_ticket_one_logs_in(house: House) -> None:
    await alice(house)
    client = await house.client()
    ticket = await asked(client, transport="bearer")
    codes = (await house.service.recovery_codes.renew(await house.account(), at=1, ending=0)) * 3
    tried = [prove(client, ticket, each, "recovery-code") for each in codes]
    answers = await asyncio.gather(*tried)
    assert [each.status_code for each in answers].count(200) == 1
    assert len(await house.service.auth.sessions(await house.account())) == 1


async def test_a_stolen_ticket_opens_nothing_in_another_browser(house: House) -> None:
    await alice(house)
    owner, thief = await house.browser(), await house.browser()
    ticket = await asked(owner)
    await asked(thief)  # a word of its own does not help
    for other in (thief, await house.browser(), await house.client()):
        answer = await prove(other, ticket, code(house))
        assert (answer.status_code, answer.json()["reason"]) == (401, "login_expired")
    assert (await prove(owner, ticket, code(house))).status_code == 200


async def test_a_ticket_dies_of_age_lock_password_and_address(house: House) -> None:
    subject = await alice(house)
    users, client = house.service.users, await house.client()
    tickets = [await asked(client, transport="bearer") for _ in range(4)]

    async def refused(ticket: str) -> bool:
        answer = await prove(client, ticket, code(house))
        return (answer.status_code, answer.json()["reason"]) == (401, "login_expired")

    house.clock.advance(LIFETIME)
    assert await refused(tickets[0])
    fresh = await asked(client, transport="bearer")
    await users.set_roles(subject, frozenset({"editor"}))
    assert await refused(fresh)
    fresh = await asked(client, transport="bearer")
    await users.lock(subject, at=house.clock())
    assert await refused(fresh)
    await users.settle(subject, 2)
    await users.unlock(subject)
    fresh = await asked(client, transport="bearer")
    user = await users.by_subject(subject)
    assert user is not None
    await users.set_password(subject, "x", old=user.password_hash, at=house.clock())
    assert await refused(fresh)
    assert await refused("x" * 43)


async def test_a_reset_by_link_does_not_skip_the_second_factor(house: House) -> None:
    subject = await alice(house)
    user = await house.service.users.by_subject(subject)
    assert user is not None
    link = await reset_link(house.service.auth.store, user, ORIGIN, at=house.clock())
    browser = await house.browser()
    form = {"ticket": link.partition("ticket=")[2], "new": "a wholly new passphrase"}
    assert (await browser.post("/reset", data=form)).status_code == 303
    assert not browser.cookies.keys() & {"__Host-session", "__Host-access"}
    answer = await login(browser, "a wholly new passphrase")
    assert (answer.status_code, answer.json()["second_factor"]["factors"]) == (202, ["totp"])


async def test_guesses_are_limited_and_a_right_code_does_not_help_then(house: House) -> None:
    await alice(house)
    client = await house.client()
    ticket = await asked(client, transport="bearer")
    tried = [(await prove(client, ticket, "000000")).status_code for _ in range(11)]
    assert tried == [403] * 10 + [429]
    other = await house.client(address="203.0.113.9")
    ticket = await asked(other, transport="bearer")
    assert (await prove(other, ticket, code(house))).status_code == 429


async def test_who_only_knows_the_password_does_not_lock_the_owner_out(house: House) -> None:
    await alice(house)
    owner, thief = await house.browser(), await house.client()
    assert (await prove(owner, await asked(owner), code(house))).status_code == 200
    ticket = await asked(thief, transport="bearer")
    for _ in range(11):
        await prove(thief, ticket, "000000")
    house.clock.advance(30)
    assert (await prove(owner, await asked(owner), code(house))).status_code == 200


async def test_who_must_have_a_factor_sets_one_up_before_a_session_begins(
    opened: Opened,
) -> None:
    house = await opened(require_factor=("editor",))
    await house.account()
    assert (await login(await house.browser())).status_code == 200
    await house.account("ed@example.test", "editor")
    browser = await house.browser()
    ticket = await asked(browser, email="ed@example.test")
    begun = await browser.post("/api/login/enrol", json={"ticket": ticket})
    secret = begun.json()["secret"]
    assert secret in begun.json()["uri"]
    assert cookies(browser) == {"flow"}
    body = {"ticket": ticket, "code": "000000"}
    assert (await browser.post("/api/login/enrol/confirm", json=body)).status_code == 403
    body["code"] = code(house, secret=secret)
    answer = await browser.post("/api/login/enrol/confirm", json=body)
    assert (answer.status_code, answer.json()["amr"]) == (200, ["pwd", "otp", "mfa"])
    assert len(answer.json()["recovery_codes"]) == 10
    # the code that confirmed it is used
    again = await asked(browser, email="ed@example.test")
    assert (await prove(browser, again, body["code"])).status_code == 403


async def test_who_only_knows_the_password_adds_no_factor_beside_the_owners(
    opened: Opened,
) -> None:
    house = await opened(require_factor=("all",))
    subject = await house.account()
    thief = await house.client()
    early = await asked(thief, transport="bearer")
    begun = await thief.post("/api/login/enrol", json={"ticket": early})
    await give_totp(house, subject)
    body = {"ticket": early, "code": code(house, secret=begun.json()["secret"])}
    answer = await thief.post("/api/login/enrol/confirm", json=body)
    assert (answer.status_code, answer.json()["reason"]) == (409, "factor_exists")
    assert (await thief.post("/api/login/enrol", json={"ticket": early})).status_code == 409


async def test_an_app_beside_a_passkey_that_came_meanwhile_is_not_kept(house: House) -> None:
    """The look and the write are two statements, and a passkey may come between them."""
    subject, totp = await house.account(), house.service.totp
    kinds = {column.name: column.type.python_type for column in PASSKEYS.c}
    row = {name: kind(0) for name, kind in kinds.items()} | {"subject": subject}
    await house.service.factors._database.run(insert(PASSKEYS).values(**row))
    sealed = totp.sealed(subject, SECRET)
    assert not await totp.add(subject, sealed, step=1, at=1, ending=0, first=True)
    assert (await house.service.factors.held(subject)).names == ("passkey",)
    assert await totp.add(subject, sealed, step=1, at=1, ending=0)
    assert not await totp.add(subject, sealed, step=1, at=1, ending=0)
    assert (await house.service.factors.held(subject)).names == ("totp", "passkey")
