"""Passkeys: to add them, to log in with one, as second factor and as step-up."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from doorward.keys import base64url
from doorward.server.accounts.passkeys import MOST
from doorward.server.audit.history import Query
from doorward.settings import MINUTE
from doorward.web.limits import CHALLENGES
from tests.server import databases
from tests.server.authenticator import BE, BS, UP, UV, Authenticator, text
from tests.server.factors import asked, code, give_totp, prove
from tests.server.house import EMAIL, ORIGIN, PASSWORD, House, Opened, login

pytestmark = pytest.mark.anyio

LOCAL = "http://localhost:8000"
AT_LOCAL: dict[str, Any] = {"origin": LOCAL, "rp_id": "localhost"}

Client = httpx2.AsyncClient
Json = dict[str, Any]


async def ok(answer: httpx2.Response) -> Json:
    assert answer.is_success, answer.text
    found: Json = answer.json()
    return found


async def options(client: Client, path: str, **body: Any) -> Json:
    return await ok(await client.post(f"{path}/options", json=body))


async def add(
    client: Client, key: Authenticator | None = None, name: str = "", **more: Any
) -> Authenticator:
    key = key or Authenticator()
    answer = key.create(await options(client, "/api/passkeys", **more))
    body = {"credential": answer, "name": name, **more}
    await ok(await client.post("/api/passkeys", json=body))
    return key


async def given(house: House, key: Authenticator | None = None) -> Authenticator:
    """A passkey of Alice, who is logged in nowhere that matters."""
    return await add(await house.alice(), key)


async def enter(client: Client, answer: Json, **more: Any) -> httpx2.Response:
    # in ASCII, so that text can be sent that UTF-8 cannot carry
    body = json.dumps({"credential": answer, **more})
    said = {"content-type": "application/json"}
    return await client.post("/api/login/passkey", content=body, headers=said)


async def enter_with(client: Client, key: Authenticator, **more: Any) -> httpx2.Response:
    ticket = {"ticket": more["ticket"]} if "ticket" in more else {}
    asking = await options(client, "/api/login/passkey", **ticket)
    return await enter(client, key.get(asking), **more)


async def step_up(client: Client, key: Authenticator) -> httpx2.Response:
    answer = key.get(await options(client, "/api/elevate/passkey"))
    return await client.post("/api/elevate/passkey", json={"credential": answer})


def refused(answer: httpx2.Response) -> str:
    assert answer.status_code == 403, answer.text
    assert "__Host-session" not in answer.headers.get("set-cookie", "")
    reason: str = answer.json()["reason"]
    return reason


@pytest.fixture
async def mailing(opened: Opened) -> House:
    """A house whose letters can be read."""
    found: House = await opened(public_origin=LOCAL)
    return found


async def letters(house: House) -> list[str]:
    return [each.kind for each in await house.service.outbox.latest(9)]


async def happened(house: House, kind: str) -> list[Json]:
    found = await house.service.history.page(Query(kind=kind), None, 50)
    return [{"outcome": each.entry.outcome, **each.entry.detail} for each in found]


# --- to log in ----------------------------------------------------------------------------------


async def test_a_passkey_logs_in_alone_without_a_name(either: House) -> None:
    key = await given(either)
    browser, program = await either.browser(), await either.client()
    asking = await options(browser, "/api/login/passkey")
    assert (asking["rpId"], asking["userVerification"]) == ("testserver", "required")
    assert asking["allowCredentials"] == []
    who = await ok(await enter(browser, key.get(asking)))
    assert who["amr"] == ["hwk", "mfa"]
    assert "__Host-flow" not in browser.cookies
    assert (await browser.get("/account")).status_code == 200

    tokens = await ok(await enter_with(program, key, transport="bearer"))
    bearer = {"authorization": f"Bearer {tokens['access_token']}"}
    assert (await program.get("/api/me", headers=bearer)).json()["subject"] == who["subject"]
    assert "__Host-session" not in program.cookies
    row = (await (await either.client()).get("/api/me", headers=bearer)).json()
    assert row["amr"] == ["hwk", "mfa"]


async def test_a_passkey_that_is_synchronised_says_so_and_what_is_new_about_it_is_kept(
    house: House,
) -> None:
    key = await given(house, Authenticator(flags=UP | UV | BE))
    browser = await house.browser()
    house.clock.advance(60)
    key.flags |= BS
    assert (await ok(await enter_with(browser, key)))["amr"] == ["swk", "mfa"]
    (row,) = (await browser.get("/api/passkeys")).json()["passkeys"]
    assert (row["backed_up"], row["used_at"]) == (True, house.clock())
    assert row["transports"] == ["internal", "hybrid"]


def spoilt(part: str, at: int = -2) -> Callable[[Authenticator, Json], Json]:
    def spoil(key: Authenticator, asking: Json) -> Json:
        answer = key.get(asking)
        said = answer["response"][part]
        other = "A" if said[at] != "A" else "B"
        answer["response"][part] = said[:at] + other + said[at:][1:]
        return answer

    return spoil


def lying(**what: Any) -> Callable[[Authenticator, Json], Json]:
    def lie(key: Authenticator, asking: Json) -> Json:
        for name, value in what.items():
            setattr(key, name, value)
        return key.get(asking)

    return lie


LIES: dict[str, Callable[[Authenticator, Json], Json]] = {
    "the user was not verified": lying(flags=UP),
    "the user was not there": lying(flags=UV),
    "another origin": lying(origin="https://testserver.evil.example"),
    "another port": lying(origin=f"{ORIGIN}:444"),
    "another rp id": lying(rp_id="evil.example"),
    "in a frame": lying(framed=True),
    "another user handle": lying(handle="A" * 43),
    "no user handle": lying(handle=""),
    "another key": lambda key, asking: Authenticator(id=key.id, handle=key.handle).get(asking),
    "a tampered signature": spoilt("signature"),
    "tampered authenticator data": spoilt("authenticatorData"),
    "tampered client data": spoilt("clientDataJSON", 60),
    "a backup of what has none": lying(flags=UP | UV | BS),
    "of a registration": lambda key, asking: key.create({**asking, "user": {"id": key.handle}}),
    "nothing": lambda key, asking: {},
    "no text": lambda key, asking: {**key.get(asking), "response": 5},
    "an odd origin": lying(origin="\ud800"),
    "odd text": lambda key, asking: {**key.get(asking), "id": "\ud800"},
    "a long challenge": lambda key, asking: key.get({"challenge": "A" * 5000}),
    "another challenge": lambda key, asking: key.get({"challenge": "A" * 43}),
}


async def test_whatever_is_wrong_with_an_answer_logs_nobody_in_and_is_recorded(
    either: House,
) -> None:
    honest = await given(either)
    for name, lie in LIES.items():
        browser = await either.browser()
        key = Authenticator(id=honest.id, handle=honest.handle, key=honest.key, count=honest.count)
        answer = await enter(browser, lie(key, await options(browser, "/api/login/passkey")))
        assert answer.status_code == 403, name
        known = name != "odd text"
        assert answer.json()["reason"] == ("passkey_refused" if known else "unknown_passkey"), name
        assert not {"__Host-session", "__Host-access"} & set(browser.cookies), name
    assert (await enter_with(await either.browser(), honest)).status_code == 200
    recorded = await happened(either, "passkey_refused")
    assert any("evil.example" in each["why"] for each in recorded)


async def test_a_challenge_works_once_soon_in_its_browser_and_for_its_act(house: House) -> None:
    key = await given(house)
    browser, other = await house.browser(), await house.browser()
    asking = await options(browser, "/api/login/passkey")
    await options(other, "/api/login/passkey")  # a word of its own does not help
    assert refused(await enter(other, key.get(asking))) == "passkey_refused"
    assert refused(await enter(browser, key.get(asking))) == "passkey_refused"  # it is used up

    asking = await options(browser, "/api/login/passkey")
    house.clock.advance(5 * MINUTE)
    assert refused(await enter(browser, key.get(asking))) == "passkey_refused"

    await ok(await enter_with(other, key))
    ticket = await asked(browser)
    of_a_login = key.get(await options(browser, "/api/login/passkey"))
    assert refused(await enter(browser, of_a_login, ticket=ticket)) == "passkey_refused"
    for client, path, body in (
        (browser, "/api/login/passkey", {"ticket": ticket}),
        (other, "/api/elevate/passkey", {}),
        (other, "/api/passkeys", {}),
    ):
        of_another_act = key.get(await options(client, path, **body))
        assert refused(await enter(client, of_another_act)) == "passkey_refused"


async def test_no_challenge_comes_twice(house: House) -> None:
    """ASVS 6.7.2, which asks for 64 bits."""
    found = []
    for number in range(-(-300 // CHALLENGES)):  # each address may ask for so many
        browser = await house.browser(address=f"203.0.113.{number + 1}")
        offers = [await options(browser, "/api/login/passkey") for _ in range(CHALLENGES)]
        found += [each["challenge"] for each in offers]
    assert len({*found}) == len(found) >= 300
    assert all(len(base64url.decode(each.encode())) >= 16 for each in found)


async def test_of_thirty_answers_to_one_challenge_one_logs_in(either: House) -> None:
    key = await given(either)
    browser = await either.browser()
    asking = await options(browser, "/api/login/passkey")
    before = len(await either.service.auth.sessions(await either.account()))
    answers = [key.get(asking) for _ in range(30)]
    found = await asyncio.gather(*(enter(browser, each) for each in answers))
    assert sorted(each.status_code for each in found) == [200] + [403] * 29
    assert len(await either.service.auth.sessions(await either.account())) == before + 1


async def test_a_count_that_falls_is_told_and_locks_nobody_out(mailing: House) -> None:
    house = mailing
    key = await given(house, Authenticator(count=9, **AT_LOCAL))
    browser = await house.browser()
    for count, falls in ((20, 0), (20, 1), (5, 2), (6, 2)):
        key.count = count
        assert (await enter_with(browser, key)).status_code == 200
        assert len(await happened(house, "passkey_counter_fell")) == falls
    assert (await letters(house)).count("passkey_counter_fell") == 2


async def test_a_count_that_is_always_zero_counts_nothing(house: House) -> None:
    key = await given(house, Authenticator())
    for _ in range(2):
        key.count = -1
        assert (await enter_with(await house.browser(), key)).status_code == 200
    assert await happened(house, "passkey_counter_fell") == []


async def test_a_locked_or_removed_owner_does_not_get_in(house: House) -> None:
    key = await given(house)
    users, subject = house.service.users, await house.account()
    browser = await house.browser()
    await users.lock(subject, at=house.clock())
    assert refused(await enter_with(browser, key)) == "passkey_refused"
    await users.delete(subject)
    assert refused(await enter_with(browser, key)) == "unknown_passkey"
    assert refused(await enter_with(browser, Authenticator(handle="A" * 43))) == "unknown_passkey"


async def test_roles_that_change_meanwhile_are_those_of_the_session(house: House) -> None:
    key = await given(house)
    users, subject = house.service.users, await house.account()
    used, browser = house.service.passkeys.used, await house.browser()

    async def promoted(*given: Any, **more: Any) -> bool | None:
        await users.set_roles(subject, frozenset({"editor"}))
        await house.service.auth.change(subject, roles={"editor"})
        return await used(*given, **more)

    house.service.passkeys.used = promoted  # type: ignore[method-assign]  # the moment between
    who = await ok(await enter_with(browser, key))
    assert who["roles"] == ["editor"]


async def test_a_login_that_is_overtaken_by_a_reset_of_factors_fails(house: House) -> None:
    key = await given(house)
    users, subject = house.service.users, await house.account()
    used, browser = house.service.passkeys.used, await house.browser()

    async def overtaken(*given: Any, **more: Any) -> bool | None:
        noted = await used(*given, **more)
        await users.reset_factors(subject)
        await house.service.auth.revoke(subject=subject)
        return noted

    house.service.passkeys.used = overtaken  # type: ignore[method-assign]  # the moment between
    assert refused(await enter_with(browser, key)) == "unknown_passkey"


async def test_one_address_cannot_fill_the_store_with_challenges(house: House) -> None:
    client = await house.client(address="203.0.113.30")
    tried = [
        await client.post("/api/login/passkey/options", json={}) for _ in range(CHALLENGES + 1)
    ]
    assert [each.status_code for each in tried] == [200] * CHALLENGES + [429]
    house.clock.advance(MINUTE)
    assert (await client.post("/api/login/passkey/options", json={})).status_code == 200


# --- as second factor and as step-up ------------------------------------------------------------


async def test_a_passkey_is_a_second_factor(either: House) -> None:
    key = await given(either)
    browser, program = await either.browser(), await either.client()
    answer = await login(browser)
    second = answer.json()["second_factor"]
    assert (answer.status_code, second["factors"]) == (202, ["passkey", "recovery_code"])
    assert "Use a passkey" in (await browser.get("/login/factor")).text
    asking = await options(browser, "/api/login/passkey", ticket=second["ticket"])
    assert [each["id"] for each in asking["allowCredentials"]] == [text(key.id)]
    who = await ok(await enter(browser, key.get(asking), ticket=second["ticket"]))
    assert who["amr"] == ["pwd", "hwk", "mfa"]

    ticket = await asked(program, transport="bearer")
    tokens = await ok(await enter_with(program, key, ticket=ticket))
    assert "access_token" in tokens
    again = await program.post("/api/login/passkey/options", json={"ticket": ticket})
    assert again.status_code == 401


async def test_somebody_elses_passkey_is_no_second_factor_and_no_step_up(either: House) -> None:
    await given(either)
    await either.account("mallory@example.test")
    mallory = await either.browser()
    await ok(await login(mallory, email="mallory@example.test"))
    theirs = await add(mallory)

    browser = await either.browser()
    ticket = await asked(browser)
    assert refused(await enter_with(browser, theirs, ticket=ticket)) == "passkey_refused"
    theirs.handle = ""  # as an authenticator may, where it was told which passkeys are good
    assert refused(await enter_with(browser, theirs, ticket=ticket)) == "passkey_refused"
    assert not {"__Host-session", "__Host-access"} & set(browser.cookies)

    either.clock.advance(600)
    assert refused(await step_up(mallory, await given_by_name(either))) == "passkey_refused"
    assert (await mallory.get("/api/me")).json()["authenticated_at"] < either.clock()


async def given_by_name(house: House) -> Authenticator:
    """Another passkey of Alice, who proves her password and a recovery code."""
    browser = await house.browser()
    ticket = await asked(browser)
    (one, *_) = await house.service.recovery_codes.renew(await house.account(), at=1, ending=0)
    await ok(await prove(browser, ticket, one, "recovery-code"))
    return await add(browser)


async def test_options_name_passkeys_only_to_who_proved_the_password(house: House) -> None:
    await given(house)
    stranger = await house.browser()
    answer = await stranger.post("/api/login/passkey/options", json={"ticket": "A" * 43})
    assert (answer.status_code, answer.json()["reason"]) == (401, "login_expired")
    assert (await stranger.post("/api/elevate/passkey/options")).status_code == 401
    await house.account("bob@example.test")
    await give_totp(house, await house.account("bob@example.test"))
    ticket = await asked(stranger, email="bob@example.test")
    answer = await stranger.post("/api/login/passkey/options", json={"ticket": ticket})
    assert refused(answer) == "unknown_passkey"


async def test_a_passkey_proves_it_is_still_its_owner(either: House) -> None:
    browser = await either.alice()
    key = await add(browser)
    before = (await browser.get("/api/me")).json()
    either.clock.advance(600)
    assert "Use a passkey" in (await browser.get("/elevate")).text
    who = await ok(await step_up(browser, key))
    assert (who["sid"], who["authenticated_at"]) == (before["sid"], either.clock())
    assert who["amr"] == ["pwd", "hwk", "mfa"]
    assert (await browser.get("/api/me")).json()["authenticated_at"] == either.clock()


async def test_a_challenge_of_a_step_up_belongs_to_its_session(house: House) -> None:
    browser = await house.alice()
    key = await add(browser)
    asking = await options(browser, "/api/elevate/passkey")
    await ok(await enter_with(browser, key))  # another session in the same browser
    answer = await browser.post("/api/elevate/passkey", json={"credential": key.get(asking)})
    assert refused(answer) == "passkey_refused"


# --- to add, rename and remove ------------------------------------------------------------------


async def test_people_have_several_passkeys_with_names(either: House) -> None:
    browser = await either.alice()
    asking = await options(browser, "/api/passkeys")
    assert asking["authenticatorSelection"]["residentKey"] == "required"
    assert asking["authenticatorSelection"]["userVerification"] == "required"
    assert (asking["attestation"], asking["rp"]["id"]) == ("none", "testserver")
    first = Authenticator()
    body = {"credential": first.create(asking), "name": "  My\n phone "}
    made = await ok(await browser.post("/api/passkeys", json=body))
    assert (made["name"], len(made["recovery_codes"])) == ("My phone", 10)
    await ok(await step_up(browser, first))
    again = await options(browser, "/api/passkeys")
    assert [each["id"] for each in again["excludeCredentials"]] == [made["id"]]
    assert again["user"]["id"] == asking["user"]["id"]
    second = Authenticator()
    body = {"credential": second.create(again)}
    more = await ok(await browser.post("/api/passkeys", json=body))
    assert more["recovery_codes"] == []

    renamed = await ok(await browser.patch(f"/api/passkeys/{more['id']}", json={"name": "Key"}))
    assert renamed["name"] == "Key"
    assert (await browser.delete(f"/api/passkeys/{made['id']}")).status_code == 204
    listed = (await browser.get("/api/passkeys")).json()
    assert [each["name"] for each in listed["passkeys"]] == ["Key"]
    assert (listed["rp_id"], listed["user_handle"]) == ("testserver", asking["user"]["id"])
    assert refused(await enter_with(await either.browser(), first)) == "unknown_passkey"
    assert (await enter_with(await either.browser(), second)).status_code == 200
    for kind, count in (("passkey_added", 2), ("passkey_removed", 1)):
        assert len(await happened(either, kind)) == count


async def test_the_owner_gets_a_letter_about_each_passkey(mailing: House) -> None:
    browser = await mailing.alice()
    key = await add(browser, Authenticator(**AT_LOCAL), name="{origin} https://evil.example")
    await ok(await step_up(browser, key))
    assert (await browser.delete(f"/api/passkeys/{text(key.id)}")).status_code == 204
    assert {"passkey_added", "passkey_removed"} <= set(await letters(mailing))
    service = mailing.service
    for letter in await service.outbox.latest(9):
        assert "evil" not in service.letters.write(letter).body
    subject = (await browser.get("/api/me")).json()["subject"]
    await service.recorder.note("passkey_added", subject=subject, passkey="YubiKey 5C")
    bodies = [service.letters.write(each).body for each in await service.outbox.latest(9)]
    assert sum("\nPasskey: YubiKey 5C\n" in body for body in bodies) == 1


CREATIONS: dict[str, Json] = {
    "the user was not verified": {"flags": UP},
    "the user was not there": {"flags": UV},
    "another origin": {"origin": "http://testserver"},
    "another rp id": {"rp_id": "server"},
    "in a frame": {"framed": True},
    "an id that is too long": {"id": b"x" * 1024},
}


async def test_a_passkey_that_was_made_wrongly_is_not_kept(house: House) -> None:
    browser = await house.alice()
    for name, lie in CREATIONS.items():
        answer = Authenticator(**lie).create(await options(browser, "/api/passkeys"))
        made = await browser.post("/api/passkeys", json={"credential": answer})
        assert (made.status_code, made.json()["reason"]) == (403, "passkey_refused"), name
    asking = await options(browser, "/api/passkeys")
    body = {"credential": Authenticator().create(asking)}
    await ok(await login(browser))  # another session of the same person, in the same browser
    assert refused(await browser.post("/api/passkeys", json=body)) == "passkey_refused"
    assert (await browser.get("/api/passkeys")).json()["passkeys"] == []


async def test_a_passkey_of_somebody_else_cannot_be_taken_looked_at_or_changed(
    house: House,
) -> None:
    key = await given(house)
    await house.account("mallory@example.test")
    mallory = await house.browser()
    await ok(await login(mallory, email="mallory@example.test"))
    answer = Authenticator(id=key.id).create(await options(mallory, "/api/passkeys"))
    made = await mallory.post("/api/passkeys", json={"credential": answer})
    assert refused(made) == "passkey_refused"
    path = f"/api/passkeys/{answer['id']}"
    assert (await mallory.patch(path, json={"name": "mine"})).status_code == 404
    assert (await mallory.delete(path)).status_code == 404
    page = f"/account/security/passkeys/{answer['id']}"
    assert (await mallory.get(page)).status_code == 404
    assert (await mallory.post(f"{page}/remove", data={})).status_code == 404
    assert (await enter_with(await house.browser(), key)).status_code == 200


async def test_a_row_is_its_owners_and_none_is_left_behind_by_a_deleted_account(
    house: House,
) -> None:
    """Also where whoever asks did not look before."""
    key = await given(house)
    passkeys = house.service.passkeys
    found = await passkeys.by_id(text(key.id))
    assert found is not None
    assert not await passkeys.rename("u_other", found.credential_id, "theirs")
    removing = house.service.factors.remove("u_other", found.credential_id, may_hold=bool)
    assert not await removing
    assert await passkeys.by_id(found.credential_id) == found
    await house.service.users.delete(found.subject)
    assert not await passkeys.add(found, ending=0)
    assert await passkeys.by_id(found.credential_id) is None


async def test_to_add_and_remove_takes_a_recent_proof_of_two_factors(house: House) -> None:
    browser = await house.alice()
    house.clock.advance(301)
    answer = await browser.post("/api/passkeys/options", json={})
    assert (answer.status_code, answer.json()["reason"]) == (401, "step_up_required")
    page = await browser.get("/account/security/passkeys/add")
    assert page.headers["location"].startswith("/elevate?return_to=")
    await browser.post("/api/elevate", json={"password": PASSWORD})
    key = await add(browser)
    (row,) = (await browser.get("/api/passkeys")).json()["passkeys"]
    # the password alone does not take the second factor away
    answer = await browser.delete(f"/api/passkeys/{row['id']}")
    assert answer.status_code in (401, 403), answer.text
    await ok(await step_up(browser, key))
    assert (await browser.delete(f"/api/passkeys/{row['id']}")).status_code == 204


async def test_the_last_way_in_stays(opened: Opened) -> None:
    house: House = await opened(require_factor=("editor",))
    subject = await house.account(EMAIL, "editor")
    browser, first = await house.browser(), Authenticator()
    ticket = await asked(browser)
    begun = await ok(await browser.post("/api/login/enrol", json={"ticket": ticket}))
    body = {"ticket": ticket, "code": code(house, secret=begun["secret"])}
    await ok(await browser.post("/api/login/enrol/confirm", json=body))
    await add(browser, first)
    await add(browser)
    rows = (await browser.get("/api/passkeys")).json()["passkeys"]
    assert (await browser.delete("/api/totp")).status_code == 204
    removals = [browser.delete(f"/api/passkeys/{row['id']}") for row in rows]
    found = await asyncio.gather(*removals)
    assert sorted(each.status_code for each in found) == [204, 403]
    assert {each.json()["reason"] for each in found if each.is_error} == {"factor_required"}
    assert (await house.service.factors.held(subject)).passkeys == 1


async def test_there_is_a_bound_to_how_many_one_person_has(house: House) -> None:
    browser = await house.alice()
    key = await add(browser)
    await ok(await step_up(browser, key))
    asking = await options(browser, "/api/passkeys")
    for _ in range(MOST - 1):
        await add(browser)
    answer = await browser.post("/api/passkeys/options", json={})
    assert (answer.status_code, answer.json()["reason"]) == (409, "too_many_passkeys")
    body = {"credential": Authenticator().create(asking)}
    assert refused(await browser.post("/api/passkeys", json=body)) == "passkey_refused"


async def test_a_passkey_is_made_unasked_only_beside_another_second_factor(house: House) -> None:
    browser = await house.alice()
    answer = await browser.post("/api/passkeys/options", json={"unasked": True})
    assert answer.status_code == 404
    assert "data-unasked" not in (await browser.get("/account")).text
    await give_totp(house, await house.account())
    ticket = await asked(browser)
    await ok(await prove(browser, ticket, code(house)))
    assert "data-unasked" in (await browser.get("/account")).text
    # nobody was asked, so nobody was verified; each use verifies all the same
    key = await add(browser, Authenticator(flags=BE | BS), unasked=True)
    assert refused(await enter_with(await house.browser(), key)) == "passkey_refused"
    key.flags |= UP | UV
    assert (await enter_with(await house.browser(), key)).status_code == 200
    assert "data-unasked" not in (await browser.get("/account")).text
    # what was asked for must be answered by somebody who was verified
    asking = await options(browser, "/api/passkeys")
    body = {"credential": Authenticator(flags=BE | BS).create(asking), "unasked": True}
    assert refused(await browser.post("/api/passkeys", json=body)) == "passkey_refused"


async def test_on_the_pages_too(either: House) -> None:
    browser, key = await either.alice(), Authenticator()
    page = (await browser.get("/account/security/passkeys/add")).text
    assert 'data-create="/api/passkeys/options"' in page
    place = "/account/security/passkeys"
    answer = await browser.post(f"{place}/add", data={"name": "x", "credential": ""})
    assert (answer.status_code, "needs JavaScript" in answer.text) == (400, True)
    made = json.dumps(key.create(await options(browser, "/api/passkeys")))
    answer = await browser.post(f"{place}/add", data={"name": "<b>x", "credential": made})
    assert (answer.status_code, "Your recovery codes" in answer.text) == (200, True)
    await ok(await step_up(browser, key))
    page = (await browser.get("/account/security")).text
    assert "&lt;b&gt;x" in page
    (row,) = (await browser.get("/api/passkeys")).json()["passkeys"]
    one = f"{place}/{row['id']}"
    assert "Remove it" in (await browser.get(one)).text
    assert (await browser.post(one, data={"name": "Key"})).headers[
        "location"
    ] == "/account/security"
    assert ">Key<" in (await browser.get("/account/security")).text
    answer = await browser.post(f"{one}/remove", data={})
    assert answer.headers["location"] == "/account/security"
    assert "was removed" in (await browser.get("/account/security")).text


ODD_NAMES = ["a\0b", "a\ud800b", "a\x1b[31mb", "\0", "a\nb"]


@pytest.mark.parametrize("kind", databases.KINDS)
async def test_a_name_of_what_no_database_takes_is_kept_without_it(
    opened: Opened, kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    house = await opened(database=databases.new_url(kind, request, tmp_path))
    browser = await house.alice()
    key = await add(browser)
    said = {"content-type": "application/json"}
    for name in ODD_NAMES:
        path, body = f"/api/passkeys/{text(key.id)}", json.dumps({"name": name})
        renamed = await ok(await browser.patch(path, content=body, headers=said))
        assert renamed["name"], name
        assert all(each.isprintable() for each in renamed["name"]), name
    assert (await browser.get("/healthz")).status_code == 200


async def test_a_passkey_begun_before_the_second_factor_is_not_added_after_it(house: House) -> None:
    thief = await house.alice()
    made = Authenticator().create(await options(thief, "/api/passkeys"))
    await give_totp(house, await house.account())
    answer = await thief.post("/api/passkeys", json={"credential": made})
    assert (answer.status_code, answer.json()["reason"]) == (401, "step_up_required")
