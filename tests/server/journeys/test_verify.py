"""An address is proved by a link in a letter: before there is an account, later, or not at all."""

import asyncio
from typing import Any

import httpx2
import pytest
from sqlalchemy import text, update

from doorward import ConfigurationError
from doorward.accounts import Accounts
from doorward.server.accounts.user import USERS
from doorward.server.accounts.users import Users
from doorward.server.accounts.verify_link import LIFETIME
from doorward.server.audit.history import Query
from doorward.server.mail.outbox import MOST
from doorward.server.mail.relay import parse_relay
from doorward.server.options import Options
from doorward.server.steps.asked_letter import KEPT
from doorward.server.typed_address import COOKIE as TYPED
from doorward.settings import DAY, HOUR
from doorward.web import limits
from tests.server.house import EMAIL, PASSWORD, House, Opened, login
from tests.server.letters import LOCAL, kinds, print_by_hand, printed, seen, tickets

pytestmark = pytest.mark.anyio

ACCOUNT = {"email": EMAIL, "password": PASSWORD}
NEW = "another quiet harbour"


@pytest.fixture(autouse=True)
def _by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    print_by_hand(monkeypatch)


@pytest.fixture
async def first(opened: Opened) -> House:
    found: House = await opened(public_origin=LOCAL, verify="first")
    return found


@pytest.fixture
async def later(opened: Opened) -> House:
    found: House = await opened(public_origin=LOCAL, verify="later")
    return found


async def asked(house: House, email: str = EMAIL) -> str:
    """The ticket of a sign-up."""
    client = await house.client()
    body = {"email": email, "password": PASSWORD}
    assert (await client.post("/api/signup", json=body)).status_code == 202
    (ticket,) = await tickets(house, "verify", email)
    return ticket


async def prove(house: House, ticket: str) -> int:
    client = await house.client()
    return (await client.post("/api/verify", json={"ticket": ticket})).status_code


async def verified(house: House) -> bool:
    user = await house.service.users.by_email(EMAIL)
    return user is not None and user.verified_at is not None


# --- first ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["session", "token"])
async def test_there_is_an_account_once_the_link_was_confirmed(opened: Opened, mode: str) -> None:
    house: House = await opened(public_origin=LOCAL, verify="first", mode=mode)
    browser = await house.browser()
    sent = await browser.post("/signup", data={**ACCOUNT, "return_to": "/account/history?a=b"})
    assert (sent.status_code, sent.headers["location"]) == (303, "/signup/sent")
    assert f"A letter goes to {EMAIL}." in (await browser.get("/signup/sent")).text
    assert set(browser.cookies) == {TYPED}
    assert (await login(browser)).status_code == 401
    (ticket,) = await tickets(house, "verify", EMAIL)
    for _ in range(3):  # as a scanner does
        page = await browser.get(f"/verify?ticket={ticket}")
        assert (page.status_code, EMAIL in page.text) == (200, True)
    assert await house.service.users.count() == 0
    done = await browser.post("/verify", data={"ticket": ticket})
    back = "/login?return_to=%2Faccount%2Fhistory%3Fa%3Db"
    assert (done.status_code, done.headers["location"]) == (303, back)
    told = await browser.get(done.headers["location"])
    assert "Your address is confirmed. Log in." in told.text
    assert "__Host-session" not in browser.cookies
    assert (await login(browser)).status_code == 200
    assert "verified" in (await browser.get("/api/me")).json()["roles"]
    shown = (await browser.get("/account")).text
    assert "Address confirmed" in shown
    assert ">verified<" not in shown, "it is no role that anybody gave"
    (entry,) = await house.service.history.page(Query(kind="signup"))
    assert (entry.entry.detail, await kinds(house)) == ({"verified": True}, ["signup_asked"])


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/signup", {"json": {"password": PASSWORD}}),
        ("/signup", {"data": {"password": PASSWORD}}),
        ("/api/forgot", {"json": {}}),
        ("/forgot", {"data": {}}),
        ("/api/login", {"json": {"password": "not the password"}}),
        ("/login", {"data": {"password": "not the password"}}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_no_answer_tells_a_stranger_who_has_an_account(
    first: House, path: str, body: dict[str, dict[str, str]]
) -> None:
    """And one letter goes out either way, but at a login."""
    await first.account()
    await asked(first, "bobby@example.test")  # who has not confirmed yet
    before, (way, fields) = len(await kinds(first)), next(iter(body.items()))
    answers: list[object] = []
    for email in (EMAIL, "bobby@example.test", "nobby@example.test"):
        client = await first.browser()
        given: Any = {way: {**fields, "email": email}}
        status, headers, said = seen(await client.post(path, **given))
        answers.append((status, headers, said.replace(email, "")))
    assert answers[0] == answers[1] == answers[2]
    assert len(await kinds(first)) - before == (0 if "login" in path else 3)


async def test_nobody_looks_whether_there_is_an_account_before_the_letter_is_sent(
    first: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So no time can tell: the request does the same either way."""

    async def never(*_: object) -> None:
        raise AssertionError("this request looks for an account")

    client = await first.client()
    for name in ("by_email", "by_subject", "find", "create"):
        monkeypatch.setattr(Users, name, never)
    for path, body in (("/api/signup", ACCOUNT), ("/api/forgot", {"email": EMAIL})):
        assert (await client.post(path, json=body)).status_code == 202
    assert await kinds(first) == ["reset_asked", "signup_asked"]


async def test_the_letter_to_somebody_with_an_account_says_so_and_changes_nothing(
    first: House,
) -> None:
    subject = await first.account()
    client = await first.client(**{"user-agent": "evil.example"})
    body = {"email": f" {EMAIL.upper()} ", "password": NEW}
    assert (await client.post("/api/signup", json=body)).status_code == 202
    (block,) = await printed(first)
    assert "Link" not in block
    (letter,) = await first.service.outbox.latest(9)
    assert (letter.kind, letter.subject, letter.email) == ("signup_known", subject, EMAIL)
    said = first.service.letters.write(letter).body
    assert f"{LOCAL}/login" in said
    assert f"{LOCAL}/forgot" in said
    assert "evil" not in said
    assert (await login(client, NEW)).status_code == 401


async def test_the_database_and_the_log_hold_no_link(
    first: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    ticket = await asked(first)
    database = first.service.outbox._database
    rows = await database.run(text("SELECT * FROM doorward_letters"))
    assert rows
    for place in (repr(rows), caplog.text, repr(await first.service.history.page(Query()))):
        assert ticket not in place
        assert PASSWORD not in place
        assert "$argon2" not in place


async def test_of_thirty_at_once_one_makes_the_account(first: House) -> None:
    ticket = await asked(first)
    answers = await asyncio.gather(*(prove(first, ticket) for _ in range(30)))
    assert sorted(answers) == [204] + [400] * 29
    assert await first.service.users.count() == 1


async def test_of_two_sign_ups_with_one_address_the_first_link_that_is_used_wins(
    first: House,
) -> None:
    one, two = await asked(first), await asked(first)
    assert [await prove(first, ticket) for ticket in (two, one, two)] == [204, 400, 400]
    page = await (await first.client()).get(f"/verify?ticket={one}")
    assert (page.status_code, 'action="/verify"' in page.text) == (400, False)


async def test_a_link_to_a_new_account_works_for_a_day_and_its_letter_may_wait_one(
    first: House,
) -> None:
    late = await asked(first)
    first.clock.advance(LIFETIME)
    assert await prove(first, late) == 400
    client = await first.client()
    assert (await client.post("/api/signup", json=ACCOUNT)).status_code == 202
    first.clock.advance(DAY - 1)  # no mail server took it until now
    (ticket,) = await tickets(first, "verify", EMAIL)
    first.clock.advance(LIFETIME - 1)
    assert await prove(first, ticket) == 204
    assert KEPT >= DAY + LIFETIME


async def test_a_sign_up_that_was_closed_meanwhile_makes_no_account(opened: Opened) -> None:
    house: House = await opened(public_origin=LOCAL, verify="first")
    ticket = await asked(house)
    object.__setattr__(house.service.options, "signup", "closed")
    assert await prove(house, ticket) == 403
    assert await house.service.users.count() == 0


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"email": "no address", "password": PASSWORD}, "invalid_email"),
        ({"email": EMAIL, "password": "short"}, "weak_password"),
    ],
)
async def test_what_is_wrong_with_the_form_is_told(
    first: House, body: dict[str, str], reason: str
) -> None:
    answer = await (await first.client()).post("/api/signup", json=body)
    assert (answer.status_code, answer.json()["reason"]) == (400, reason)
    assert await kinds(first) == []


# --- limits ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/api/signup", "/api/forgot"])
async def test_an_address_gets_a_few_letters_an_hour_and_the_answer_stays_the_same(
    first: House, path: str
) -> None:
    async def ask(source: int, times: int, spelling: str = EMAIL) -> None:
        client = await first.client(address=f"198.51.100.{source}")
        body = {"email": spelling, "password": PASSWORD}
        for _ in range(times):
            answer = await client.post(path, json=body)
            assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})

    await ask(1, limits.LETTERS + 1)
    await ask(1, 1, EMAIL.upper())
    assert len(await kinds(first)) == limits.LETTERS
    for source in range(2, 6):  # one source does not use up what another may ask for
        await ask(source, limits.LETTERS)
    assert len(await kinds(first)) == limits.LETTERS_OF_ALL
    first.clock.advance(HOUR)
    await ask(1, 1)
    assert len(await kinds(first)) == limits.LETTERS_OF_ALL + 1


async def test_one_source_cannot_have_letters_sent_to_everybody(first: House) -> None:
    await first.account()
    client = await first.client()
    for number in range(limits.LETTERS_FROM):
        body = {"email": f"p{number}@example.test"}
        assert (await client.post("/api/forgot", json=body)).status_code == 202
    answers = [
        await client.post("/api/forgot", json={"email": email})
        for email in (EMAIL, "nobody@example.test")
    ]
    assert [each.status_code for each in answers] == [429, 429]
    assert seen(answers[0]) == seen(answers[1])
    elsewhere = await first.client(address="203.0.113.9")
    assert (await elsewhere.post("/api/forgot", json={"email": EMAIL})).status_code == 202


async def test_guessed_links_are_limited_by_source(first: House) -> None:
    ticket, client = await asked(first), await first.client()
    for _ in range(limits.FROM_SOURCE):
        assert (await client.post("/api/verify", json={"ticket": "x" * 43})).status_code == 400
    assert (await client.post("/api/verify", json={"ticket": ticket})).status_code == 429
    page = await client.post("/verify", data={"ticket": ticket})
    assert (page.status_code, "Too many attempts" in page.text) == (429, True)


# --- later ----------------------------------------------------------------------------------------


async def member(house: House) -> httpx2.AsyncClient:
    """Who signed up on the page, and is logged in."""
    browser = await house.browser()
    assert (await browser.post("/signup", data=ACCOUNT)).headers["location"] == "/account"
    return browser


@pytest.mark.parametrize("mode", ["session", "token"])
async def test_who_is_logged_in_is_reminded_and_verified_at_once(opened: Opened, mode: str) -> None:
    house: House = await opened(public_origin=LOCAL, verify="later", mode=mode)
    browser = await member(house)
    assert "Your address is not confirmed" in (await browser.get("/account")).text
    assert "verified" not in (await browser.get("/api/me")).json()["roles"]
    again = await browser.post("/account/verify")
    assert (again.status_code, again.headers["location"]) == (303, "/account")
    assert "A letter is on its way." in (await browser.get("/account")).text
    one, two = await tickets(house, "verify", EMAIL)
    elsewhere = await house.browser()
    assert (await elsewhere.get(f"/verify?ticket={one}")).status_code == 200
    done = await elsewhere.post("/verify", data={"ticket": one})
    assert done.headers["location"] == "/login"
    assert "verified" in (await browser.get("/api/me")).json()["roles"]
    assert "not confirmed" not in (await browser.get("/account")).text
    here = await browser.post("/verify", data={"ticket": two})
    assert here.headers["location"] == "/account"
    assert "Your address is confirmed." in (await browser.get("/account")).text
    events = await house.service.history.page(Query(kind="address_verified"))
    assert [each.entry.subject for each in events] == [await house.account()]


async def test_a_taken_address_is_refused_and_the_letter_is_limited(later: House) -> None:
    browser = await member(later)
    taken = await browser.post("/api/signup", json=ACCOUNT)
    assert (taken.status_code, taken.json()["reason"]) == (409, "email_taken")
    statuses = [(await browser.post("/api/verify/letter")).status_code for _ in range(MOST)]
    assert statuses == [202] * (MOST - 1) + [429]  # the first was sent at the sign-up
    first, *_ = await tickets(later, "verify", EMAIL)
    assert await prove(later, first) == 204
    later.clock.advance(HOUR)
    assert (await browser.post("/api/verify/letter")).status_code == 202
    assert await kinds(later) == ["verification_sent"] * MOST
    assert (await (await later.client()).post("/api/verify/letter")).status_code == 401


async def test_of_thirty_at_once_one_proves_the_address(later: House) -> None:
    await member(later)
    (ticket,) = await tickets(later, "verify", EMAIL)
    answers = await asyncio.gather(*(prove(later, ticket) for _ in range(30)))
    assert sorted(answers) == [204] + [400] * 29


@pytest.mark.parametrize("changed", ["password", "address", "deleted"])
async def test_a_change_kills_the_link_and_the_letter_that_waits(
    later: House, changed: str
) -> None:
    browser = await member(later)
    (ticket,) = await tickets(later, "verify", EMAIL)
    await browser.post("/api/verify/letter")
    if changed == "password":
        body = {"current": PASSWORD, "new": NEW}
        assert (await browser.post("/api/password", json=body)).status_code == 204
    elif changed == "address":
        other = update(USERS).values(email="other@example.test")
        await later.service.outbox._database.run(other)
    else:
        await later.service.users.delete(await later.account())
    assert await tickets(later, "verify", EMAIL) == []
    assert (await (await later.client()).get(f"/verify?ticket={ticket}")).status_code == 400
    assert await prove(later, ticket) == 400
    assert not await verified(later)


# --- off, and where each may be -------------------------------------------------------------------


async def test_without_verification_all_is_as_before(opened: Opened) -> None:
    house: House = await opened(public_origin=LOCAL)
    browser = await member(house)
    assert "not confirmed" not in (await browser.get("/account")).text
    assert (await browser.post("/api/verify/letter")).status_code == 202
    assert (await browser.get("/signup/sent")).headers["location"] == "/signup"
    assert (await browser.post("/api/signup", json=ACCOUNT)).status_code == 409
    assert await kinds(house) == []


def test_first_is_the_default_with_a_mail_server_and_off_without() -> None:
    relay = parse_relay("smtp://mail.example")
    assert Options().verification == "off"
    assert Options(smtp_url=relay, mail_from="a@b.example").verification == "first"
    assert Options(smtp_url=relay, mail_from="a@b.example", verify="off").verification == "off"
    assert Options(verify="later").verification == "later"
    assert Options(public_origin="https://a.example").verification == "off"


@pytest.mark.parametrize("verify", ["first", "later"])
@pytest.mark.parametrize("origin", ["https://a.example", "https://localhost", "http://a.example"])
def test_a_server_that_could_send_no_letter_does_not_start(verify: Any, origin: str) -> None:
    with pytest.raises(ConfigurationError, match=f"--verify {verify} needs mail"):
        Options(public_origin=origin, verify=verify)
    with pytest.raises(ConfigurationError, match="needs mail"):
        Accounts("memory:", public_origin=origin, verify=verify)
