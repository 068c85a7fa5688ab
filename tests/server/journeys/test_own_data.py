"""A person downloads what is held about their account, and deletes it, with seven days to undo."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from sqlalchemy import insert

from doorward.errors import StoreUnavailable
from doorward.passwords import CHEAP, Passwords
from doorward.server.accounts.deletion import GRACE, erase
from doorward.server.accounts.factor_tables import OWNED, PASSKEYS, RECOVERY_CODES
from doorward.server.accounts.user import User
from doorward.server.audit.history import Query
from doorward.server.mail.relay import parse_relay
from doorward.server.retention import erase_due
from doorward.settings import DAY, MINUTE
from tests.server.desk import ADMIN, CUSTOMER, Desk, desk_of, person
from tests.server.factors import code, give_totp
from tests.server.house import EMAIL, PASSWORD, House, Opened, login
from tests.support.smtp import Smtp, running_smtp

pytestmark = pytest.mark.anyio

WRONG = "not the password"


@pytest.fixture
async def smtp(anyio_backend: str) -> AsyncIterator[Smtp]:
    async with running_smtp() as server:
        yield server


async def user_of(house: House, email: str = EMAIL) -> User | None:
    return await house.service.users.by_email(email)


async def erased(house: House) -> int:
    service = house.service
    return await erase_due(service.users, service.auth, service.recorder)


async def kinds(house: House, subject: str) -> list[str]:
    found = await house.service.history.page(Query(person=subject))
    return [each.entry.kind for each in found]


async def enters(house: House, password: str = PASSWORD, **more: str) -> int:
    return (await login(await house.browser(), password, **more)).status_code


# --- download -----------------------------------------------------------------------------------


async def fill_factors(house: House, subject: str) -> None:
    text = dict.fromkeys(("user_handle", "public_key", "aaguid"), "a-secret")
    zeros = dict.fromkeys(("sign_count", "backup_eligible", "backed_up"), 0)
    of = {"subject": subject, "created_at": 5}
    key = {"credential_id": "a-secret", "name": "My phone", "transports": "[]", "used_at": 7}
    run = house.service.users._database.run
    await run(insert(PASSKEYS).values(**of, **text, **zeros, **key))
    await give_totp(house, subject)
    for n in range(2):
        await run(insert(RECOVERY_CODES).values(**of, id=f"{subject}:{n}", hash="a-secret"))


async def test_a_person_downloads_everything_but_secrets(either: House) -> None:
    owner = await either.new_alice()
    user = await user_of(either)
    assert user is not None
    await fill_factors(either, user.subject)
    await owner.post("/api/elevate", json={"code": code(either)})
    answer = await owner.get("/api/account/data")
    data = answer.json()
    assert answer.headers["content-disposition"].startswith(
        'attachment; filename="account-testserver-20'
    )
    assert data["account"] == user.facts()
    assert [row["current"] for row in data["sessions"]] == [True]
    assert data["factors"] == {
        "passkeys": [{"name": "My phone", "created_at": 5, "used_at": 7}],
        "totp_since": either.clock(),
        "recovery_codes": 2,
    }
    own = (await owner.get("/api/history")).json()["entries"]
    assert data["history"] == own
    assert [each["kind"] for each in own] == ["data_downloaded", "elevated", "login", "signup"]
    for secret in ("a-secret", PASSWORD, user.password_hash or "-", "$argon2"):
        assert secret not in answer.text
    page = await owner.get("/account/data")
    assert 'href="/account/data/download"' in page.text
    file = await owner.get("/account/data/download")
    assert file.json()["account"] == data["account"]
    assert 'href="/account/data"' in (await owner.get("/account")).text


async def test_a_long_history_is_in_the_file_to_its_end(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("doorward.server.audit.history._STREAMED", 2)
    owner = await house.new_alice()
    for _ in range(5):
        await login(owner, WRONG)
    data = json.loads((await owner.get("/account/data/download")).text)
    assert [each["kind"] for each in data["history"]].count("login_failed") == 5
    assert data["history"][-1]["kind"] == "signup"


async def test_data_and_deletion_need_a_recent_proof(either: House) -> None:
    owner, stranger = await either.alice(), await either.browser()
    either.clock.advance(5 * MINUTE + 1)
    for method, path in (("GET", "/api/account/data"), ("DELETE", "/api/account")):
        refused = await owner.request(method, path)
        assert (refused.status_code, refused.json()["reason"]) == (401, "step_up_required")
        assert (await stranger.request(method, path)).json()["reason"] == "missing"
    back = {"/account/data/download": "/account/data"}
    for path in ("/account/data", "/account/data/download", "/account/data/delete"):
        led = await owner.get(path)
        where = back.get(path, path).replace("/", "%2F")
        assert led.headers["location"] == f"/elevate?return_to={where}"
        assert (await stranger.get(path)).headers["location"].startswith("/login?")
    posted = await owner.post("/account/data/delete")
    assert posted.headers["location"] == "/elevate?return_to=%2Faccount%2Fdata%2Fdelete"
    assert (await owner.get("/api/me")).status_code == 200
    found = await user_of(either)
    assert found is not None
    assert found.erase_at is None
    form = {"password": PASSWORD, "return_to": "/account/data"}
    assert (await owner.post("/elevate", data=form)).headers["location"] == "/account/data"
    assert (await owner.get("/account/data/download")).status_code == 200


# --- delete -------------------------------------------------------------------------------------


async def test_a_deletion_logs_out_at_once_and_erases_after_seven_days(either: House) -> None:
    owner, phone = await either.new_alice(), await either.client()
    tokens = (await login(phone, transport="bearer")).json()
    user = await user_of(either)
    assert user is not None
    await fill_factors(either, user.subject)
    await owner.post("/api/elevate", json={"code": code(either)})
    asked = await owner.get("/account/data/delete")
    assert EMAIL in asked.text
    deleted = await owner.post("/account/data/delete")
    assert (deleted.status_code, deleted.headers["location"]) == (303, "/login")
    assert not {"__Host-session", "__Host-access"} & owner.cookies.keys()
    assert "Your account is deleted" in (await owner.get("/login")).text
    bearer = {"authorization": f"Bearer {tokens['access_token']}"}
    assert (await phone.get("/api/me", headers=bearer)).status_code == 401
    if "refresh_token" in tokens:
        body = {"refresh_token": tokens["refresh_token"]}
        assert (await phone.post("/api/refresh", json=body)).status_code == 401
    assert await enters(either, WRONG) == 401
    either.clock.advance(GRACE - 1)
    assert await erased(either) == 0
    assert await user_of(either) is not None
    either.clock.advance(1)
    assert (await erased(either), await erased(either)) == (1, 0)
    assert await user_of(either) is None
    for table in OWNED:
        assert await either.service.users._database.run(table.select()) == []
    assert await enters(either) == 401
    entries = await either.service.history.page(Query(person=user.subject))
    assert [each.entry.kind for each in entries][:2] == ["user_erased", "revoked"]
    assert (entries[0].entry.actor, entries[0].entry.subject) == ("system", user.subject)
    assert all("@" not in str(each.entry) for each in entries)
    await either.account()  # the address is free again


async def test_a_login_within_the_days_keeps_the_account(either: House) -> None:
    owner = await either.alice()
    user = await user_of(either)
    assert user is not None
    answer = await owner.delete("/api/account")
    assert answer.json() == {"erase_at": either.clock() + 7 * DAY}
    either.clock.advance(GRACE)
    assert (await login(owner, WRONG)).status_code == 401
    users, auth = either.service.users, either.service.auth
    (due,) = await users.due(either.clock())
    assert (await login(owner)).status_code == 200
    assert not await erase(users, auth, due, at=either.clock())  # the eraser had looked before
    assert (await owner.get("/account")).status_code == 200
    found = await user_of(either)
    assert found is not None
    assert (found.erase_at, await erased(either)) == (None, 0)
    assert (await owner.get("/api/me")).status_code == 200
    told = await kinds(either, user.subject)
    assert (told.count("deletion_undone"), told.count("deletion_begun")) == (1, 1)


async def test_a_person_is_told_by_mail_how_to_keep_the_account(
    opened: Opened, smtp: Smtp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("doorward.server.mail.postman.EVERY", 0.02)
    mail = {"smtp_url": parse_relay(smtp.url), "mail_from": "login@example.test"}
    house: House = await opened(**mail)
    owner = await house.alice()
    await owner.get("/api/account/data")
    await owner.delete("/api/account")
    assert (await login(owner)).status_code == 200
    mails = [each.message for each in await smtp.mails(3)]
    assert [each["subject"] for each in mails] == [
        "[Doorward] The data of your account was downloaded",
        "[Doorward] Your account is deleted",
        "[Doorward] Your account stays",
    ]
    assert "https://testserver/login" in mails[1].get_content()


async def test_a_locked_account_is_not_kept_by_the_right_password(house: House) -> None:
    owner = await house.alice()
    user = await user_of(house)
    assert user is not None
    await owner.delete("/api/account")
    await house.service.users.lock(user.subject, at=house.clock())
    assert await enters(house) == 401
    house.clock.advance(GRACE)
    assert await erased(house) == 1


# --- administrators -----------------------------------------------------------------------------


async def test_the_last_administrator_cannot_delete_the_account(house: House) -> None:
    desk = await desk_of(house)
    refused = await desk.admin.delete("/api/account")
    assert (refused.status_code, refused.json()["reason"]) == (409, "last_admin")
    page = await desk.admin.post("/account/data/delete")
    assert (page.status_code, "This is the last administrator." in page.text) == (409, True)
    assert (await desk.admin.get("/api/me")).status_code == 200
    second, _ = await person(house, "second@example.test", "admin")
    answers = await asyncio.gather(second.delete("/api/account"), desk.admin.delete("/api/account"))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert await house.service.users.any_admin()


async def test_an_administrator_sees_who_deleted_their_account(house: House) -> None:
    desk: Desk = await desk_of(house)
    await desk.customer.delete("/api/account")
    shown = (await desk.admin.get(f"/api/admin/users/{desk.carol}")).json()
    assert shown["erase_at"] == house.clock() + GRACE
    assert "To be erased" in (await desk.admin.get(f"/admin/users/{desk.carol}")).text
    assert "Deleted" in (await desk.admin.get("/admin/users")).text
    users = house.service.users
    # who deleted the account administers no more: another last administrator stays
    await users.set_roles(desk.carol, frozenset({"admin"}))
    refused = await desk.admin.post(f"/api/admin/users/{desk.root}/lock")
    assert refused.json()["reason"] == "last_admin"
    gone = await desk.admin.delete(f"/api/admin/users/{desk.carol}")
    assert gone.status_code == 200
    assert await user_of(house, CUSTOMER) is None
    assert await user_of(house, ADMIN) is not None


# --- at once ------------------------------------------------------------------------------------


class Held(Passwords):
    """A real hasher that keeps the answer about a password back until it may go on."""

    def __init__(self) -> None:
        super().__init__(CHEAP)
        self.waits, self.may_go_on = asyncio.Event(), asyncio.Event()

    async def verify(self, password: str, hashed: str | None) -> bool:
        right = await super().verify(password, hashed)
        self.waits.set()
        await self.may_go_on.wait()
        return right


@pytest.fixture
async def under_way(either: House) -> AsyncIterator[tuple[Held, httpx2.AsyncClient]]:
    """A hasher at which every login from now on waits, and a person who is logged in."""
    owner, held = await either.alice(), Held()
    either.app.state.service = replace(either.service, passwords=held)
    yield held, owner
    held.close()


async def test_a_login_under_way_fails_when_the_account_is_deleted(
    either: House, under_way: tuple[Held, httpx2.AsyncClient]
) -> None:
    held, owner = under_way
    login_under_way = asyncio.create_task(login(await either.browser()))
    await held.waits.wait()
    assert (await owner.delete("/api/account")).status_code == 200
    held.may_go_on.set()
    assert (await login_under_way).json()["reason"] == "invalid_credentials"
    found = await user_of(either)
    assert found is not None
    assert found.erase_at is not None
    assert list(await either.service.auth.sessions(found.subject)) == []


async def test_a_login_under_way_fails_when_the_account_is_erased(
    either: House, under_way: tuple[Held, httpx2.AsyncClient]
) -> None:
    held, owner = under_way
    await owner.delete("/api/account")
    either.clock.advance(GRACE)
    user = await user_of(either)
    assert user is not None
    login_under_way = asyncio.create_task(login(await either.browser()))
    await held.waits.wait()
    # the first half of an erasure: a crash keeps it from superseding the login
    assert await either.service.users.erase(user.subject, at=either.clock())
    held.may_go_on.set()
    assert (await login_under_way).json()["reason"] == "invalid_credentials"
    assert list(await either.service.auth.sessions()) == []


async def test_logins_and_the_eraser_at_once_leave_a_whole_account_or_none(house: House) -> None:
    for n in range(6):
        email = f"p{n}@example.test"
        owner, subject = await person(house, email)
        assert (await owner.delete("/api/account")).status_code == 200
        house.clock.advance(GRACE)
        erasing = asyncio.create_task(erased(house))
        logins = [login(await house.browser(), email=email) for _ in range(3)]
        answers = await asyncio.gather(*logins)
        await erasing
        statuses = {answer.status_code for answer in answers}
        user = await house.service.users.by_subject(subject)
        sessions = await house.service.auth.sessions(subject)
        told = await kinds(house, subject)
        if user is None:
            assert (statuses, list(sessions), "user_erased" in told) == ({401}, [], True)
        else:
            assert (statuses, user.erase_at, len(sessions)) == ({200}, None, 3)
            assert told.count("deletion_undone") == 1


async def test_what_a_crash_left_of_a_deletion_does_not_end_a_later_login(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = await house.alice()
    user = await user_of(house)
    assert user is not None

    async def crash(*_: Any, **__: Any) -> None:
        raise StoreUnavailable("gone")

    with monkeypatch.context() as patched:
        patched.setattr("doorward.server.accounts.apply_decisions._carry_out", crash)
        assert (await owner.delete("/api/account")).status_code == 503
    assert (await owner.get("/account")).headers["location"].startswith("/login")
    later = await house.browser()
    assert (await login(later)).status_code == 200
    assert (await owner.get("/api/me")).status_code == 401
    found = await user_of(house)
    assert found is not None
    assert (found.erase_at, found.settled) == (None, found.decided)
    assert (await later.get("/api/me")).status_code == 200
