"""Changing the password, and proving it once more."""

import httpx2
import pytest

from doorward.server.accounts.apply_decisions import sweep
from doorward.server.accounts.devices import whose
from doorward.web.devices import COOKIE
from tests.server.house import EMAIL, PASSWORD, House, login

pytestmark = pytest.mark.anyio

NEW = "a wholly new passphrase"


async def change(
    client: httpx2.AsyncClient, current: str = PASSWORD, new: str = NEW
) -> httpx2.Response:
    return await client.post("/api/password", json={"current": current, "new": new})


async def test_a_new_password_ends_every_other_session_and_keeps_this_one(either: House) -> None:
    owner = await either.alice()
    other = await either.browser()
    await login(other)
    assert (await change(owner)).status_code == 204
    assert (await owner.get("/api/me")).status_code == 200
    assert (await other.get("/api/me")).json()["reason"] == "revoked"
    assert (await login(await either.browser())).status_code == 401
    assert (await login(await either.browser(), NEW)).status_code == 200


async def test_a_change_within_the_second_of_the_sign_up_forgets_the_device(house: House) -> None:
    owner = await house.new_alice()
    headers = [(b"cookie", f"{COOKIE}={owner.cookies[COOKIE]}".encode())]
    before = await house.service.users.by_email(EMAIL)
    assert before
    assert house.service.devices.recognise(headers, whose(before))
    assert (await change(owner)).status_code == 204
    after = await house.service.users.by_email(EMAIL)
    assert after
    assert after.password_changed_at == before.password_changed_at
    assert house.service.devices.recognise(headers, whose(after)) is None


async def test_on_the_page_too(either: House) -> None:
    owner = await either.alice()
    answer = await owner.post("/account/password", data={"current": PASSWORD, "new": NEW})
    assert answer.headers["location"] == "/account"
    assert "Your password was changed" in (await owner.get("/account")).text
    assert (await login(await either.browser(), NEW)).status_code == 200


@pytest.mark.parametrize("current", ["", "wrong", PASSWORD + " "])
async def test_a_wrong_current_password_changes_nothing(either: House, current: str) -> None:
    owner = await either.alice()
    answer = await change(owner, current)
    assert (answer.status_code, answer.json()["reason"]) == (403, "wrong_password")
    page = await owner.post("/account/password", data={"current": current, "new": NEW})
    assert (page.status_code, 'id="current-error"' in page.text) == (403, True)
    assert (await login(await either.browser())).status_code == 200


@pytest.mark.parametrize("new", ["short", "password1", EMAIL, "x" * 129])
async def test_a_weak_new_password_changes_nothing(house: House, new: str) -> None:
    owner = await house.alice()
    answer = await change(owner, new=new)
    assert (answer.status_code, answer.json()["reason"]) == (400, "weak_password")
    page = await owner.post("/account/password", data={"current": PASSWORD, "new": new})
    assert (page.status_code, 'id="new-error"' in page.text) == (400, True)
    assert (await login(await house.browser())).status_code == 200


@pytest.mark.parametrize(
    "password",
    [
        "x y z and a few more",
        "🚪🔑🏠🌙⭐🌊🌳🐟",
        "пароль-пароль-ы",
        "1234 abcd 5678 efgh",
        "ŷ" * 128,
    ],
)
async def test_any_script_and_any_mix_is_accepted(house: House, password: str) -> None:
    owner = await house.alice()
    assert (await change(owner, new=password)).status_code == 204
    assert (await login(await house.browser(), password)).status_code == 200


async def test_somebody_deleted_a_moment_ago_changes_nothing(house: House) -> None:
    owner = await house.alice()
    user = await house.service.users.by_email(EMAIL)
    assert user is not None
    await house.service.users.delete(user.subject)
    answer = await change(owner)
    assert (answer.status_code, answer.json()["reason"]) == (401, "revoked")
    assert (await owner.get("/account")).status_code == 303


async def test_elevating_by_cookie_sets_new_cookies_for_the_same_session(either: House) -> None:
    owner = await either.alice()
    before, kept = (await owner.get("/api/me")).json(), dict(owner.cookies)
    either.clock.advance(600)
    answer = await owner.post("/api/elevate", json={"password": PASSWORD})
    shown = answer.json()
    assert answer.status_code == 200
    assert shown["sid"] == before["sid"]
    assert shown["authenticated_at"] == before["authenticated_at"] + 600
    name = "__Host-session" if either.service.options.mode == "session" else "__Host-refresh"
    assert owner.cookies[name] != kept[name]
    assert (await owner.get("/api/me")).json()["authenticated_at"] == shown["authenticated_at"]


async def test_elevating_by_bearer_answers_with_new_tokens(either: House) -> None:
    await either.alice()
    client = await either.client()
    first = (await login(client, transport="bearer")).json()
    headers = {"authorization": f"Bearer {first['access_token']}"}
    either.clock.advance(100)
    answer = await client.post("/api/elevate", json={"password": PASSWORD}, headers=headers)
    second = answer.json()
    assert set(second) == set(first)
    assert second["access_token"] != first["access_token"]
    assert "set-cookie" not in answer.headers
    headers = {"authorization": f"Bearer {second['access_token']}"}
    me = (await client.get("/api/me", headers=headers)).json()
    assert me["authenticated_at"] == either.clock()


async def test_elevating_with_a_wrong_password_changes_nothing(either: House) -> None:
    owner = await either.alice()
    kept = dict(owner.cookies)
    answer = await owner.post("/api/elevate", json={"password": "wrong"})
    assert (answer.status_code, answer.json()["reason"]) == (403, "wrong_password")
    page = await owner.post("/elevate", data={"password": "wrong", "return_to": "/docs"})
    assert (page.status_code, 'value="/docs"' in page.text) == (403, True)
    assert dict(owner.cookies) == kept


async def test_the_page_elevates_and_goes_on(either: House) -> None:
    owner = await either.alice()
    assert EMAIL in (await owner.get("/elevate")).text
    form = {"password": PASSWORD, "return_to": "/docs"}
    answer = await owner.post("/elevate", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/docs")
    assert (await owner.get("/account")).status_code == 200


async def test_who_logs_in_after_a_change_that_was_interrupted_stays_and_the_others_go(
    either: House,
) -> None:
    thief, users = await either.alice(), either.service.users
    user = await users.by_email(EMAIL)
    assert user is not None
    new = await either.service.passwords.hash(NEW)
    await users.set_password(user.subject, new, old=user.password_hash, at=either.clock())
    owner = await either.browser()  # and no further: its process is gone
    assert (await login(owner, NEW)).status_code == 200
    assert (await thief.get("/api/me")).status_code == 401
    await sweep(users, either.service.auth)
    assert (await owner.get("/api/me")).status_code == 200


async def test_password_managers_are_led_to_the_form(house: House) -> None:
    owner = await house.alice()
    for visitor in (owner, await house.browser()):
        answer = await visitor.get("/.well-known/change-password")
        assert (answer.status_code, answer.headers["location"]) == (303, "/account/password")
    assert 'autocomplete="new-password"' in (await owner.get("/account/password")).text
    # by which they tell a site that answers 200 to everything
    missing = "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200"
    assert (await owner.get(missing)).status_code == 404
