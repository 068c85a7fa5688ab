"""Credentials that were good once."""

from .scene import NEW, Scene, Table

ATTACKS = Table()
BOTH = "session token"


# --- past its time -----------------------------------------------------------------------------


@ATTACKS.add("refused", "idle", modes="token")
async def a_refresh_token_past_its_time(on: Scene) -> None:
    given = await on.tokens()
    (row,) = await on.house.service.auth.sessions(given["subject"])
    async with on.later(row.ends_at - on.house.clock()):
        await on.exchanges(given["refresh_token"])


@ATTACKS.add("", modes="token")  # every client shows one every few minutes, before it refreshes
async def an_access_token_past_its_time(on: Scene) -> None:
    given = await on.tokens()
    async with on.later(given["expires_in"]):
        await on.shows(given["access_token"])


# --- revoked ------------------------------------------------------------------------------------


@ATTACKS.add("refused", "revoked", modes=BOTH)
async def a_copied_cookie_after_its_owner_logged_out(on: Scene) -> None:
    victim = await on.victim()
    cookies = "; ".join(f"{name}={value}" for name, value in victim.cookies.items())
    await victim.post("/api/logout")
    await on.thief.get("/account", headers={"cookie": cookies})


@ATTACKS.add("refused", "revoked", modes=BOTH)
async def a_credential_after_the_account_was_locked(on: Scene) -> None:
    given = await on.tokens()
    await on.admin.post(f"/api/admin/users/{given['subject']}/lock")
    await on.shows(given["access_token"])


@ATTACKS.add("refused", "revoked", modes=BOTH)
async def a_credential_after_the_password_was_reset(on: Scene) -> None:
    given = await on.tokens()
    await on.uses("/reset", await on.link(given["subject"]), new=NEW)
    await on.shows(given["access_token"], "/api/sessions")


@ATTACKS.add("refused", "revoked", modes="token")
async def a_refresh_token_after_an_administrator_ended_the_session(on: Scene) -> None:
    given = await on.tokens()
    await on.admin.delete(f"/api/admin/users/{given['subject']}/sessions")
    await on.exchanges(given["refresh_token"])


@ATTACKS.add("reused", "reused", modes="token")
async def a_displaced_refresh_token(on: Scene) -> None:
    given = await on.tokens()
    second = await on.exchanges(given["refresh_token"])
    await on.exchanges(second["refresh_token"])
    await on.exchanges(given["refresh_token"])


@ATTACKS.add("refused", "revoked", modes="token")
async def a_refresh_token_of_a_session_that_ended_by_theft(on: Scene) -> None:
    given = await on.tokens()
    second = await on.exchanges(given["refresh_token"])
    third = await on.exchanges(second["refresh_token"])
    await on.exchanges(given["refresh_token"])
    await on.exchanges(third["refresh_token"])
