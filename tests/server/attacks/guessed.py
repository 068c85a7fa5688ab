"""Links and passwords that are guessed, and links that are over."""

import httpx2

from doorward.settings import HOUR
from tests.server.authenticator import Authenticator, Json
from tests.server.factors import asked, code, give_totp, prove
from tests.server.house import PASSWORD, login

from .scene import FORGED, NEW, Scene, Table, ticket_in

ATTACKS = Table()


# --- links --------------------------------------------------------------------------------------


@ATTACKS.add("link_refused", "invalid_link")
async def a_guessed_reset_link(on: Scene) -> None:
    await on.uses("/reset", FORGED, new=NEW)


@ATTACKS.add("link_refused", "invalid_link")
async def a_piece_of_a_reset_link(on: Scene) -> None:
    await on.thief.get("/reset", params={"ticket": FORGED[:20]})


@ATTACKS.add("link_refused", "invalid_link")
async def a_reset_link_that_was_used(on: Scene) -> None:
    ticket = await on.link((await on.tokens())["subject"])
    await on.uses("/reset", ticket, new=NEW)
    await on.uses("/reset", ticket, new=NEW + "!")


@ATTACKS.add("link_refused", "invalid_link")
async def a_reset_link_from_before_the_password_was_changed(on: Scene) -> None:
    subject = (await on.tokens())["subject"]
    old, new = await on.link(subject), await on.link(subject)
    await on.uses("/reset", new, new=NEW)
    await on.uses("/reset", old, new=NEW + "!")


@ATTACKS.add("link_refused", "invalid_link")
async def a_reset_link_past_its_hour(on: Scene) -> None:
    ticket = await on.link((await on.tokens())["subject"])
    async with on.later(HOUR):
        await on.uses("/reset", ticket, new=NEW)


@ATTACKS.add("link_refused", "invalid_link")
async def a_guessed_link_to_prove_an_address(on: Scene) -> None:
    await on.uses("/verify", FORGED)


@ATTACKS.add("link_refused", "invalid_link")
async def a_guessed_invitation(on: Scene) -> None:
    await on.uses("/link/invitation", FORGED, new=NEW)


@ATTACKS.add("link_refused", "invalid_link")
async def an_invitation_that_was_used(on: Scene) -> None:
    made = await on.admin.post("/api/admin/users", json={"email": "invited@example.test"})
    ticket = ticket_in(made.json()["invitation_link"])
    await on.uses("/link/invitation", ticket, new=NEW)
    await on.uses("/link/invitation", ticket, new=NEW + "!")


@ATTACKS.add("link_refused", "invalid_link")
async def a_guessed_setup_link(on: Scene) -> None:
    await on.uses("/setup", FORGED, email="thief@example.test", password=NEW)


@ATTACKS.add("link_refused", "invalid_link")
async def a_setup_link_once_somebody_administers(on: Scene) -> None:
    await on.uses("/setup", on.setup_ticket, email="thief@example.test", password=NEW)


@ATTACKS.add("link_refused", "invalid_link")
async def a_look_at_a_setup_link_once_somebody_administers(on: Scene) -> None:
    await on.thief.get("/setup", params={"ticket": on.setup_ticket})


# --- passwords ----------------------------------------------------------------------------------


@ATTACKS.add("login_failed", "invalid_credentials")
async def a_guessed_password_of_an_account_that_may_not_exist(on: Scene) -> None:
    await login(on.thief, "a guess", email="nobody@example.test")


@ATTACKS.add("login_failed", "invalid_credentials")
async def the_right_password_of_an_account_that_is_locked(on: Scene) -> None:
    email = await on.email()
    await on.admin.post(f"/api/admin/users/{await on.house.account(email)}/lock")
    await login(on.thief, email=email)


@ATTACKS.add("wrong_password", "wrong_password")
async def changing_the_password_in_a_stolen_session(on: Scene) -> None:
    victim = await on.victim()
    await victim.post("/api/password", json={"current": "a guess", "new": NEW})


# --- codes --------------------------------------------------------------------------------------


async def waiting(on: Scene, client: httpx2.AsyncClient | None = None) -> str:
    """The ticket of a login that waits for a code, on the thief's machine or another."""
    email = await on.email()
    await give_totp(on.house, await on.house.account(email))
    ticket = await asked(client or on.thief, email=email)
    on.secrets.add(ticket)
    return ticket


@ATTACKS.add("wrong_code", "wrong_code")
async def a_guessed_code_after_a_stolen_password(on: Scene) -> None:
    await prove(on.thief, await waiting(on), "000000")


@ATTACKS.add("link_refused", "login_expired")
async def a_stolen_ticket_of_a_login_that_waits_for_a_code(on: Scene) -> None:
    ticket = await waiting(on, await on.house.browser())
    await prove(on.thief, ticket, code(on.house))


@ATTACKS.add("link_refused", "login_expired")
async def a_guessed_ticket_of_a_second_step(on: Scene) -> None:
    await prove(on.thief, FORGED, "000000")


@ATTACKS.add("limited", "too_many_attempts")
async def guessing_codes_after_a_stolen_password(on: Scene) -> None:
    ticket = await waiting(on)
    for _ in range(11):
        await prove(on.thief, ticket, "000000")


# --- passkeys -----------------------------------------------------------------------------------

PASSKEY = "/api/login/passkey"


async def options(client: httpx2.AsyncClient, path: str = PASSKEY) -> Json:
    found: Json = (await client.post(f"{path}/options", json={})).json()
    return found


async def passkey_of(victim: httpx2.AsyncClient) -> Authenticator:
    key = Authenticator()
    made = {"credential": key.create(await options(victim, "/api/passkeys"))}
    assert (await victim.post("/api/passkeys", json=made)).status_code == 201
    return key


@ATTACKS.add("passkey_refused", "unknown_passkey")
async def a_passkey_that_nobody_has_here(on: Scene) -> None:
    answer = Authenticator(handle="A" * 43).get(await options(on.thief))
    await on.thief.post(PASSKEY, json={"credential": answer})


@ATTACKS.add("passkey_refused", "passkey_refused")
async def the_answer_of_a_passkey_to_a_site_that_looks_alike(on: Scene) -> None:
    key = await passkey_of(await on.victim())
    key.origin = "https://testserver.evil.example"
    answer = key.get(await options(on.thief))
    await on.thief.post(PASSKEY, json={"credential": answer})


@ATTACKS.add("passkey_refused", "passkey_refused")
async def the_answer_of_a_passkey_that_another_browser_was_to_give(on: Scene) -> None:
    victim = await on.victim()
    answer = (await passkey_of(victim)).get(await options(victim))
    await on.thief.post(PASSKEY, json={"credential": answer})


# --- again and again, from addresses that have used up what they may do afterwards --------------


async def flooding(on: Scene, address: str, path: str, **body: str) -> None:
    """Send it until it is answered 429, with another number for each `#`."""
    thief = await on.house.browser(address=address)
    status, number = 0, 0
    while status != 429:
        sent = {name: text.replace("#", str(number)) for name, text in body.items()}
        said = {"json": sent} if path.startswith("/api/") else {"data": sent}
        status, number = (await thief.post(path, **said)).status_code, number + 1  # type: ignore[arg-type]


@ATTACKS.add("limited", "too_many_attempts")
async def guessing_the_password_of_one_account(on: Scene) -> None:
    what = {"email": "nobody@example.test", "password": "guess #"}
    await flooding(on, "203.0.113.10", "/api/login", **what)


@ATTACKS.add("limited", "too_many_attempts")
async def one_password_for_many_accounts(on: Scene) -> None:
    what = {"email": "nobody#@example.test", "password": "summer of 2026"}
    await flooding(on, "203.0.113.11", "/api/login", **what)


@ATTACKS.add("limited", "too_many_attempts")
async def reset_links_guessed_again_and_again(on: Scene) -> None:
    await flooding(on, "203.0.113.11", "/reset", ticket=FORGED, new=NEW)


@ATTACKS.add("limited", "too_many_attempts")
async def invitations_guessed_again_and_again(on: Scene) -> None:
    await flooding(on, "203.0.113.11", "/link/invitation", ticket=FORGED, new=NEW)


@ATTACKS.add("limited", "too_many_attempts")
async def setup_links_guessed_again_and_again(on: Scene) -> None:
    await flooding(on, "203.0.113.11", "/setup", ticket=FORGED, password=NEW)


@ATTACKS.add("limited", "too_many_attempts")
async def asking_for_challenges_again_and_again(on: Scene) -> None:
    await flooding(on, "203.0.113.13", "/api/login/passkey/options")


@ATTACKS.add("limited", "too_many_attempts")
async def signing_up_again_and_again(on: Scene) -> None:
    what = {"email": "many#@example.test", "password": PASSWORD}
    await flooding(on, "203.0.113.12", "/api/signup", **what)


@ATTACKS.add("limited", "too_many_attempts")
async def guessing_the_password_inside_a_stolen_session(on: Scene) -> None:
    victim = await on.victim()
    for _ in range(11):
        await victim.post("/api/elevate", json={"password": "a guess"})
