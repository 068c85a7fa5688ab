"""Administrators make, invite, edit and delete users, in the console and by the API."""

import asyncio
import re
from collections.abc import AsyncIterator

import httpx2
import pytest

from doorward.server.accounts.invitation import LIFETIME
from doorward.server.audit.history import Query
from doorward.server.mail.relay import parse_relay
from doorward.settings import DAY
from tests.server.desk import ADMIN, CUSTOMER, Desk, desk_of, person
from tests.server.house import ORIGIN, PASSWORD, House, Opened, login
from tests.support.smtp import Smtp, running_smtp

pytestmark = pytest.mark.anyio

NEW, OTHER = "dora@example.test", "other@example.test"
CHOSEN = "a wholly new passphrase"


@pytest.fixture
async def desk(house: House) -> Desk:
    return await desk_of(house)


@pytest.fixture
async def either_desk(either: House) -> Desk:
    return await desk_of(either)


@pytest.fixture
async def smtp(anyio_backend: str) -> AsyncIterator[Smtp]:
    async with running_smtp() as server:
        yield server


@pytest.fixture
async def posting(opened: Opened, smtp: Smtp, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk in a house that sends mail, and looks for more of it at short intervals."""
    monkeypatch.setattr("doorward.server.mail.postman.EVERY", 0.02)
    mail = {"smtp_url": parse_relay(smtp.url), "mail_from": "login@example.test"}
    return await desk_of(await opened(**mail))


def ticket_in(text: str) -> str:
    found = re.search(rf"{ORIGIN}/link/invitation\?ticket=([\w-]{{43}})", text)
    assert found is not None, text
    return found[1]


async def accept(house: House, ticket: str, password: str = CHOSEN) -> httpx2.Response:
    form = {"ticket": ticket, "new": password}
    return await (await house.browser()).post("/link/invitation", data=form)


async def enters(house: House, email: str, password: str = PASSWORD) -> int:
    return (await login(await house.browser(), password, email=email)).status_code


# --- add and invite -----------------------------------------------------------------------------


async def test_a_user_is_made_and_invited_by_the_api(desk: Desk) -> None:
    body = {"email": f"  {NEW.upper()} ", "roles": ["editor"]}
    made = await desk.admin.post("/api/admin/users", json=body)
    assert made.status_code == 201
    user = made.json()
    assert (user["email"], user["roles"], user["has_password"]) == (NEW, ["editor"], False)
    assert (user["verified_at"], user["erase_at"]) == (None, None)
    assert user["expires_at"] == desk.house.clock() + LIFETIME == desk.house.clock() + 7 * DAY
    assert "sent_to" not in user
    assert await desk.kinds(user["subject"]) == ["invitation_made", "signup"]
    (entry,) = await desk.house.service.history.page(Query(kind="signup", person=user["subject"]))
    assert (entry.entry.actor, entry.entry.detail) == (desk.root, {"roles": ["editor"]})
    assert (await accept(desk.house, ticket_in(made.text))).status_code == 303
    assert await enters(desk.house, NEW, CHOSEN) == 200
    assert "invitation_accepted" in await desk.kinds(user["subject"])


async def test_a_user_who_cannot_be_is_not_made(desk: Desk) -> None:
    wrong: list[tuple[dict[str, object], str]] = [
        ({"email": CUSTOMER}, "email_taken"),
        ({"email": "nobody"}, "invalid_email"),
        ({"email": NEW, "roles": ["no role"]}, "invalid_request"),
        ({"email": NEW, "roles": ["verified"]}, "invalid_request"),
        ({"email": NEW, "password": PASSWORD}, "invalid_request"),
        ({"email": NEW, "verified_at": 1}, "invalid_request"),
        ({"email": NEW, "invite": "yes"}, "invalid_request"),
    ]
    for body, reason in wrong:
        refused = await desk.admin.post("/api/admin/users", json=body)
        assert refused.json()["reason"] == reason, body
    assert await desk.house.service.users.count() == 2


async def test_a_user_may_be_made_first_and_invited_later_and_again(desk: Desk) -> None:
    made = await desk.admin.post("/api/admin/users", json={"email": NEW, "invite": False})
    assert "invitation_link" not in made.json()
    at = f"/api/admin/users/{made.json()['subject']}/invite"
    first, second = [ticket_in((await desk.admin.post(at)).text) for _ in range(2)]
    assert (await accept(desk.house, first)).status_code == 303
    assert (await accept(desk.house, second)).status_code == 400
    again = await desk.admin.post(at)
    assert (again.status_code, again.json()["reason"]) == (409, "has_password")
    assert (await desk.admin.post("/api/admin/users/u_nobody/invite")).status_code == 404


async def test_the_console_makes_and_invites_a_user_and_shows_the_link_once(desk: Desk) -> None:
    assert 'href="/admin/users/new"' in (await desk.admin.get("/admin/users")).text
    shown = await desk.admin.get("/admin/users/new")
    assert "Show me the link of an invitation" in shown.text
    wrong = await desk.admin.post("/admin/users/new", data={"email": CUSTOMER, "roles": "a b"})
    assert (wrong.status_code, 'id="email-error"' in wrong.text) == (409, True)
    assert 'value="a b"' in wrong.text
    form = {"email": NEW, "roles": "editor, reviewer", "invite": "yes"}
    made = await desk.admin.post("/admin/users/new", data=form)
    assert (made.status_code, NEW in made.text) == (200, True)
    assert (await accept(desk.house, ticket_in(made.text))).status_code == 303
    user = await desk.house.service.users.by_email(NEW)
    assert user is not None
    assert (user.roles, user.verified_at) == (frozenset({"editor", "reviewer"}), None)
    later = await desk.admin.post("/admin/users/new", data={"email": OTHER, "invite": "no"})
    assert later.status_code == 303
    page = (await desk.admin.get(later.headers["location"])).text
    assert "Account made, without a password." in page
    assert f"{later.headers['location']}/invite" in page
    assert ticket_in((await desk.admin.post(f"{later.headers['location']}/invite")).text)


async def test_an_invitation_that_is_mailed_proves_the_address(posting: Desk, smtp: Smtp) -> None:
    made = await posting.admin.post("/api/admin/users", json={"email": NEW})
    assert made.json()["sent_to"] == NEW
    assert "ticket" not in made.text
    (taken,) = await smtp.mails()
    assert (taken.recipient, taken.message["subject"]) == (NEW, "[Doorward] You are invited")
    ticket = ticket_in(taken.message.get_content())
    page = await (await posting.house.browser()).get(f"/link/invitation?ticket={ticket}")
    assert f'value="{NEW}" autocomplete="username" readonly' in page.text
    assert (await accept(posting.house, ticket)).status_code == 303
    browser = await posting.house.browser()
    assert (await login(browser, CHOSEN, email=NEW)).json()["roles"] == ["verified"]
    user = await posting.house.service.users.by_email(NEW)
    assert user is not None
    assert user.verified_at == posting.house.clock()
    shown = (await posting.admin.get(f"/admin/users/{user.subject}")).text
    assert "Verified <time" in shown
    assert "Active, verified" in (await posting.admin.get("/admin/users")).text


# --- the address --------------------------------------------------------------------------------


async def test_an_address_is_changed_and_sessions_stay_but_no_longer_as_verified(
    either_desk: Desk,
) -> None:
    desk = either_desk
    users = desk.house.service.users
    await users.verify(desk.carol, CUSTOMER, at=1)
    await login(desk.customer, email=CUSTOMER)
    assert (await desk.customer.get("/api/me")).json()["roles"] == ["verified"]
    at = f"/api/admin/users/{desk.carol}"
    link = (await desk.admin.post(f"{at}/reset-link")).json()["reset_link"]
    same = await desk.admin.patch(at, json={"email": CUSTOMER.upper()})
    assert same.json()["verified_at"] == 1
    changed = await desk.admin.patch(at, json={"email": NEW})
    assert (changed.json()["email"], changed.json()["verified_at"]) == (NEW, None)
    assert (await desk.customer.get("/api/me")).json()["roles"] == []
    assert (await desk.customer.get(link)).status_code == 400
    assert await enters(desk.house, NEW) == 200
    assert await enters(desk.house, CUSTOMER) == 401
    assert (await desk.kinds(desk.carol)).count("address_set") == 1
    for email, reason in ((ADMIN, "email_taken"), ("x", "invalid_email")):
        refused = await desk.admin.patch(at, json={"email": email})
        assert refused.json()["reason"] == reason
    both = {"email": OTHER, "roles": ["admin"]}
    assert (await desk.admin.patch(at, json=both)).status_code == 400
    log = await desk.admin.get(f"/api/admin/history?person={desk.carol}")
    assert "@" not in log.text


async def test_the_console_changes_an_address_and_says_what_is_wrong_with_another(
    desk: Desk,
) -> None:
    at = f"/admin/users/{desk.carol}/address"
    assert f'value="{CUSTOMER}"' in (await desk.admin.get(at)).text
    wrong = await desk.admin.post(at, data={"email": ADMIN})
    assert (wrong.status_code, 'id="email-error"' in wrong.text) == (409, True)
    assert f'value="{ADMIN}"' in wrong.text
    assert (await desk.admin.post(at, data={"email": NEW})).status_code == 303
    assert "Address changed." in (await desk.admin.get(f"/admin/users/{desk.carol}")).text


async def test_old_and_new_address_get_a_letter_and_no_link_goes_to_the_old_one(
    posting: Desk, smtp: Smtp, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox, clock = posting.house.service.outbox, posting.house.clock
    made = (await posting.admin.post("/api/admin/users", json={"email": NEW})).json()
    await smtp.mails()
    clock.advance(1)
    at = f"/api/admin/users/{made['subject']}"
    smtp.refuse = "450 later"
    invited = (await posting.admin.post(f"{at}/invite")).json()
    assert invited["sent_to"] == NEW
    await posting.admin.post(f"{at}/reset-link")
    await posting.admin.patch(at, json={"email": OTHER})
    smtp.refuse = ""
    clock.advance(DAY // 2)
    mails = await smtp.mails(3)
    told = sorted((mail.recipient, mail.message["subject"]) for mail in mails[1:])
    title = "[Doorward] The address of your account was changed"
    assert told == [(NEW, title), (OTHER, title)]
    assert all("198.51.100.7" not in mail.message.get_content() for mail in mails[1:])
    assert {letter.kind for letter in await outbox.latest(9)} == {"invitation_sent", "address_set"}
    assert (
        await accept(posting.house, ticket_in(mails[0].message.get_content()))
    ).status_code == 400


# --- delete -------------------------------------------------------------------------------------


async def test_a_deleted_user_is_gone_at_once_with_every_session(either_desk: Desk) -> None:
    desk = either_desk
    at = f"/api/admin/users/{desk.carol}"
    attempt = await desk.house.service.auth.attempt()
    assert (await desk.admin.delete(at)).json() == {"sessions_ended": 1}
    assert (await desk.customer.get("/api/me")).status_code == 401
    assert await enters(desk.house, CUSTOMER) == 401
    with pytest.raises(Exception, match="newer decision"):
        await attempt.login(desk.carol)
    assert "account_deleted" in await desk.kinds(desk.carol)
    assert (await desk.admin.delete(at)).status_code == 404
    issued = await (await desk.house.service.auth.attempt()).login(desk.carol)  # as a crash leaves
    assert (await desk.admin.delete(at)).json() == {"sessions_ended": 1}
    assert await desk.house.service.auth.session(issued.session.sid) is not None
    with pytest.raises(Exception, match="ended"):
        await desk.house.service.auth.authenticate(issued.credential)


async def test_the_console_asks_before_it_deletes_and_names_the_address(desk: Desk) -> None:
    page = (await desk.admin.get(f"/admin/users/{desk.carol}")).text
    assert f'href="/admin/users/{desk.carol}/delete"' in page
    assert "/delete" not in (await desk.admin.get(f"/admin/users/{desk.root}")).text
    asked = await desk.admin.get(f"/admin/users/{desk.carol}/delete")
    assert f"Delete {CUSTOMER}?" in asked.text
    assert (await desk.customer.get("/api/me")).status_code == 200
    done = await desk.admin.post(f"/admin/users/{desk.carol}/delete")
    assert (done.status_code, done.headers["location"]) == (303, "/admin/users")
    assert "Account deleted: 1 session ended." in (await desk.admin.get("/admin/users")).text
    assert CUSTOMER not in (await desk.admin.get("/admin/history")).text


async def test_nobody_deletes_their_own_account_or_the_last_administrator(desk: Desk) -> None:
    second, subject = await person(desk.house, OTHER, "admin")
    own = await desk.admin.delete(f"/api/admin/users/{desk.root}")
    assert (own.status_code, own.json()["reason"]) == (409, "own_account")
    page = await desk.admin.post(f"/admin/users/{desk.root}/delete")
    assert (page.status_code, "This is your own account." in page.text) == (409, True)
    # somebody whose role is taken away while the request is under way
    await desk.house.service.users.set_roles(subject, frozenset())
    last = await second.delete(f"/api/admin/users/{desk.root}")
    assert (last.status_code, last.json()["reason"]) == (409, "last_admin")
    assert await desk.house.service.users.any_admin()


async def test_of_two_administrators_who_delete_each_other_at_once_one_stays(desk: Desk) -> None:
    second, subject = await person(desk.house, OTHER, "admin")
    answers = await asyncio.gather(
        desk.admin.delete(f"/api/admin/users/{subject}"),
        second.delete(f"/api/admin/users/{desk.root}"),
    )
    assert await desk.house.service.users.any_admin()
    assert [answer.status_code for answer in answers].count(200) == 1
