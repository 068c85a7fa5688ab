"""Somebody waits in an account for its owner: nothing that they leave there lets them in again."""

from dataclasses import replace
from typing import Any

import httpx2
import pytest

from doorward.server.accounts.users import Users
from doorward.server.journeys.mail_login import flow as mail_login
from doorward.server.journeys.reset import flow as reset
from doorward.server.steps import verification
from tests.server.authenticator import Authenticator
from tests.server.factors import code, give_totp
from tests.server.house import EMAIL, House, Opened, login
from tests.server.journeys.test_mail_login import ask, code_of, type_code
from tests.server.journeys.test_passkeys import add, enter_with, options, step_up
from tests.server.mailbag import posted, with_mail

pytestmark = pytest.mark.anyio

CHOSEN = "a quiet harbour at dawn"


async def reset_by_mail(house: House, email: str = EMAIL) -> Any:
    owner = await house.browser(address="203.0.113.9")
    assert (await owner.post("/api/forgot", json={"email": email})).status_code == 202
    (sent,) = [each for each in await posted(house) if each.kind == "reset_asked"]
    return await owner.post("/api/reset", json={"ticket": sent.ticket, "new": CHOSEN})


async def test_nobody_adds_a_passkey_between_the_proof_and_the_end_of_the_sessions(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = await with_mail(opened, monkeypatch, verify="later")
    stranger = await house.new_alice()
    await posted(house)
    key = Authenticator()
    made = key.create(await options(stranger, "/api/passkeys"))
    before = verification.verify_address
    answers: list[httpx2.Response] = []

    async def slow(*given: Any) -> Any:
        answers.append(await stranger.post("/api/passkeys", json={"credential": made}))
        return await before(*given)

    monkeypatch.setattr(reset, "verify_address", slow)
    done = await reset_by_mail(house)
    assert (done.status_code, [each.status_code for each in answers]) == (204, [401])
    again = await enter_with(await house.browser(), key)
    assert again.status_code == 403, again.text


async def test_nor_at_a_login_by_mail(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    house = await with_mail(opened, monkeypatch, verify="later", login_by_mail=True)
    stranger = await house.new_alice()
    await posted(house)
    key = Authenticator()
    made = key.create(await options(stranger, "/api/passkeys"))
    before = verification.drop_unproved_factors

    statuses = []

    async def slow(*given: Any) -> Any:
        await before(*given)
        answer = await stranger.post("/api/passkeys", json={"credential": made})
        statuses.append(answer.status_code)

    monkeypatch.setattr(mail_login, "drop_unproved_factors", slow)
    owner = await house.browser(address="203.0.113.9")
    ticket = (await ask(owner)).json()["ticket"]
    (letter,) = [each for each in await posted(house) if each.kind == "login_asked"]
    assert (await type_code(owner, ticket, code_of(letter))).status_code == 200
    again = await enter_with(await house.browser(), key)
    assert again.status_code == 403, again.text


async def test_a_passkey_begun_before_the_second_factor_is_not_added_after_it(house: House) -> None:
    thief = await house.alice()
    key = Authenticator()
    made = key.create(await options(thief, "/api/passkeys"))
    await give_totp(house, await house.account())
    answer = await thief.post("/api/passkeys", json={"credential": made})
    assert answer.status_code == 401, answer.text


async def test_what_was_begun_before_a_new_password_is_not_added_after_it(house: House) -> None:
    browser = await house.alice()
    key = Authenticator()
    made = key.create(await options(browser, "/api/passkeys"))
    secret = (await browser.post("/api/totp")).json()["secret"]
    users, subject = house.service.users, await house.account()
    user = await users.by_subject(subject)
    assert user is not None
    (session,) = await house.service.auth.sessions(subject)
    # this session is kept, as after the person's own change: only `ending` tells of it
    assert await users.set_password(
        subject, user.password_hash or "", old=user.password_hash, at=1, keep=session.sid
    )
    body = {"code": code(house, secret=secret)}
    answers = (
        await browser.post("/api/passkeys", json={"credential": made}),
        await browser.post("/api/totp/confirm", json=body),
    )
    assert [each.status_code for each in answers] == [403, 404]


async def test_a_passkey_is_not_written_for_an_account_that_changed_hands_meanwhile(
    house: House,
) -> None:
    await add(await house.alice())
    passkeys, subject = house.service.passkeys, await house.account()
    (known,) = await passkeys.of(subject)
    other = replace(known, credential_id="other")
    assert [await passkeys.add(other, ending=ending) for ending in (1, 0)] == [False, True]


async def test_nobody_adds_a_passkey_while_an_administrator_resets_the_factors(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    thief, subject = await house.alice(), await house.account()
    assert (await step_up(thief, await add(thief))).status_code == 200
    key = Authenticator()
    made = key.create(await options(thief, "/api/passkeys"))
    before, statuses = Users.reset_factors, []

    async def slow(users: Users, subject: str) -> bool:
        done = await before(users, subject)
        answer = await thief.post("/api/passkeys", json={"credential": made})
        statuses.append(answer.status_code)
        return done

    monkeypatch.setattr(Users, "reset_factors", slow)
    await house.account("root@example.test", "admin")
    admin = await house.browser()
    await login(admin, email="root@example.test")
    assert (await admin.delete(f"/api/admin/users/{subject}/factors")).status_code == 200
    assert statuses[0] == 201  # in between, which the second reset deletes
    assert (await enter_with(await house.browser(), key)).status_code == 403
