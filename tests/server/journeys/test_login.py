"""Logging in: one answer to everything that is wrong, and nothing slips through in between."""

import asyncio
import re
from dataclasses import replace

import httpx2
import pytest

from doorward.passwords import CHEAP, Busy, Cost, Passwords
from doorward.server.accounts.apply_decisions import sweep
from doorward.server.accounts.user import User
from doorward.server.service import Service
from doorward.settings import DAY
from tests.server.house import EMAIL, PASSWORD, House, login

pytestmark = pytest.mark.anyio


async def the_user(house: House) -> User:
    user = await house.service.users.by_email(EMAIL)
    assert user is not None
    return user


def bytes_of(answer: httpx2.Response) -> tuple[int, list[tuple[str, str]], bytes]:
    return answer.status_code, sorted(answer.headers.items()), answer.content


async def test_unknown_wrong_and_locked_are_the_same_answer_to_the_byte(either: House) -> None:
    await either.alice()
    await either.service.users.create("bob@example.test", None, at=1)
    client = await either.client()
    wrong = await login(client, "not the password")
    unknown = await login(client, email="eve@example.test")
    without = await login(client, email="bob@example.test")
    no_address = await login(client, email="eve")
    user = await the_user(either)
    await either.service.users.lock(user.subject, at=either.clock())
    locked = await login(client)
    locked_wrong = await login(client, "not the password")
    assert wrong.status_code == 401
    assert wrong.json()["reason"] == "invalid_credentials"
    for other in (unknown, without, no_address, locked, locked_wrong):
        assert bytes_of(other) == bytes_of(wrong)


async def test_on_the_page_too(house: House) -> None:
    await house.alice()
    browser = await house.browser()
    form = {"email": EMAIL, "password": "not the password"}
    wrong = await browser.post("/login", data=form)
    unknown = await browser.post("/login", data={**form, "email": "alicf@example.test"})
    assert (wrong.status_code, unknown.status_code) == (401, 401)
    pages = [re.sub(r'name="once" value="[^"]*"', "", each.text) for each in (wrong, unknown)]
    assert pages[0].replace(EMAIL, "") == pages[1].replace("alicf@example.test", "")


@pytest.mark.parametrize(
    "password",
    [
        PASSWORD.upper(),
        PASSWORD + " ",
        " " + PASSWORD,
        PASSWORD + "\0",
        PASSWORD[:-1],
        PASSWORD + "x" * 200,
        "",
    ],
)
async def test_a_password_is_taken_exactly_as_it_is(house: House, password: str) -> None:
    await house.alice()
    assert (await login(await house.client(), password)).status_code == 401


async def test_a_login_ends_the_session_it_is_handed_and_adopts_nothing(either: House) -> None:
    browser = await either.alice()
    before = {name: value for name, value in browser.cookies.items() if "device" not in name}
    sid = (await browser.get("/api/me")).json()["sid"]
    await login(browser)
    assert (await browser.get("/api/me")).json()["sid"] != sid
    planted = await either.browser()
    planted.cookies.update(before)
    answer = await planted.get("/api/me")
    assert (answer.status_code, answer.json()["reason"]) == (401, "revoked")


async def test_a_login_ignores_a_bad_credential_that_it_is_handed(either: House) -> None:
    await either.alice()
    bad = await either.client(authorization="Bearer nonsense")
    assert (await login(bad)).status_code == 200
    tossed = await either.browser(cookie="__Host-session=a; __Host-session=b; __Host-access=x")
    assert (await login(tossed)).status_code == 200


class Meanwhile(Passwords):
    """Passwords in whose verification something else happens, as it does in a busy server."""

    def __init__(self, service: Service) -> None:
        super().__init__(CHEAP)
        self.service = service
        self.todo: list[str] = []
        self.verified = 0

    async def verify(self, password: str, hashed: str | None) -> bool:
        self.verified += 1
        right = await super().verify(password, hashed)
        user = await self.service.users.by_email(EMAIL)
        if self.todo and user is not None:
            await self.happen(self.todo.pop(0), user)
        return right

    async def happen(self, what: str, user: User) -> None:
        users, auth = self.service.users, self.service.auth
        if what == "roles":
            await users.set_roles(user.subject, frozenset({"editor"}))
            await auth.change(user.subject, roles={"editor"})
        elif what == "lock":
            await users.lock(user.subject, at=1)
            await auth.revoke(subject=user.subject)
        elif what == "password":
            new, old = await self.hash("a new passphrase"), user.password_hash
            await users.set_password(user.subject, new, old=old, at=1)
            await auth.revoke(subject=user.subject)
        else:
            await users.delete(user.subject)
            await auth.revoke(subject=user.subject)


async def interrupted(house: House, *what: str) -> tuple[httpx2.AsyncClient, httpx2.Response]:
    """A login during which all this happens, after the user was read."""
    await house.alice()
    meanwhile = Meanwhile(house.service)
    meanwhile.todo = list(what)
    house.app.state.service = replace(house.service, passwords=meanwhile)
    client = await house.client()
    answer = await login(client, transport="bearer")
    assert not meanwhile.todo
    return client, answer


async def test_a_login_during_a_role_change_succeeds_with_the_new_roles(either: House) -> None:
    client, answer = await interrupted(either, "roles")
    headers = {"authorization": f"Bearer {answer.json()['access_token']}"}
    assert (await client.get("/api/me", headers=headers)).json()["roles"] == ["editor"]


async def test_the_same_password_is_not_hashed_twice_for_it(house: House) -> None:
    await interrupted(house, "roles")
    passwords = house.service.passwords
    assert isinstance(passwords, Meanwhile)
    assert passwords.verified == 1


async def test_who_has_no_account_or_no_password_is_computed_for_all_the_same(house: House) -> None:
    """Else the time that a refusal takes would tell which addresses have an account."""
    await house.alice()
    await house.service.users.create("bob@example.test", None, at=1)
    passwords = Meanwhile(house.service)
    house.app.state.service = replace(house.service, passwords=passwords)
    client = await house.client()
    for email in (EMAIL, "bob@example.test", "eve@example.test", "eve"):
        before = passwords.verified
        await login(client, "not the password", email=email)
        assert passwords.verified == before + 1, email


@pytest.mark.parametrize("what", ["lock", "password", "delete"])
async def test_a_login_during_a_lock_a_new_password_or_a_deletion_fails(
    either: House, what: str
) -> None:
    _, answer = await interrupted(either, what)
    assert (answer.status_code, answer.json()["reason"]) == (401, "invalid_credentials")
    assert await either.service.auth.sessions() == []


async def test_a_login_outlives_what_a_new_password_had_still_to_end(either: House) -> None:
    users, auth = either.service.users, either.service.auth
    before = await either.alice()
    user = await the_user(either)
    new = await either.service.passwords.hash("a new passphrase")
    await users.set_password(user.subject, new, old=user.password_hash, at=either.clock())
    browser = await either.browser()
    assert (await login(browser, "a new passphrase")).status_code == 200
    await sweep(users, auth)
    assert (await before.get("/api/me")).json()["reason"] == "revoked"
    assert (await browser.get("/api/me")).status_code == 200


async def test_who_is_locked_proves_nothing_any_more_before_their_sessions_ended_too(
    either: House,
) -> None:
    browser = await either.alice()
    await either.service.users.lock((await the_user(either)).subject, at=either.clock())
    answer = await browser.post("/api/elevate", json={"password": PASSWORD})
    assert (answer.status_code, answer.json()["reason"]) == (401, "revoked")


async def test_a_hash_of_another_cost_is_renewed_by_the_next_login(house: House) -> None:
    await house.alice()
    dearer = Passwords(Cost(memory_kib=16, passes=1, for_tests=True))
    house.app.state.service = replace(house.service, passwords=dearer)
    before = (await the_user(house)).password_hash
    assert (await login(await house.client())).status_code == 200
    after = (await the_user(house)).password_hash
    assert after is not None
    assert (after != before, dearer.needs_rehash(after)) == (True, False)
    assert (await login(await house.client())).status_code == 200
    assert (await the_user(house)).password_hash == after
    dearer.close()


async def test_a_full_house_is_told_to_come_back(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "doorward.events")
    await house.alice()
    dear = Cost(memory_kib=65_536, passes=20, for_tests=True)
    slow = Passwords(dear, workers=1, waiting=0)
    house.app.state.service = replace(house.service, passwords=slow)
    browser = await house.browser()
    hashing = asyncio.create_task(slow.hash("whatever keeps the only worker busy"))
    problem = await login(browser)
    page = await browser.post("/login", data={"email": EMAIL, "password": PASSWORD})
    assert not hashing.done()
    await hashing
    assert (problem.status_code, problem.json()["reason"]) == (503, "busy")
    assert int(problem.headers["retry-after"]) > 0
    assert (page.status_code, "Too many people" in page.text) == (503, True)
    assert '"outcome":"busy","request":"POST /api/login"' in caplog.text
    slow.close()


async def test_turning_people_away_counts_as_no_failure(house: House) -> None:
    await house.alice()
    slow = Passwords(Cost(memory_kib=65_536, passes=20, for_tests=True), workers=1, waiting=0)
    quick, house.app.state.service = house.service, replace(house.service, passwords=slow)
    hashing = asyncio.create_task(slow.hash("whatever keeps the only worker busy"))
    client = await house.client()
    answers = [await login(client) for _ in range(12)]
    assert {answer.json()["reason"] for answer in answers} == {"busy"}
    await hashing
    house.app.state.service = quick
    assert (await login(client)).status_code == 200
    slow.close()


async def test_no_password_grows_old(house: House) -> None:
    """ASVS 6.2.10."""
    await house.account()
    house.clock.advance(400 * DAY)
    assert (await login(await house.client())).status_code == 200


class Crowded(Passwords):
    """Since this password was checked, others took every place."""

    async def hash(self, password: str) -> str:
        raise Busy(1)


async def test_a_login_stands_where_no_place_is_left_to_hash_anew(either: House) -> None:
    """Else the session has begun, and nobody gets it."""
    dear = Passwords(Cost(memory_kib=16, passes=1, for_tests=True))
    subject, hashed = await either.account(), await dear.hash(PASSWORD)
    before = await the_user(either)
    changed = await either.service.users.set_password(
        subject, hashed, old=before.password_hash, at=either.clock()
    )
    assert changed
    crowded = Crowded(CHEAP)
    either.app.state.service = replace(either.service, passwords=crowded)
    browser = await either.browser()
    assert (await login(browser)).status_code == 200
    assert (await browser.get("/api/me")).status_code == 200
    for each in (dear, crowded):
        each.close()
