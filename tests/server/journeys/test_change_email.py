"""A change of address: only the click of who reads the new one changes anything, and who reads the
old one can undo it for seven days."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import httpx2
import pytest
from sqlalchemy import select

from doorward.server.accounts.email_changes import (
    EMAIL_CHANGES,
    KEPT,
    LIFETIME,
    EmailChange,
    EmailChanges,
    forget_older,
)
from doorward.server.accounts.email_link import LIFETIME as CONFIRM_LIFETIME
from doorward.server.accounts.email_link import undo_link
from doorward.server.accounts.reset_link import reset_link
from doorward.server.accounts.user import EmailTaken, User
from doorward.server.audit.history import Query
from doorward.server.routes.access import FRESH
from doorward.settings import DAY
from tests.server.factors import A_PASSKEY, code, give_totp
from tests.server.house import EMAIL, ORIGIN, PASSWORD, House, Opened, login
from tests.server.journeys.test_passkeys import add, enter_with, step_up
from tests.server.letters import seen
from tests.server.mailbag import Posted, posted, with_mail

pytestmark = pytest.mark.anyio

NEW, THIRD, BOB = "alice@new.test", "thief@evil.test", "bob@example.test"
CHOSEN = "a quiet harbour at dawn"


@pytest.fixture
async def house(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> House:
    return await with_mail(opened, monkeypatch)


async def user_of(house: House, email: str) -> User:
    user = await house.service.users.by_email(email)
    assert user is not None, email
    return user


async def found(house: House, id: str) -> EmailChange:
    change = await house.service.email_changes.find(id)
    assert change is not None
    return change


async def ask(client: httpx2.AsyncClient, email: str = NEW, **headers: str) -> httpx2.Response:
    return await client.post("/api/email", json={"email": email}, headers=headers)


async def confirm(client: httpx2.AsyncClient, ticket: str) -> httpx2.Response:
    return await client.post("/link/email", data={"ticket": ticket})


async def undo(client: httpx2.AsyncClient, ticket: str) -> httpx2.Response:
    return await client.post("/api/email/undo", json={"ticket": ticket})


async def asked(house: House, client: httpx2.AsyncClient, email: str = NEW) -> str:
    """The ticket that goes to the new address."""
    assert (await ask(client, email)).status_code == 202
    (letter,) = [each for each in await posted(house) if each.kind == "email_confirm"]
    assert letter.to == email
    return letter.ticket


async def changed(house: House, client: httpx2.AsyncClient, email: str = NEW) -> Posted:
    """The letter to the old address, after the change."""
    ticket = await asked(house, client, email)
    assert (await confirm(client, ticket)).status_code == 303
    (letter,) = [each for each in await posted(house) if each.kind == "email_left"]
    return letter


async def reset_ticket(house: House, email: str) -> str:
    user = await user_of(house, email)
    link = await reset_link(house.service.auth.store, user, ORIGIN, at=house.clock())
    return link.partition("ticket=")[2]


async def is_alive(house: House, path: str, ticket: str) -> bool:
    return (await (await house.browser()).get(f"{path}?ticket={ticket}")).status_code == 200


# --- the change ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("mode", "via"), [("session", "cookie"), ("token", "bearer")])
async def test_a_person_changes_the_address_and_stays_logged_in(
    opened: Opened, monkeypatch: pytest.MonkeyPatch, mode: str, via: str
) -> None:
    house = await with_mail(opened, monkeypatch, mode=mode)
    subject = await house.account()
    owner = await house.browser() if via == "cookie" else await house.client()
    body = (await login(owner, transport=via)).json()
    if via == "bearer":
        owner.headers["authorization"] = f"Bearer {body['access_token']}"
    link, other = await reset_ticket(house, EMAIL), await asked(house, owner, THIRD)
    ticket = await asked(house, owner)
    assert (await user_of(house, EMAIL)).subject == subject
    scanner = await house.browser()
    for reader in (scanner, scanner, owner):  # they open it, and nothing happens
        page = await reader.get(f"/link/email?ticket={ticket}")
        told = page.status_code, NEW in page.text, EMAIL in page.text
        assert told == (200, reader is owner, False)
    if via == "cookie":
        assert (await confirm(owner, ticket)).headers["location"] == "/account"
    else:
        done = await owner.post("/api/email/confirm", json={"ticket": ticket})
        assert done.status_code == 204
    user = await user_of(house, NEW)
    assert (user.subject, user.verified_at) == (subject, house.clock())
    assert (await owner.get("/api/me")).status_code == 200
    assert user.decided == user.settled
    roles = [each.roles for each in await house.service.auth.sessions(subject)]
    assert roles == [user.session_roles]
    for email, status in ((EMAIL, 401), (NEW, 200)):
        assert (await login(await house.browser(), email=email)).status_code == status
    assert not await is_alive(house, "/reset", link)
    assert not await is_alive(house, "/link/email", other)
    notice, _ = sorted(await posted(house), key=lambda each: each.kind)
    assert (notice.to, notice.kind, NEW in notice.text) == (EMAIL, "email_left", False)
    history = await house.service.history.page(Query(person=subject))
    kinds = [each.entry.kind for each in history]
    assert (kinds.count("email_asked"), kinds.count("email_changed")) == (2, 1)


async def test_the_pages_do_the_same_and_ask_for_a_proof_first(house: House) -> None:
    owner = await house.alice()
    assert 'href="/account/email"' in (await owner.get("/account")).text
    house.clock.advance(FRESH + 1)
    refused = await ask(owner)
    assert (refused.status_code, refused.json()["reason"]) == (401, "step_up_required")
    for answer in (
        await owner.get("/account/email"),
        await owner.post("/account/email", data={"email": NEW}),
    ):
        where = "/elevate?return_to=%2Faccount%2Femail"
        assert (answer.status_code, answer.headers["location"]) == (303, where)
    assert await posted(house) == []
    proof = {"password": PASSWORD, "return_to": "/account/email"}
    assert (await owner.post("/elevate", data=proof)).headers["location"] == "/account/email"
    assert EMAIL in (await owner.get("/account/email")).text
    for wrong in ("alice", f" {EMAIL.upper()}"):
        answer = await owner.post("/account/email", data={"email": wrong})
        assert (answer.status_code, 'id="email-error"' in answer.text) == (400, True), wrong
    answer = await owner.post("/account/email", data={"email": NEW})
    assert answer.headers["location"] == "/account"
    assert "A letter is on its way to the new address." in (await owner.get("/account")).text
    (letter,) = await posted(house)
    answer = await confirm(owner, letter.ticket)
    assert answer.headers["location"] == "/account"
    page = (await owner.get("/account")).text
    assert ("Your address is changed." in page, NEW in page) == (True, True)


async def test_who_has_two_factors_proves_two(house: House) -> None:
    owner = await house.alice()
    await give_totp(house, await house.account())
    refused = await ask(owner)
    assert (refused.status_code, refused.json()["reason"]) == (401, "step_up_required")
    assert (await owner.post("/api/elevate", json={"code": code(house)})).status_code == 200
    assert (await ask(owner)).status_code == 202


async def test_without_mail_nobody_can_prove_an_address(shared: Opened) -> None:
    house = await shared()
    owner = await house.alice()
    assert "/account/email" not in (await owner.get("/account")).text
    assert (await owner.get("/account/email")).status_code == 404
    assert (await ask(owner)).status_code == 404


async def test_nothing_tells_the_asker_whether_an_address_has_an_account(house: House) -> None:
    owner, subject = await house.alice(), await house.account(BOB)
    bodies = ({"email": BOB}, {"email": "eve@example.test"})
    for answers in (
        [await owner.post("/api/email", json=body) for body in bodies],
        [await owner.post("/account/email", data=body) for body in bodies],
    ):
        assert seen(answers[0]) == seen(answers[1])
    letters = [letter for letter in await posted(house) if letter.to != EMAIL]
    known, other = (BOB, "email_in_use"), ("eve@example.test", "email_confirm")
    assert [(each.to, each.kind) for each in letters] == [known, known, other, other]
    assert "?ticket=" not in letters[0].text
    assert (await user_of(house, BOB)).subject == subject


async def test_who_is_logged_in_cannot_flood_others_with_letters(house: House) -> None:
    owner = await house.alice()
    for _ in range(9):  # to one address no more than eight, and the asker does not notice
        assert (await ask(owner)).status_code == 202
    assert len(await posted(house)) == 8
    assert (await ask(owner, "x@example.test")).status_code == 202
    refused = await ask(owner, "last@example.test")
    assert (refused.status_code, refused.json()["reason"]) == (429, "too_many_attempts")


async def test_of_thirty_clicks_one_changes_and_of_two_accounts_one_gets_it(house: House) -> None:
    alice = await house.alice(address="203.0.113.9")  # each has limits of their own
    await house.account(BOB)
    bob = await house.browser()
    assert (await login(bob, email=BOB)).status_code == 200
    first, second = await asked(house, alice), await asked(house, bob)
    answers = await asyncio.gather(
        *(confirm(*each) for _ in range(30) for each in ((alice, first), (bob, second)))
    )
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses.count(303) == 1
    assert set(statuses) <= {303, 400, 409}
    winner = await user_of(house, NEW)
    loser = await house.service.users.by_email(EMAIL) or await user_of(house, BOB)
    assert loser.subject != winner.subject
    assert [each.kind for each in await posted(house)] == ["email_left"]


async def test_a_link_dies_with_time_a_new_password_a_lock_and_another_change(
    house: House,
) -> None:
    owner = await house.alice()
    late = await asked(house, owner)
    house.clock.advance(CONFIRM_LIFETIME - 1)
    assert await is_alive(house, "/link/email", late)
    house.clock.advance(1)
    assert (await confirm(owner, late)).status_code == 400
    assert (await login(owner)).status_code == 200
    stale = await asked(house, owner)
    waiting = await ask(owner, THIRD)
    body = {"current": PASSWORD, "new": CHOSEN}
    assert (await owner.post("/api/password", json=body)).status_code == 204
    assert (await confirm(owner, stale)).status_code == 400
    assert waiting.status_code == 202
    assert [each.kind for each in await posted(house)] == ["password_changed"]  # and no more
    locked = await asked(house, owner)  # whose session lives on until the lock has reached it
    user = await house.service.users.lock((await user_of(house, EMAIL)).subject, at=house.clock())
    assert user is not None
    assert (await confirm(owner, locked)).status_code == 400
    assert (await user_of(house, EMAIL)).locked_at is not None
    for path in ("email", "email-undo"):
        cut = await owner.get(f"/link/{path}?ticket=abc")
        assert "This link is not complete" in cut.text


async def test_only_who_asked_confirms_and_is_led_to_a_login_without_the_secret(
    house: House,
) -> None:
    """Otherwise the owner of an address, whose click proves it, could be made to give it to the
    account of a stranger."""
    asker, bob, stranger = await house.alice(), await house.browser(), await house.browser()
    subject = await house.account(BOB)
    assert (await login(bob, email=BOB)).status_code == 200
    ticket = await asked(house, asker)
    back = "/login?return_to=/link/email"
    for reader in (stranger, bob):
        page = await reader.get(f"/link/email?ticket={ticket}")
        told = [each in page.text for each in (f'href="{back}"', "Use this address", NEW, EMAIL)]
        assert (page.status_code, told) == (200, [True, False, False, False])
        cookie = page.headers["set-cookie"]
        assert cookie.startswith(f"__Host-link={ticket}; Max-Age=900; Path=/; Secure; HttpOnly;")
        body = {"ticket": ticket}
        refused = await reader.post("/api/email/confirm", json=body)
        assert refused.json()["reason"] == ("missing" if reader is stranger else "invalid_link")
        page = await confirm(reader, ticket)
        assert (page.status_code, "account that asked" in page.text) == (400, True)
    assert (await user_of(house, EMAIL)).verified_at is None
    query = Query(person=await house.account())
    kinds = [each.entry.kind for each in await house.service.history.page(query)]
    assert kinds.count("link_refused") == 3  # not of a look, which a scanner takes too
    # from the login on: the ticket is neither in its address nor in its form
    assert ticket not in (await stranger.get(back)).text
    form = {"email": EMAIL, "password": PASSWORD, "return_to": "/link/email"}
    answer = await stranger.post("/login", data=form)
    assert answer.headers["location"] == "/link/email"
    page = await stranger.get("/link/email")
    assert ("Use this address" in page.text, f'value="{ticket}"' in page.text) == (True, True)
    answer = await confirm(stranger, ticket)
    assert "__Host-link=; Max-Age=0;" in answer.headers["set-cookie"]
    assert (await user_of(house, NEW)).subject == await house.account(NEW) != subject
    assert "not complete" in (await stranger.get("/link/email")).text


# --- the way back -------------------------------------------------------------------------------


async def test_the_owner_takes_the_account_back_from_a_thief(house: House) -> None:
    thief = await house.alice()
    subject = await house.account()
    notice = await changed(house, thief, THIRD)
    assert notice.to == EMAIL
    body = {"current": PASSWORD, "new": CHOSEN}
    assert (await thief.post("/api/password", json=body)).status_code == 204
    assert (await login(thief, CHOSEN, email=THIRD)).status_code == 200
    stale, link = await asked(house, thief, NEW), await reset_ticket(house, THIRD)
    await posted(house)
    house.clock.advance(LIFETIME - 1)
    owner = await house.browser()
    page = await owner.get(f"/link/email-undo?ticket={notice.ticket}")
    assert (page.status_code, EMAIL in page.text, THIRD in page.text) == (200, True, False)
    page = await owner.post("/link/email-undo", data={"ticket": notice.ticket})
    assert "Your old address is back" in page.text
    assert (await thief.get("/api/me")).status_code == 401
    for email, password in ((THIRD, CHOSEN), (EMAIL, CHOSEN), (EMAIL, PASSWORD)):
        assert (await login(await house.browser(), password, email=email)).status_code == 401
    assert not await is_alive(house, "/reset", link)
    assert (await confirm(thief, stale)).status_code == 400
    ticket = page.text.partition("/reset?ticket=")[2][:43]
    answer = await owner.post("/reset", data={"ticket": ticket, "new": "another new passphrase"})
    assert answer.status_code == 303
    assert (await login(owner, "another new passphrase")).status_code == 200
    assert (await user_of(house, EMAIL)).subject == subject
    letters = {(each.to, each.kind) for each in await posted(house)}
    assert letters >= {(EMAIL, "email_restored"), (THIRD, "email_lost")}
    kinds = [each.entry.kind for each in await house.service.history.page(Query(person=subject))]
    assert "email_restored" in kinds


async def test_an_undoing_keeps_the_account_that_the_thief_deleted(house: House) -> None:
    """The days of the deletion end with those of the link: who undoes late would be too late to
    log in."""
    thief = await house.alice()
    notice = await changed(house, thief, THIRD)
    assert (await thief.delete("/api/account")).status_code == 200
    house.clock.advance(LIFETIME - 1)
    answer = await undo(await house.browser(), notice.ticket)
    assert (await user_of(house, EMAIL)).erase_at is None
    house.clock.advance(1)
    assert not await house.service.users.erase(await house.account(), at=house.clock())
    body = {"ticket": answer.json()["reset_ticket"], "new": CHOSEN}
    owner = await house.browser()
    assert (await owner.post("/api/reset", json=body)).status_code == 204
    assert (await login(owner, CHOSEN)).status_code == 200


class Interrupted(EmailChanges):
    """Something happens once, between the look at the user and that at the changes."""

    def __init__(self, house: House, then: Callable[[], Awaitable[object]]) -> None:
        super().__init__(house.service.email_changes._database)
        self._then = [then]

    async def can_undo(self, change: EmailChange, user: User) -> bool:
        if self._then:
            await self._then.pop()()
        return await super().can_undo(change, user)


async def test_a_change_at_that_moment_does_not_use_up_the_link_of_the_owner(house: House) -> None:
    """The thief changes the address once more while the owner clicks."""
    thief = await house.alice()
    notice = await changed(house, thief, THIRD)
    further = await asked(house, thief, NEW)

    async def further_change() -> None:
        assert (await confirm(thief, further)).status_code == 303

    whole, changes = house.service, Interrupted(house, further_change)
    house.app.state.service = replace(whole, email_changes=changes)
    assert (await undo(await house.browser(), notice.ticket)).status_code == 200
    assert (await user_of(house, EMAIL)).password_hash is None


async def test_of_thirty_undoings_one_wins_and_the_seven_days_end(house: House) -> None:
    owner = await house.alice()
    notice = await changed(house, owner)
    answers = await asyncio.gather(*(undo(owner, notice.ticket) for _ in range(30)))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 29
    assert (await user_of(house, EMAIL)).password_hash is None
    users = house.service.users
    hashed = await house.service.passwords.hash(PASSWORD)
    subject = await house.account()
    assert await users.set_password(subject, hashed, old=None, at=house.clock())
    await posted(house)
    assert (await login(owner)).status_code == 200
    late = await changed(house, owner)
    house.clock.advance(LIFETIME)
    assert (await undo(owner, late.ticket)).status_code == 400
    database = house.service.email_changes._database
    for rows in (1, 0):
        await forget_older(database, house.clock() - KEPT)
        assert len(await database.run(select(EMAIL_CHANGES))) == rows
        house.clock.advance(KEPT - LIFETIME)


async def test_a_thief_who_changes_twice_cannot_undo_the_owner(house: House) -> None:
    thief = await house.alice()
    to_owner = await changed(house, thief, THIRD)
    to_thief = await changed(house, thief, NEW)
    assert (to_owner.to, to_thief.to) == (EMAIL, THIRD)
    browser = await house.browser()
    answers = await asyncio.gather(
        undo(browser, to_thief.ticket), undo(browser, to_owner.ticket), undo(browser, "x" * 43)
    )
    assert answers[1].status_code == 200
    assert (await user_of(house, EMAIL)).password_hash is None
    assert (await undo(browser, to_thief.ticket)).status_code == 400
    assert (await user_of(house, EMAIL)).subject == await house.account()


async def test_an_address_that_was_taken_meanwhile_is_not_given_back_until_it_is_free(
    house: House,
) -> None:
    owner = await house.alice()
    notice = await changed(house, owner)
    other = await house.account(EMAIL)
    browser = await house.browser()
    refused = await undo(browser, notice.ticket)
    assert (refused.status_code, refused.json()["reason"]) == (409, "email_taken")
    page = await browser.post("/link/email-undo", data={"ticket": notice.ticket})
    assert (page.status_code, "cannot be put back" in page.text) == (409, True)
    assert (await owner.get("/api/me")).status_code == 200
    assert (await user_of(house, NEW)).password_hash is not None
    await house.service.users.delete(other)
    assert (await undo(browser, notice.ticket)).status_code == 200


async def test_nobody_undoes_what_an_administrator_decided_or_a_deletion(house: House) -> None:
    owner = await house.alice()
    first, second = await changed(house, owner), await changed(house, owner, THIRD)
    changes, user = house.service.email_changes, await user_of(house, THIRD)

    async def nothing(_: object) -> None: ...

    # as an administrator does it, which leaves no way back
    edited = await changes._write(user, {"email": BOB, "decided": user.decided + 1}, nothing)
    assert edited is not None
    assert (await undo(owner, second.ticket)).status_code == 400
    assert (await user_of(house, BOB)).subject == user.subject
    last = await changed(house, owner, "alice@third.test")
    assert (await undo(owner, first.ticket)).status_code == 400  # over the head of that decision
    assert (await undo(owner, last.ticket)).status_code == 200
    edited = await user_of(house, BOB)
    assert await changes.change(user, NEW, id="x", at=0, beside=nothing) is None  # read too early
    await house.account(EMAIL)
    with pytest.raises(EmailTaken):
        await changes.change(edited, EMAIL, id="x", at=0, beside=nothing)
    await house.service.users.delete(user.subject)
    assert (await undo(owner, first.ticket)).status_code == 400
    assert await changes._database.run(select(EMAIL_CHANGES)) == []


async def test_no_link_revives_when_an_address_is_changed_away_and_back(house: House) -> None:
    owner = await house.alice()
    await house.service.users.verify((await user_of(house, EMAIL)).subject, EMAIL, at=1)
    link = await reset_ticket(house, EMAIL)
    assert await is_alive(house, "/reset", link)
    await changed(house, owner)
    await changed(house, owner, EMAIL)
    assert not await is_alive(house, "/reset", link)
    users, user = house.service.users, await user_of(house, EMAIL)
    link = await reset_ticket(house, EMAIL)
    for email in (NEW, EMAIL):  # as an administrator does it
        assert await users.set_email(user.subject, email)
    assert not await is_alive(house, "/reset", link)
    link = await reset_ticket(house, EMAIL)
    assert await users.set_roles(user.subject, frozenset({"clerk"}))
    assert await is_alive(house, "/reset", link)


@pytest.mark.parametrize("verify", ["off", "later"])
@pytest.mark.parametrize("days", [0, 8])
async def test_an_undoing_takes_the_passkey_of_the_thief_away(
    opened: Opened, monkeypatch: pytest.MonkeyPatch, verify: str, days: int
) -> None:
    house = await with_mail(opened, monkeypatch, verify=verify)
    thief = await house.new_alice()
    key = await add(thief)
    house.clock.advance(days * DAY)
    if days:  # in another session, which began with the passkey
        thief = await house.browser()
        assert (await enter_with(thief, key)).status_code == 200
    else:
        assert (await step_up(thief, key)).status_code == 200
    await posted(house)
    left = await changed(house, thief, THIRD)
    owner = await house.browser()
    body = {"ticket": (await undo(owner, left.ticket)).json()["reset_ticket"], "new": CHOSEN}
    assert (await owner.post("/api/reset", json=body)).status_code == 204
    answers = await enter_with(await house.browser(), key), await login(owner, CHOSEN)
    # where addresses are never proved, the owner may have added it long ago
    stays = bool(days) and verify == "off"
    assert [each.status_code for each in answers] == ([200, 202] if stays else [403, 200])


@pytest.mark.parametrize(
    ("roles", "since", "old"),
    [
        (("admin",), -LIFETIME, True),
        (("admin",), -LIFETIME, False),
        (("admin",), None, False),
        ((), None, False),
    ],
    ids=["older factor", "new factor alone", "trusted meanwhile", "made by a stranger"],
)
async def test_an_undoing_leaves_older_factors_and_the_last_one_of_who_must_have_one(
    opened: Opened,
    monkeypatch: pytest.MonkeyPatch,
    roles: tuple[str, ...],
    since: int | None,
    old: bool,
) -> None:
    house = await with_mail(opened, monkeypatch, require_factor=("all",))
    subject = await house.account(EMAIL, *roles)
    if old:
        await give_totp(house, subject)
        house.clock.advance(8 * DAY)
    factors, changes = house.service.factors, house.service.email_changes
    passkey = replace(A_PASSKEY, subject=subject, created_at=house.clock())
    assert await house.service.passkeys.add(passkey, ending=0)
    user = await user_of(house, EMAIL)

    async def nothing(_: object) -> None: ...

    assert await changes.change(
        user,
        NEW,
        id="x",
        at=house.clock(),
        beside=nothing,
        since=0 if since is None else house.clock() + since,
    )
    ticket = await undo_link(
        house.service.auth.store, await found(house, "x"), ORIGIN, at=house.clock()
    )
    answer = await undo(await house.browser(), ticket.partition("ticket=")[2])
    assert answer.status_code == 200
    held = await factors.held(subject)
    assert (held.totp, held.passkeys) == ((True, 0) if old else (False, 1 if roles else 0))
