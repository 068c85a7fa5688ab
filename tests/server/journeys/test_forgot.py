"""A forgotten password is mended by a link in a letter."""

import asyncio
from dataclasses import replace

import pytest
from markupsafe import escape
from sqlalchemy import update

from doorward.passwords import Cost, Passwords
from doorward.server.accounts.reset_link import LIFETIME, reset_link
from doorward.server.accounts.user import USERS, User
from doorward.server.audit.history import Query
from doorward.server.journeys.forgot.mail import link_of
from doorward.server.mail.relay import parse_relay
from doorward.server.typed_address import COOKIE
from tests.server.factors import give_totp
from tests.server.house import EMAIL, ORIGIN, PASSWORD, House, Opened, login
from tests.server.letters import LOCAL, kinds, print_by_hand, printed, tickets
from tests.support.smtp import running_smtp

pytestmark = pytest.mark.anyio

NEW = "another quiet harbour"


@pytest.fixture(autouse=True)
def _by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    print_by_hand(monkeypatch)


@pytest.fixture
async def home(opened: Opened) -> House:
    found: House = await opened(public_origin=LOCAL)
    return found


async def asked(house: House) -> str:
    client = await house.client(address="203.0.113.9")
    assert (await client.post("/api/forgot", json={"email": EMAIL})).status_code == 202
    (ticket,) = await tickets(house, "reset", EMAIL)
    return ticket


async def reset(house: House, ticket: str, new: str = NEW) -> int:
    client = await house.client()
    return (await client.post("/api/reset", json={"ticket": ticket, "new": new})).status_code


async def alice(house: House) -> User:
    user = await house.service.users.by_email(EMAIL)
    assert user is not None
    return user


@pytest.mark.parametrize("mode", ["session", "token"])
async def test_the_whole_way_from_the_login_page(opened: Opened, mode: str) -> None:
    house: House = await opened(public_origin=LOCAL, mode=mode)
    owner, browser = await house.alice(), await house.browser()
    assert 'href="/forgot"' in (await browser.get("/login")).text
    assert 'action="/forgot"' in (await browser.get("/forgot")).text
    sent = await browser.post("/forgot", data={"email": f" {EMAIL.upper()}"})
    assert (sent.status_code, sent.headers["location"]) == (303, "/forgot/sent")
    told = (await browser.get("/forgot/sent")).text
    assert f"A letter goes to {EMAIL}." in told
    assert "on the terminal" in told
    (ticket,) = await tickets(house, "reset", EMAIL)
    assert (await browser.get(f"/reset?ticket={ticket}")).status_code == 200
    assert (await owner.get("/api/me")).status_code == 200
    assert await reset(house, ticket, "short") == 400
    assert await reset(house, ticket) == 204
    assert (await owner.get("/api/me")).status_code == 401
    assert (await login(browser)).status_code == 401
    assert (await login(browser, NEW)).status_code == 200
    assert "verified" in (await browser.get("/api/me")).json()["roles"]
    assert {"password_reset", "reset_asked"} < {*await kinds(house)}


async def test_the_history_of_the_person_says_who_asked_and_from_where(home: House) -> None:
    """Once, however often the letter has to be tried."""
    await home.account()
    await asked(home)
    (letter,) = await home.service.outbox.latest(9)
    assert await link_of(home.service, replace(letter, tries=2))
    (kept,) = await home.service.history.page(Query(kind="forgotten"))
    seen = kept.entry
    assert (seen.subject, seen.actor) == (await home.account(), "")
    assert seen.address == "203.0.113.9"


async def test_an_address_without_an_account_gets_a_letter_without_a_link(home: House) -> None:
    await (await home.client()).post("/api/forgot", json={"email": "ben@example.test"})
    (block,) = await printed(home)
    assert "Link" not in block
    (letter,) = await home.service.outbox.latest(9)
    assert (letter.kind, letter.subject, letter.email) == ("reset_unknown", "", "ben@example.test")
    assert "no account has it" in home.service.letters.write(letter).body


@pytest.mark.parametrize("email", ["nobody@example.test", "a'&b@example.test"])
async def test_the_page_after_it_names_the_address_as_text_and_the_same_way_for_everybody(
    home: House, email: str
) -> None:
    browser = await home.browser()
    sent = await browser.post("/forgot", data={"email": email})
    assert "HttpOnly" in sent.headers["set-cookie"]
    assert f"A letter goes to {escape(email)}." in (await browser.get("/forgot/sent")).text


@pytest.mark.parametrize("value", ["", "x", "PGI+bWU8L2I+", "____"])
async def test_what_is_no_address_in_its_cookie_is_not_shown(home: House, value: str) -> None:
    browser = await home.browser()
    told = await browser.get("/forgot/sent", headers={"cookie": f"{COOKIE}={value}"})
    assert "A letter goes to the address that you gave." in told.text


@pytest.mark.parametrize("text", ["", "ann@", "ann@example.test\r\nBcc: eve@evil.example"])
async def test_what_is_no_address_gets_no_letter(home: House, text: str) -> None:
    browser = await home.browser()
    answer = await browser.post("/api/forgot", json={"email": text})
    assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
    page = await browser.post("/forgot", data={"email": text})
    assert (page.status_code, "does not look like" in page.text) == (400, True)
    assert await kinds(home) == []


async def test_of_thirty_at_once_exactly_one_wins(home: House) -> None:
    await home.account()
    ticket = await asked(home)
    answers = await asyncio.gather(*(reset(home, ticket, f"{NEW} {n}") for n in range(30)))
    assert sorted(answers) == [204] + [400] * 29


@pytest.mark.parametrize("changed", ["password", "address", "late"])
async def test_a_link_is_dead_after_a_change_and_after_an_hour(home: House, changed: str) -> None:
    owner, ticket = await home.alice(), await asked(home)
    if changed == "password":
        body = {"current": PASSWORD, "new": NEW}
        assert (await owner.post("/api/password", json=body)).status_code == 204
    elif changed == "address":
        await home.service.outbox._database.run(update(USERS).values(email="other@example.test"))
    else:
        home.clock.advance(LIFETIME)
    assert (await (await home.client()).get(f"/reset?ticket={ticket}")).status_code == 400
    assert await reset(home, ticket) == 400


async def test_the_same_password_at_another_cost_leaves_the_link_alive(home: House) -> None:
    """As a login stores it, when the cost was raised."""
    await home.account()
    ticket, user = await asked(home), await alice(home)
    other = Passwords(Cost(memory_kib=16, passes=1, for_tests=True))
    assert user.password_hash is not None
    hashed = await other.hash(PASSWORD)
    other.close()
    assert await home.service.users.rehash(user.subject, user.password_hash, hashed)
    assert await reset(home, ticket) == 204


async def test_a_link_that_was_handed_over_proves_no_address(home: House) -> None:
    await home.account()
    store, at = home.service.auth.store, home.clock()
    link = await reset_link(store, await alice(home), ORIGIN, at=at)
    assert await reset(home, link[-43:]) == 204
    assert (await alice(home)).verified_at is None


async def test_without_mail_there_is_nothing_to_ask_for(house: House) -> None:
    browser = await house.browser()
    assert "Ask the operator" in (await browser.get("/login")).text
    assert (await browser.get("/forgot")).status_code == 404
    answer = await browser.post("/api/forgot", json={"email": EMAIL})
    assert (answer.status_code, answer.json()["reason"]) == (404, "not_found")


async def test_a_mail_server_is_told_of_known_and_unknown_alike(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("doorward.server.mail.postman.EVERY", 0.01)
    async with running_smtp() as smtp:
        relay = parse_relay(smtp.url)
        house: House = await opened(smtp_url=relay, mail_from="a@example.test")
        await house.account()
        client = await house.client()
        for email in (EMAIL, "ben@example.test"):
            assert (await client.post("/api/forgot", json={"email": email})).status_code == 202
            assert (
                await client.post("/api/signup", json={"email": email, "password": PASSWORD})
            ).status_code == 202
        taken = await smtp.mails(4)
    said = sorted((each.recipient, each.message["subject"]) for each in taken)
    assert said == [
        (EMAIL, "[Doorward] Choose a new password"),
        (EMAIL, "[Doorward] You have an account already"),
        ("ben@example.test", "[Doorward] Confirm your address"),
        ("ben@example.test", "[Doorward] No account with this address"),
    ]


@pytest.mark.parametrize(("verify", "left"), [("later", 0), ("off", 1)])
async def test_the_first_proof_deletes_the_factors_of_who_waits_in_the_account(
    opened: Opened, verify: str, left: int
) -> None:
    """Where nobody proves an address, the factors are the owner's, and mail alone must not do."""
    house: House = await opened(public_origin=LOCAL, verify=verify)
    subject = await house.account()
    await give_totp(house, subject)
    ticket = await asked(house)
    assert await reset(house, ticket) == 204
    assert (await house.service.factors.held(subject)).totp == bool(left)
    assert (await login(await house.browser(), NEW)).status_code == (202 if left else 200)
    await give_totp(house, subject) if not left else None
    assert await reset(house, await asked(house), NEW + "!") == 204
    assert (await house.service.factors.held(subject)).totp  # the owner's own
