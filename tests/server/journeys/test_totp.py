"""An authenticator app and recovery codes of one's own, and who may change them."""

import asyncio
import re
import secrets
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx2
import pytest

from doorward.errors import ConfigurationError
from doorward.passwords import CHEAP, Passwords
from doorward.server.accounts.factor_tables import RECOVERY_CODES, TOTP
from doorward.server.accounts.recovery_codes import RecoveryCodes, normal
from doorward.server.app import DECLARED
from doorward.server.audit.history import Query
from tests.server.desk import desk_of
from tests.server.factors import SECRET, asked, code, give_totp, prove
from tests.server.house import EMAIL, PASSWORD, House, Opened, login

pytestmark = pytest.mark.anyio


async def stored(house: House, table: Any) -> str:
    return repr(await house.service.factors._database.run(table.select()))


async def secret_of(browser: httpx2.AsyncClient) -> str:
    begun = await browser.post("/api/totp")
    assert begun.status_code == 200, begun.text
    secret: str = begun.json()["secret"]
    return secret


async def test_a_person_sets_an_app_up_and_removes_it(house: House) -> None:
    browser = await house.alice()
    assert (await browser.get("/api/factors")).json() == {
        "totp_since": None,
        "passkeys": 0,
        "recovery_codes": 0,
        "required": False,
    }
    secret = await secret_of(browser)
    assert not (await house.service.factors.held(await house.account())).totp
    for wrong in ("000000", code(house, 2, secret), code(house, secret=SECRET), "", "١٢٣٤٥٦"):
        answer = await browser.post("/api/totp/confirm", json={"code": wrong})
        assert (answer.status_code, answer.json()["reason"]) == (403, "wrong_code")
    old = browser.cookies["__Host-session"]
    answer = await browser.post("/api/totp/confirm", json={"code": code(house, secret=secret)})
    assert answer.json()["amr"] == ["pwd", "otp", "mfa"]
    assert len(set(answer.json()["recovery_codes"])) == 10
    assert browser.cookies["__Host-session"] != old
    assert secret not in await stored(house, TOTP)
    again = await browser.post("/api/totp")
    assert (again.status_code, again.json()["reason"]) == (409, "factor_exists")
    assert (await browser.delete("/api/totp")).status_code == 204
    assert (await browser.get("/api/factors")).json()["recovery_codes"] == 0
    assert (await browser.delete("/api/totp")).status_code == 404
    happened = await house.service.history.page(Query(person=await house.account()))
    kinds = [each.entry.kind for each in happened]
    assert [each for each in kinds if each.startswith("totp")] == ["totp_removed", "totp_added"]
    assert set(kinds) & DECLARED.letters.keys() >= {"totp_removed", "totp_added"}


async def test_on_the_pages_too(either: House) -> None:
    browser = await either.alice()
    assert 'href="/account/security/totp"' in (await browser.get("/account/security")).text
    page = (await browser.get("/account/security/totp")).text
    assert ("<svg" in page, "style=" in page) == (True, False)
    key = re.findall(r"<code>([A-Z2-7 ]{39})</code>", page)[0].replace(" ", "")
    assert (await browser.post("/account/security/totp", data={"code": "1"})).status_code == 403
    same = (await browser.get("/account/security/totp")).text
    assert key in same.replace(" ", "")
    form = {"code": code(either, secret=key)}
    shown = await browser.post("/account/security/totp", data=form)
    codes = re.findall(r"<code>([A-Z2-7-]{19})</code>", shown.text)
    assert len(codes) == 10
    (link,) = re.findall(r'href="(data:[^"]*)"', shown.text)
    assert "\n".join(codes) in unquote(link)
    page = (await browser.get("/account/security")).text
    assert ("Set up on" in page, "10 codes are left" in page) == (True, True)
    new = await browser.post("/account/security/recovery-codes")
    fresh = re.findall(r"<code>([A-Z2-7-]{19})</code>", new.text)
    assert len({*fresh, *codes}) == 20
    ticket = await asked(await either.browser(), transport="bearer")
    answers = [
        (await prove(await either.client(), ticket, each, "recovery-code")).status_code
        for each in (codes[0], fresh[0])
    ]
    assert answers == [403, 200]
    answer = await browser.post("/account/security/totp/remove")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account/security")
    assert "was removed" in (await browser.get("/account/security")).text


async def test_a_recovery_code_works_once_however_it_is_typed(opened: Opened) -> None:
    house = await opened(public_origin="http://localhost:8000")
    subject = await house.account()
    await give_totp(house, subject)
    codes = await house.service.recovery_codes.renew(subject, at=house.clock(), ending=0)
    rows = await stored(house, RECOVERY_CODES)
    assert "$argon2id$" in rows
    assert not any(normal(each)[4:] in rows for each in codes)
    typed = codes[0].lower().replace("-", " ").replace("o", "0").replace("i", "1")
    client = await house.client(url="http://localhost:8000")
    ticket = await asked(client, transport="bearer")
    last = "A" if codes[0][-1] != "A" else "B"
    for wrong in (codes[0][:-1] + last, codes[0][:-1], codes[0] + "A", codes[0][:4], "", "é" * 99):
        assert (await prove(client, ticket, wrong, "recovery-code")).status_code == 403
    for status in (200, 403):
        ticket = await asked(client, transport="bearer")
        answer = await prove(client, ticket, typed, "recovery-code")
        assert answer.status_code == status
    (letter,) = [e for e in await house.service.outbox.latest(9) if e.kind == "recovery_code_used"]
    assert "Recovery codes left: 9" in house.service.letters.write(letter).body
    tickets = [await asked(client, transport="bearer") for _ in range(30)]
    tried = [prove(client, each, codes[1], "recovery-code") for each in tickets]
    answers = [each.status_code for each in await asyncio.gather(*tried)]
    assert answers.count(200) == 1


async def test_a_change_needs_a_recent_proof_of_two_factors(house: House) -> None:
    browser = await house.alice()
    old = await house.alice()  # a session from before the second factor
    await give_totp(house, await house.account())
    calls = (("POST", "/api/totp"), ("DELETE", "/api/totp"), ("POST", "/api/recovery-codes"))
    for method, path in calls:
        answer = await old.request(method, path)
        assert (answer.status_code, answer.json()["reason"]) == (401, "step_up_required")
    again = await old.post("/api/elevate", json={"password": PASSWORD})
    assert (again.status_code, again.json()["reason"]) == (403, "factor_required")
    assert (await old.delete("/api/totp")).status_code == 401
    page = await old.get("/account/security/totp/remove")
    back = "/elevate?return_to=%2Faccount%2Fsecurity%2Ftotp%2Fremove"
    assert (page.status_code, page.headers["location"]) == (303, back)
    assert (await old.post("/account/security/totp/remove")).headers["location"] == back
    assert (await house.service.factors.held(await house.account())).totp
    form = {"code": code(house), "return_to": "/account/security/totp/remove"}
    answer = await old.post("/elevate", data=form)
    assert answer.headers["location"] == "/account/security/totp/remove"
    assert (await old.get("/api/me")).json()["amr"] == ["pwd", "otp", "mfa"]
    house.clock.advance(301)
    assert (await old.delete("/api/totp")).status_code == 401
    used = await browser.post("/api/elevate", json={"code": code(house, -10)})
    assert (used.status_code, used.json()["reason"]) == (403, "wrong_code")
    # the session proved both once, but the password alone makes it no fresher (ASVS 7.5.1)
    for again in (
        await old.post("/api/elevate", json={"password": PASSWORD}),
        await old.post("/elevate", data={"password": PASSWORD}),
    ):
        assert (again.status_code, "second factor" in again.text) == (403, True)
    assert 'name="password"' not in (await old.get("/elevate")).text
    assert (await old.delete("/api/totp")).status_code == 401
    assert (await old.post("/api/elevate", json={"code": code(house)})).status_code == 200
    assert (await old.delete("/api/totp")).status_code == 204
    assert (await old.post("/api/elevate", json={"password": PASSWORD})).status_code == 200


async def test_a_recovery_code_is_a_step_up_for_who_lost_the_app(house: House) -> None:
    browser = await house.alice()
    subject = await house.account()
    await give_totp(house, subject)
    first, second, *_ = await house.service.recovery_codes.renew(
        subject, at=house.clock(), ending=0
    )
    await house.service.factors._database.run(TOTP.delete())
    spoken = (await browser.post("/api/elevate", json={"recovery_code": first})).json()
    assert spoken["reason"] == "wrong_code"  # there is nothing that it stands in for
    await give_totp(house, subject)
    page = await browser.get("/elevate?return_to=/account/security")
    assert "/elevate?with=recovery&amp;return_to=" in page.text
    assert (await browser.post("/api/elevate", json={"recovery_code": first})).status_code == 200
    assert (await browser.get("/api/me")).json()["amr"] == ["pwd", "recovery", "mfa"]
    assert "Recovery code" in (await browser.get("/elevate?with=recovery")).text
    form = {"code": second, "with": "recovery", "return_to": "/account/security"}
    for status in (303, 403):
        assert (await browser.post("/elevate", data=form)).status_code == status
    assert (await browser.delete("/api/totp")).status_code == 204


async def test_a_session_of_one_factor_takes_no_account_away_from_who_has_two(house: House) -> None:
    """It may be from before the second factor, or a thief's who knows the password."""
    old = await house.alice()
    await give_totp(house, await house.account())
    form = {"current": PASSWORD, "new": "another horse entirely"}
    for answer in (
        await old.post("/api/password", json=form),
        await old.delete("/api/account"),
        await old.get("/api/account/data"),
    ):
        assert (answer.status_code, answer.json()["reason"]) == (401, "step_up_required")
    for method, path, back in (
        ("GET", "/account/password", "/account/password"),
        ("POST", "/account/password", "/account/password"),
        ("GET", "/account/data", "/account/data"),
        ("GET", "/account/data/download", "/account/data"),
        ("POST", "/account/data/delete", "/account/data/delete"),
    ):
        led = await old.request(method, path, data=form if method == "POST" else None)
        assert led.headers["location"] == f"/elevate?return_to={back.replace('/', '%2F')}"
    assert (await old.post("/api/elevate", json={"code": code(house)})).status_code == 200
    assert (await old.post("/api/password", json=form)).status_code == 204


@pytest.mark.parametrize("body", [{}, {"password": PASSWORD, "code": "123456"}])
async def test_a_step_up_takes_one_proof(house: House, body: dict[str, str]) -> None:
    answer = await (await house.alice()).post("/api/elevate", json=body)
    assert (answer.status_code, answer.json()["reason"]) == (400, "invalid_request")


async def test_guesses_of_a_code_are_limited_in_a_session_and_at_enrolment(house: House) -> None:
    browser = await house.alice()
    await secret_of(browser)
    tried = [
        (await browser.post("/api/totp/confirm", json={"code": "000000"})).status_code
        for _ in range(6)
    ]
    await give_totp(house, await house.account())
    tried += [
        (await browser.post("/api/elevate", json={"code": "000000"})).status_code for _ in range(5)
    ]
    assert tried == [403] * 10 + [429]


async def test_the_last_factor_stays_where_one_is_required(opened: Opened) -> None:
    house = await opened(require_factor=("all",))
    await give_totp(house, await house.account())
    browser = await house.browser()
    assert (await prove(browser, await asked(browser), code(house))).status_code == 200
    answer = await browser.delete("/api/totp")
    assert (answer.status_code, answer.json()["reason"]) == (403, "factor_required")
    page = await browser.post("/account/security/totp/remove")
    assert (page.status_code, "this is your last one" in page.text) == (403, True)
    assert (await house.service.factors.held(await house.account())).totp


async def test_a_sign_up_sets_a_factor_up_before_a_session_begins(opened: Opened) -> None:
    house = await opened(require_factor=("all",))
    browser = await house.browser()
    answer = await browser.post("/signup", data={"email": EMAIL, "password": PASSWORD})
    assert answer.headers["location"] == "/login/factor"
    assert (await browser.get("/api/me")).status_code == 401
    page = (await browser.get("/login/factor")).text
    key = re.findall(r"<code>([A-Z2-7 ]{39})</code>", page)[0].replace(" ", "")
    shown = await browser.post("/login/factor/enrol", data={"code": code(house, secret=key)})
    assert (shown.status_code, "Your recovery codes" in shown.text) == (200, True)
    assert (await browser.get("/api/me")).json()["amr"] == ["pwd", "otp", "mfa"]


async def test_an_administrator_of_one_factor_is_kept_out_where_two_are_required(
    opened: Opened,
) -> None:
    house = await opened(require_factor=("admin",))
    browser, subject = await house.alice(), await house.account()
    await house.service.users.set_roles(subject, frozenset({"admin"}))
    await house.service.auth.change(subject, roles={"admin"})
    answer = await browser.get("/api/admin/users")
    assert (answer.status_code, answer.json()["reason"]) == (403, "factor_required")
    page = await browser.get("/admin/users")
    assert (page.status_code, 'href="/account/security"' in page.text) == (403, True)
    await give_totp(house, subject)
    answer = await browser.get("/api/admin/users")
    assert (answer.status_code, answer.json()["reason"]) == (401, "step_up_required")
    assert (await browser.post("/api/elevate", json={"code": code(house)})).status_code == 200
    assert (await browser.get("/api/admin/users")).status_code == 200


async def test_an_administrator_resets_factors_and_chooses_none(house: House) -> None:
    desk = await desk_of(house)
    assert (await desk.admin.delete(f"/api/admin/users/{desk.carol}/factors")).status_code == 404
    await give_totp(house, desk.carol)
    await house.service.recovery_codes.renew(desk.carol, at=1, ending=0)
    details = (await desk.admin.get(f"/api/admin/users/{desk.carol}")).json()
    assert details["factors"] == ["totp", "recovery_code"]
    refused = await desk.customer.delete(f"/api/admin/users/{desk.carol}/factors")
    assert refused.status_code == 403
    asks = await desk.admin.get(f"/admin/users/{desk.carol}/reset-factors")
    assert "Reset the factors of" in asks.text
    done = await desk.admin.post(f"/admin/users/{desk.carol}/reset-factors")
    assert done.status_code == 303
    assert (await desk.customer.get("/api/me")).status_code == 401
    held = await house.service.factors.held(desk.carol)
    assert (held.names, held.recovery_codes) == ((), 0)
    assert "factors_reset" in await desk.kinds(desk.carol)
    assert (await login(await house.browser(), email="carol@example.test")).status_code == 200


@pytest.mark.engine
async def test_a_new_root_key_seals_again_and_the_old_one_can_go(
    opened: Opened, tmp_path: Path
) -> None:
    keys, url = [secrets.token_urlsafe(32) for _ in range(2)], f"sqlite:///{tmp_path}/people.db"
    file = tmp_path / "root.key"

    async def house_of(*given: str) -> House:
        file.write_text("\n".join(given))
        file.chmod(0o600)
        found: House = await opened(database=url, root_key_file=str(file))
        return found

    old = await house_of(keys[0])
    await give_totp(old, subject := await old.account())
    await old.service.totp.use(subject, code(old), at=old.clock())
    both = await house_of(keys[1], keys[0])
    await both.service.totp.reseal()
    new = await house_of(keys[1])
    assert not await new.service.totp.use(subject, code(old), at=new.clock())  # it stays used
    assert await new.service.totp.use(subject, code(new, 1), at=new.clock())
    with pytest.raises(ConfigurationError, match="sealed under another root key"):
        await house_of(keys[0])
    file.unlink()
    with pytest.raises(ConfigurationError, match="is missing; restore it"):
        await opened(database=url, root_key_file=str(file))
    assert not file.exists()


async def test_after_a_change_of_factors_all_other_devices_can_be_logged_out(
    either: House,
) -> None:
    """ASVS 7.4.3."""
    browser = await either.alice()
    offer = 'action="/account/sessions/end-others"'
    assert offer not in (await browser.get("/account/security")).text  # there are no others
    other = await either.alice()
    secret = await secret_of(browser)
    form = {"code": code(either, secret=secret)}
    shown = await browser.post("/account/security/totp", data=form)
    assert (len(re.findall(r"<code>", shown.text)), offer in shown.text) == (10, True)
    assert offer in (await browser.post("/account/security/recovery-codes")).text
    await browser.post("/account/security/totp/remove")
    page = (await browser.get("/account/security")).text
    assert ("was removed" in page, offer in page) == (True, True)
    # as a browser without Fetch Metadata would: by the token of the page alone
    tokens = [re.findall(r'name="csrf_token" value="([^"]+)"', each) for each in (shown.text, page)]
    del browser.headers["sec-fetch-site"]
    assert (await other.get("/api/me")).status_code == 200
    ended = await browser.post("/account/sessions/end-others", data={"csrf_token": tokens[0][0]})
    assert (ended.status_code, ended.headers["location"]) == (303, "/account")
    assert {*tokens[1]} == {tokens[0][0]}
    assert (await other.get("/api/me")).status_code == 401
    assert (await browser.get("/api/me")).status_code == 200


class Held(Passwords):
    """A real hasher that keeps every hash back until it may go on."""

    def __init__(self) -> None:
        super().__init__(CHEAP)
        self.waits, self.may_go_on = asyncio.Event(), asyncio.Event()

    async def hash(self, password: str) -> str:
        self.waits.set()
        await self.may_go_on.wait()
        return await super().hash(password)


@pytest.mark.parametrize("kept", [False, True])
async def test_codes_on_their_way_are_not_kept_once_the_factors_are_reset(
    house: House, kept: bool
) -> None:
    """Ten hashes take a second.  Codes of a thief would stand in for the next factor of the owner,
    who gets none while there are some; so would they where an older factor is kept."""
    subject, client = await house.account(), await house.browser()
    await give_totp(house, subject)
    ticket = await asked(client)
    assert (await prove(client, ticket, code(house))).status_code == 200
    held = Held()
    slow = RecoveryCodes(house.service.users._database, held)
    house.app.state.service = replace(house.service, recovery_codes=slow)
    making = asyncio.create_task(client.post("/api/recovery-codes"))
    await held.waits.wait()
    if kept:
        users, hashed = house.service.users, await house.service.passwords.hash(PASSWORD)
        user = await users.by_subject(subject)
        assert user is not None
        assert await users.set_password(subject, hashed, old=user.password_hash, at=house.clock())
    else:
        assert await house.service.users.reset_factors(subject)
    held.may_go_on.set()
    assert (await making).status_code == 400
    assert (await house.service.factors.held(subject)).recovery_codes == 0
    held.close()
