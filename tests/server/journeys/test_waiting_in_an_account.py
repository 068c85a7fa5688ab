"""Somebody waits in an account for its owner: nothing that they leave there lets them in again."""

from typing import Any

import httpx2
import pytest

from doorward.server.journeys.mail_login import flow as mail_login
from doorward.server.journeys.reset import flow as reset
from doorward.server.steps import verification
from tests.server.authenticator import Authenticator
from tests.server.factors import give_totp
from tests.server.house import EMAIL, House, Opened
from tests.server.journeys.test_mail_login import ask, code_of, type_code
from tests.server.journeys.test_passkeys import enter_with, options
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

    async def slow(*given: Any) -> Any:
        await before(*given)
        await stranger.post("/api/passkeys", json={"credential": made})

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
