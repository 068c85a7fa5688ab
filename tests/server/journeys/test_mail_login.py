"""A login by mail: the link in the browser that asked, or the code there, and one of them once."""

import asyncio
import re
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from doorward.errors import ConfigurationError
from doorward.keys import base64url
from doorward.server.accounts.devices import whose
from doorward.server.accounts.mail_code import LIFETIME, code_in, normal
from doorward.server.accounts.user import User
from doorward.server.accounts.users import Users
from doorward.server.audit.history import Query
from doorward.server.mail.letter import Letter
from doorward.server.options import Options
from doorward.server.steps.asked_letter import may_go
from doorward.settings import HOUR
from doorward.web.limits import FROM_LETTER, LETTERS, LETTERS_OF_ALL
from tests.server.factors import code as totp_code
from tests.server.factors import give_totp, prove
from tests.server.house import EMAIL, House, Opened, login
from tests.server.letters import seen
from tests.server.mailbag import Posted, posted, with_mail

pytestmark = pytest.mark.anyio

NOBODY = "nobody@example.test"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"


@pytest.fixture
async def house(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> House:
    house = await with_mail(opened, monkeypatch, login_by_mail=True)
    await proved(house)
    return house


async def user_of(house: House, email: str = EMAIL) -> User:
    user = await house.service.users.by_email(email)
    assert user is not None
    return user


async def proved(house: House) -> str:
    """The subject of an account whose owner proved the address long ago."""
    subject = await house.account()
    await house.service.users.verify(subject, EMAIL, at=house.clock())
    return subject


async def ask(
    client: httpx2.AsyncClient, email: str = EMAIL, via: str = "cookie"
) -> httpx2.Response:
    return await client.post("/api/login/mail", json={"email": email, "transport": via})


async def letter(house: House) -> Posted:
    (found,) = [each for each in await posted(house) if each.kind == "login_asked"]
    return found


def code_of(letter: Posted) -> str:
    (found,) = re.findall(r"(?<![\w-])[0-9A-Z]{4}-[0-9A-Z]{4}(?![\w-])", letter.text)
    return str(found)


async def type_code(client: httpx2.AsyncClient, ticket: str, code: str) -> httpx2.Response:
    body = {"ticket": ticket, "code": code}
    return await client.post("/api/login/mail/code", json=body)


async def open_link(client: httpx2.AsyncClient, letter: Posted) -> httpx2.Response:
    return await client.get(f"/link/login?ticket={letter.ticket}")


async def use_link(client: httpx2.AsyncClient, letter: Posted) -> httpx2.Response:
    return await client.post("/link/login", data={"ticket": letter.ticket})


async def asked(house: House, **more: Any) -> tuple[httpx2.AsyncClient, str, Posted]:
    """A browser that asked, its ticket and the letter."""
    browser = await house.browser(**more)
    answer = await ask(browser)
    assert answer.status_code == 202, answer.text
    return browser, answer.json()["ticket"], await letter(house)


# --- the three ways in --------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["session", "token"])
async def test_a_person_logs_in_by_the_link_the_code_and_a_program_by_the_code(
    opened: Opened, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    house = await with_mail(opened, monkeypatch, login_by_mail=True, mode=mode)
    subject = await proved(house)
    browser = await house.browser()
    page = await browser.get("/login?return_to=%2Faccount%2Fhistory")
    assert 'href="/login/mail?return_to=/account/history"' in page.text
    form = {"email": EMAIL.upper(), "return_to": "/account/history"}
    assert (await browser.post("/login/mail", data=form)).headers["location"] == "/login/mail/code"
    assert "Look into your mail" in (await browser.get("/login/mail/code")).text
    first = await letter(house)
    for _ in range(2):  # a scanner in this very browser: a GET logs nobody in
        assert 'value="' + first.ticket in (await open_link(browser, first)).text
    assert (await browser.get("/api/me")).status_code == 401
    answer = await use_link(browser, first)
    assert (answer.status_code, answer.headers["location"]) == (303, "/account/history")
    me = (await browser.get("/api/me")).json()
    assert (me["subject"], me["amr"]) == (subject, ["email"])
    assert "Letter" in (await browser.get("/account")).text
    assert not [name for name in browser.cookies if "flow" in name]

    other = await house.browser()
    await other.post("/login/mail", data={"email": EMAIL})
    typed = f" {code_of(await letter(house)).lower()} "
    wrong = await other.post("/login/mail/code", data={"code": "0000-0000"})
    assert (wrong.status_code, 'id="code-error"' in wrong.text) == (403, True)
    answer = await other.post("/login/mail/code", data={"code": typed})
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")

    program = await house.client()
    answer = await ask(program, via="bearer")
    assert "set-cookie" not in answer.headers
    second = await letter(house)
    assert code_of(second) in (await open_link(program, second)).text
    body = (await type_code(program, answer.json()["ticket"], code_of(second))).json()
    headers = {"authorization": f"Bearer {body['access_token']}"}
    assert (await program.get("/api/me", headers=headers)).json()["amr"] == ["email"]
    kinds = [each.entry.kind for each in await house.service.history.page(Query(person=subject))]
    assert (kinds.count("login_mailed"), kinds.count("login")) == (3, 3)


async def test_the_link_logs_nobody_in_elsewhere_and_the_code_only_who_asked(house: House) -> None:
    """ASVS 6.6.2; and whoever sends somebody the link to their own account logs nobody in."""
    browser, ticket, sent = await asked(house)
    victim = await house.browser(address="203.0.113.9", **{"user-agent": FIREFOX})
    await ask(victim, NOBODY)  # it has a word of its own
    page = await open_link(victim, sent)
    assert (code_of(sent) in page.text, "<form" in page.text) == (True, False)
    for answer in (
        await use_link(victim, sent),
        await victim.post("/api/login/mail/link", json={"ticket": sent.ticket}),
        await type_code(victim, ticket, code_of(sent)),
        await victim.post("/login/mail/code", data={"code": code_of(sent)}),
    ):
        assert answer.status_code in (401, 403), answer.text
        assert "session" not in answer.headers.get("set-cookie", "")
    assert (await victim.get("/api/me")).status_code == 401
    assert (await type_code(browser, ticket, code_of(sent))).status_code == 200
    history = await house.service.history.page(Query(kind="link_refused"))
    assert [each.entry.detail["link"] for each in history] == ["login_link", "login_link"]


async def test_a_second_factor_is_asked_for_after_the_letter(house: House) -> None:
    await give_totp(house, (await user_of(house)).subject)
    browser, ticket, sent = await asked(house)
    answer = await type_code(browser, ticket, code_of(sent))
    assert answer.status_code == 202
    step = answer.json()["second_factor"]
    assert step["factors"] == ["totp"]
    assert (await browser.get("/api/me")).status_code == 401
    assert (await type_code(browser, ticket, code_of(sent))).status_code in (401, 403)
    finished = await prove(browser, step["ticket"], totp_code(house))
    assert finished.json()["amr"] == ["email", "otp", "mfa"]
    again, _, by_link = await asked(house)
    assert (await use_link(again, by_link)).headers["location"] == "/login/factor"


# --- what strangers see -------------------------------------------------------------------------


def plain(answer: httpx2.Response, email: str = NOBODY) -> tuple[int, object, str]:
    """What a stranger sees, but for the random words and the address that they typed."""
    status, headers, text = seen(answer)
    told = re.sub(r"\(b'content-length', b'\d+'\)", "", repr(headers))
    text = re.sub(r"[\w-]{43}", "?", text.replace(email, "?"))
    return status, re.sub(r"[\w-]{43}", "?", told), text


async def test_nothing_tells_a_stranger_whether_an_account_exists(house: House) -> None:
    locked = "locked@example.test"
    await house.service.users.lock(await house.account(locked), at=house.clock())
    letters = {EMAIL: ["login_asked"] * 2, NOBODY: ["login_unknown"] * 2, locked: []}
    journeys: list[list[tuple[int, object, str]]] = []
    for email in (EMAIL, NOBODY, locked):
        stranger, other = await house.browser(), await house.browser()
        first = await ask(stranger, email)
        answers = [first, await other.post("/login/mail", data={"email": email})]
        kinds = [each.kind for each in await posted(house)]
        assert kinds == letters[email]
        answers.append(await other.get("/login/mail/code"))
        ticket = first.json()["ticket"]
        guesses = range(FROM_LETTER + 1)
        answers += [await type_code(stranger, ticket, "0000-0000") for _ in guesses]
        answers.append(await other.post("/login/mail/code", data={"code": "0000-0000"}))
        journeys.append([plain(answer, email) for answer in answers])
    assert journeys[0] == journeys[1] == journeys[2]
    assert [status for status, *_ in journeys[0]] == [202, 303, 200, *[403] * 5, 429, 403]


async def test_one_letter_goes_out_either_way(house: House) -> None:
    browser = await house.browser()
    for email in (EMAIL, NOBODY):
        await ask(browser, email)
    found = [(each.to, each.kind) for each in await posted(house)]
    assert found == [(EMAIL, "login_asked"), (NOBODY, "login_unknown")]
    for _ in range(LETTERS):
        assert (await ask(browser)).status_code == 202
    assert len(await posted(house)) == LETTERS - 1  # of one source to one address
    invalid = await ask(browser, "no address")
    assert (invalid.status_code, invalid.json()["reason"]) == (400, "invalid_email")


def marks_in(letter: Letter) -> list[str]:
    return list((letter.other or {}).get("marks", []))


async def test_strangers_use_up_no_letter_of_a_browser_in_which_the_owner_logged_in(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, forger = await house.browser(), await house.browser(address="203.0.113.9")
    assert (await login(owner)).status_code == 200
    forger.cookies.set("__Host-device", base64url.encode(bytes(32)).decode())
    await posted(house)

    for source in range(1, 4):  # of all kinds together, or the mailbox is flooded kind by kind
        stranger = await house.browser(address=f"203.0.113.{source}")
        for email in (EMAIL, NOBODY):
            for path in ("/api/login/mail", "/api/forgot") * 2:
                assert (await stranger.post(path, json={"email": email})).status_code == 202
    sent = [each.to for each in await posted(house)]
    assert (sent.count(EMAIL), sent.count(NOBODY)) == (LETTERS_OF_ALL, LETTERS_OF_ALL)

    async def fails(*_: object) -> None:
        raise AssertionError("the request must not look for an account")

    with monkeypatch.context() as patch:
        patch.setattr(Users, "by_email", fails)
        for client in (forger, await house.browser(), owner, owner):
            assert plain(await ask(client)) == plain(await ask(client, NOBODY))
    # who reads the database must not come as a known device: that needs no letter to the owner
    held = [mark for letter in await house.service.outbox.latest(99) for mark in marks_in(letter)]
    assert held
    for mark in held:
        cookie = [(b"cookie", f"__Host-device={mark}".encode())]
        assert house.service.devices.recognise(cookie, whose(await user_of(house))) is None
    assert [(each.to, each.kind) for each in await posted(house)] == [(EMAIL, "login_asked")] * 2
    for _ in range(LETTERS):  # together with those before
        await owner.post("/api/forgot", json={"email": EMAIL})
    assert [each.kind for each in await posted(house)] == ["reset_asked"] * (LETTERS - 2)

    user = await user_of(house)
    await house.service.users.set_password(user.subject, "new", old=user.password_hash, at=1)
    await ask(owner)  # no longer known
    assert await posted(house) == []
    house.clock.advance(HOUR)
    await ask(forger)
    assert [each.kind for each in await posted(house)] == ["login_asked"]


async def test_a_letter_of_a_known_browser_is_counted_once_however_often_it_is_tried(
    house: House,
) -> None:
    owner, user = await house.browser(), await user_of(house)
    assert (await login(owner)).status_code == 200
    mark = owner.cookies["__Host-device"]
    marks = house.service.devices.digests([(b"cookie", f"__Host-device={mark}".encode())])
    letter = Letter(
        id="1",
        kind="login_asked",
        subject="",
        email=EMAIL,
        at=house.clock(),
        other={"marks": marks},
    )
    for _ in range(LETTERS):
        assert await may_go(house.service, replace(letter, tries=1), user)
        assert await may_go(house.service, replace(letter, tries=2), user)
    assert not await may_go(house.service, replace(letter, tries=1), user)
    assert not await may_go(house.service, letter, None)


# --- once, for ten minutes, and not after a decision --------------------------------------------


async def test_of_thirty_at_once_with_the_link_and_the_code_one_gets_in(house: House) -> None:
    browser, ticket, sent = await asked(house)
    word = {"cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items())}
    clients = [await house.browser(**word) for _ in range(30)]
    answers = await asyncio.gather(
        *(
            type_code(client, ticket, code_of(sent)) if number % 2 else use_link(client, sent)
            for number, client in enumerate(clients)
        )
    )
    got_in = [each for each in answers if "session" in each.headers.get("set-cookie", "")]
    assert len(got_in) == 1
    sessions = await house.service.auth.sessions((await user_of(house)).subject)
    assert len(sessions) == 1
    for answer in (await use_link(browser, sent), await type_code(browser, ticket, code_of(sent))):
        assert answer.status_code in (400, 403, 429)


async def test_the_letter_works_for_ten_minutes_from_the_request(house: House) -> None:
    browser, ticket, sent = await asked(house)
    await ask(browser)  # this letter waits for too long
    house.clock.advance(LIFETIME - 1)
    assert (await open_link(browser, sent)).status_code == 200
    house.clock.advance(1)
    assert await posted(house) == []
    assert (await open_link(browser, sent)).status_code == 400
    assert (await use_link(browser, sent)).status_code == 400
    expired = await type_code(browser, ticket, code_of(sent))
    assert (expired.status_code, expired.json()["reason"]) == (401, "login_expired")
    answer = await browser.post("/login/mail/code", data={"code": code_of(sent)})
    assert answer.headers["location"] == "/login/mail"
    assert "Ask for another letter." in (await browser.get("/login/mail")).text


async def test_after_five_wrong_codes_the_right_one_is_refused_too(house: House) -> None:
    browser, ticket, sent = await asked(house)
    for number in range(FROM_LETTER):
        wrong = await type_code(browser, ticket, f"000{number}-0000")
        assert (wrong.status_code, wrong.json()["reason"]) == (403, "wrong_code")
    assert (await type_code(browser, ticket, code_of(sent))).status_code == 429
    again, other, third = await asked(house)
    assert (await type_code(again, other, code_of(sent))).status_code == 403  # of another letter
    assert (await type_code(again, other, code_of(third))).status_code == 200


@pytest.mark.parametrize("decision", ["password", "lock", "delete", "address"])
async def test_the_letter_dies_with_what_is_decided_about_the_account(
    house: House, decision: str
) -> None:
    browser, ticket, sent = await asked(house)
    await ask(browser)  # a letter that waits while it happens
    users, user = house.service.users, await user_of(house)

    async def nothing(_: object) -> None: ...

    match decision:
        case "password":
            await users.set_password(user.subject, "new", old=user.password_hash, at=1)
        case "lock":
            await users.lock(user.subject, at=1)
        case "delete":
            await users.delete(user.subject)
        case "address":
            changes = house.service.email_changes
            assert await changes.change(user, "b@example.test", id="x", at=1, beside=nothing)
    assert (await open_link(browser, sent)).status_code in (400, 401)
    assert "session" not in (await use_link(browser, sent)).headers.get("set-cookie", "")
    refused = await type_code(browser, ticket, code_of(sent))
    assert refused.status_code in (401, 403)
    assert [each.entry.kind for each in await house.service.history.page(Query(kind="login"))] == []
    kinds = [each.kind for each in await posted(house)]
    gone = {"delete": ["login_unknown"], "address": ["login_unknown"], "lock": []}
    assert kinds == gone.get(decision, ["login_asked"])


# --- the first proof of an address --------------------------------------------------------------


async def test_who_made_an_account_with_the_address_of_another_loses_it_to_the_owner(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = await with_mail(opened, monkeypatch, login_by_mail=True)
    stranger = await house.alice()
    owner, ticket, sent = await asked(house, address="203.0.113.9")
    answer = await type_code(owner, ticket, code_of(sent))
    assert (answer.status_code, answer.json()["roles"]) == (200, ["verified"])
    assert (await stranger.get("/api/me")).status_code == 401
    assert (await login(stranger)).status_code == 401
    assert (await owner.get("/api/me")).status_code == 200
    user = await user_of(house)
    assert (user.password_hash, user.verified_at, user.decided) == (
        None,
        house.clock(),
        user.settled,
    )
    assert "password_voided" in [each.kind for each in await posted(house)]
    again, ticket, sent = await asked(house, address="203.0.113.9")
    assert (await type_code(again, ticket, code_of(sent))).status_code == 200
    assert (await owner.get("/api/me")).status_code == 200


# --- the option ---------------------------------------------------------------------------------


async def test_it_is_off_unless_it_is_asked_for_and_needs_mail(shared: Opened) -> None:
    house = await shared()
    browser = await house.browser()
    assert "/login/mail" not in (await browser.get("/login")).text
    ticket = "x" * 43
    for answer in (
        await ask(browser),
        await type_code(browser, ticket, "0000-0000"),
        await browser.post("/api/login/mail/link", json={"ticket": ticket}),
        await browser.get("/login/mail"),
        await browser.get("/login/mail/code"),
        await browser.get(f"/link/login?ticket={ticket}"),
        await browser.post("/login/mail", data={"email": EMAIL}),
        await browser.post("/login/mail/code", data={"code": "0000-0000"}),
        await browser.post("/link/login", data={"ticket": ticket}),
    ):
        assert answer.status_code == 404
    with pytest.raises(ConfigurationError, match="--login-by-mail needs mail"):
        Options(login_by_mail=True, public_origin="https://login.example")


def test_a_code_is_read_as_people_type_it() -> None:
    assert normal(" oil0-1abc ") == "01101ABC"
    shown = code_in("https://testserver/link/login?ticket=" + "x" * 43)
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", shown)
    assert code_in("(not kept)") == "(not kept)"
