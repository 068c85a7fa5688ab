"""Every place that takes a token: how one is shown there, and which kinds pass."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx2

from tests.server.house import PASSWORD
from tests.server.oauth.every_token import Given, World
from tests.server.third_party import form_of

Show = Callable[[World, Given, str], Awaitable[bool]]
"""Shows a text where another token belongs; whether it passed."""


class Taker(NamedTuple):
    """A place of the route `METHOD /path` that takes tokens of these kinds, and no others."""

    route: str
    takes: tuple[str, ...]
    show: Show
    place: str = ""


def passed(answer: httpx2.Response) -> bool:
    """Whether an answer is no refusal.  One that a limit or a failure gave proves nothing."""
    assert answer.status_code not in (429, 500, 503), (answer.request.url, answer.text)
    where = urlsplit(answer.headers.get("location", "")).path
    refusing = ("/login",) if answer.request.method == "GET" else ("/login/mail",)
    return answer.status_code < 400 and where not in refusing


def body(path: str, field: str = "ticket", **more: Any) -> Show:
    """In JSON."""

    async def show(_: World, given: Given, text: str) -> bool:
        return passed(await given.browser.post(path, json={**more, **given.beside, field: text}))

    return show


def form(path: str, field: str = "ticket", **more: str) -> Show:
    async def show(_: World, given: Given, text: str) -> bool:
        return passed(await given.browser.post(path, data={**more, field: text}))

    return show


def link(path: str) -> Show:
    async def show(_: World, given: Given, text: str) -> bool:
        return passed(await given.browser.get(path, params={"ticket": text}))

    return show


def bearer(method: str, path: str) -> Show:
    async def show(world: World, _: Given, text: str) -> bool:
        headers = {"authorization": f"Bearer {text}"}
        return passed(await (await world.client()).request(method, path, headers=headers))

    return show


def in_cookie(name: str, path: str = "/api/me") -> Show:
    async def show(world: World, _: Given, text: str) -> bool:
        client = await world.client(cookie=f"{name}={text}")
        params = world.app.request() if path == "/oauth/authorize" else {}
        return passed(await client.get(path, params=params))

    return show


def second(path: str, kind: str) -> Show:
    """A ticket, with the right code beside it."""

    async def show(_: World, given: Given, text: str) -> bool:
        said = {"ticket": text, "code": given.beside[kind]}
        return passed(await given.browser.post(path, json=said))

    return show


def answered(path: str, act: str) -> Show:
    """As the challenge that a passkey answers."""

    async def show(_: World, given: Given, text: str) -> bool:
        options = {"challenge": text, "user": {"id": given.key.handle}}
        credential = getattr(given.key, act)(options)
        return passed(await given.browser.post(path, json={"credential": credential, "name": "x"}))

    return show


async def csrf_header(_: World, given: Given, text: str) -> bool:
    headers = {"x-csrf-token": text}
    answer = await given.browser.post("/api/elevate", json={"password": PASSWORD}, headers=headers)
    return passed(answer)


async def csrf_field(world: World, given: Given, text: str) -> bool:
    """The form that allows an application everything."""
    page = await world.app.authorize(given.browser, prompt="consent")
    said = {**form_of(page.text), "csrf_token": text, "decision": "allow"}
    return passed(await given.browser.post("/oauth/consent", data=said))


async def hint_at_login(world: World, given: Given, text: str) -> bool:
    """Whether it tells the authorization endpoint who is to be logged in."""
    answer = await world.app.authorize(
        given.browser, scope="openid", prompt="none", id_token_hint=text
    )
    return "code=" in answer.headers["location"]


async def hint_at_logout(_: World, given: Given, text: str) -> bool:
    """Whether the person is logged out without a question."""
    await given.browser.get("/oauth/logout", params={"id_token_hint": text})
    return (await given.browser.get("/api/me")).status_code == 401


async def csrf_of_logout(_: World, given: Given, text: str) -> bool:
    page = await given.browser.get("/oauth/logout")
    said = {**form_of(page.text), "csrf_token": text}
    await given.browser.post("/oauth/logout/confirm", data=said)
    return (await given.browser.get("/api/me")).status_code == 401


async def logged_out(world: World, given: Given, text: str) -> bool:
    """Whether any login or grant is ended by a logout with this text."""
    before, headers = await rows(world), {"authorization": f"Bearer {text}"}
    await (await world.client()).post("/api/logout", headers=headers)
    return await rows(world) < before


async def revoked(world: World, _: Given, text: str) -> bool:
    before = await rows(world)
    assert (await world.app.revoke(text)).status_code == 200
    return await rows(world) < before


async def rows(world: World) -> int:
    """How many logins and grants there are."""
    return len(await world.house.service.auth.sessions(limit=10_000, grants=None))


async def introspected(world: World, _: Given, text: str) -> bool:
    client = await world.client()
    form = {**world.app.credentials(), "token": text}
    return bool((await client.post("/oauth/introspect", data=form)).json()["active"])


async def redeemed(world: World, _: Given, text: str) -> bool:
    return passed(await world.app.redeem(text))


async def refreshed(world: World, _: Given, text: str) -> bool:
    return passed(await world.app.refresh(text))


def as_secret(path: str, *, basic: bool = False) -> Show:
    """As the secret of the client."""

    async def show(world: World, _: Given, text: str) -> bool:
        client, name = await world.client(), world.app.client.client_id
        shown = {} if basic else {"client_id": name, "client_secret": text}
        said = {"grant_type": "refresh_token", "refresh_token": "x", "token": "x", **shown}
        auth = httpx2.BasicAuth(name, text) if basic else httpx2.Auth()
        answer = await client.post(path, data=said, auth=auth)
        return answer.status_code != 401

    return show


_OF_LOGIN, _OF_GRANT = ("login",), ("grant at an API", "grant at userinfo")
_NEW = {"new": "a quiet harbour at dawn"}

OF_LOGINS = (
    Taker("GET /api/me", _OF_LOGIN, bearer("GET", "/api/me"), "bearer"),
    Taker("GET /api/forward-auth", _OF_LOGIN, bearer("GET", "/api/forward-auth")),
    Taker("GET /oauth/authorize", (), bearer("GET", "/oauth/authorize"), "bearer"),
    Taker("POST /api/elevate", ("csrf",), csrf_header),
    Taker("POST /oauth/consent", ("csrf",), csrf_field),
    Taker("GET /oauth/authorize", ("ID token",), hint_at_login, "hint"),
    Taker("GET /oauth/logout", ("ID token",), hint_at_logout),
    Taker("POST /oauth/logout/confirm", ("csrf",), csrf_of_logout),
    *(
        Taker(f"{method} /oauth/userinfo", _OF_GRANT[1:], bearer(method, "/oauth/userinfo"))
        for method in ("GET", "POST")
    ),
)
"""What both modes have."""

OF_SESSIONS = (
    Taker("GET /api/me", _OF_LOGIN, in_cookie("__Host-session"), "session cookie"),
    Taker("GET /api/me", (), in_cookie("__Host-access"), "access cookie"),
    Taker("GET /api/me", (), in_cookie("__Host-refresh"), "refresh cookie"),
    Taker(
        "GET /oauth/authorize", _OF_LOGIN, in_cookie("__Host-session", "/oauth/authorize"), "cookie"
    ),
    Taker("POST /api/logout", _OF_LOGIN, logged_out),
    Taker("POST /api/refresh", (), body("/api/refresh", "refresh_token")),
)

OF_TOKENS = (
    Taker("GET /api/me", (), in_cookie("__Host-session"), "session cookie"),
    Taker("GET /api/me", _OF_LOGIN, in_cookie("__Host-access"), "access cookie"),
    Taker("GET /api/me", ("login refresh",), in_cookie("__Host-refresh"), "refresh cookie"),
    Taker(
        "GET /oauth/authorize", _OF_LOGIN, in_cookie("__Host-access", "/oauth/authorize"), "cookie"
    ),
    Taker("POST /api/logout", ("login", "login refresh"), logged_out),
    Taker("POST /api/refresh", ("login refresh",), body("/api/refresh", "refresh_token")),
)

OF_PROGRAMS = (
    Taker("POST /oauth/token", ("code",), redeemed, "code"),
    Taker("POST /oauth/token", ("grant refresh",), refreshed, "refresh_token"),
    Taker("POST /oauth/introspect", (*_OF_GRANT, "own grant"), introspected, "token"),
    Taker("POST /oauth/revoke", (*_OF_GRANT, "own grant", "grant refresh"), revoked, "token"),
    *(
        Taker(f"POST {path}", ("client secret",), as_secret(path, basic=basic), f"secret {basic}")
        for path in ("/oauth/token", "/oauth/introspect", "/oauth/revoke")
        for basic in (True, False)
    ),
    Taker("GET /metrics", ("metrics",), bearer("GET", "/metrics")),
)

OF_LETTERS = (
    Taker("POST /api/reset", ("reset",), body("/api/reset", **_NEW)),
    Taker("POST /reset", ("reset",), form("/reset", **_NEW)),
    Taker("GET /reset", ("reset",), link("/reset")),
    Taker("POST /api/verify", ("verify",), body("/api/verify")),
    Taker("POST /verify", ("verify",), form("/verify")),
    Taker("GET /verify", ("verify",), link("/verify")),
    Taker("POST /link/invitation", ("invitation",), form("/link/invitation", **_NEW)),
    Taker("GET /link/invitation", ("invitation",), link("/link/invitation")),
    Taker("POST /api/email/confirm", ("change_email",), body("/api/email/confirm")),
    Taker("POST /link/email", ("change_email",), form("/link/email")),
    Taker("GET /link/email", ("change_email",), link("/link/email")),
    Taker("POST /api/email/undo", ("undo_email",), body("/api/email/undo")),
    Taker("POST /link/email-undo", ("undo_email",), form("/link/email-undo")),
    Taker("GET /link/email-undo", ("undo_email",), link("/link/email-undo")),
    Taker("POST /api/login/mail/link", ("login_link",), body("/api/login/mail/link")),
    Taker("POST /link/login", ("login_link",), form("/link/login")),
    Taker("GET /link/login", ("login_link",), link("/link/login")),
    Taker("POST /api/login/mail/code", ("login_by_mail",), body("/api/login/mail/code"), "ticket"),
    Taker(
        "POST /api/login/mail/code", ("mail code",), body("/api/login/mail/code", "code"), "code"
    ),
    Taker("GET /setup", ("first_admin",), link("/setup")),
    Taker(
        "POST /setup",
        ("first_admin",),
        form("/setup", email="root@example.test", password=PASSWORD),
    ),
)

OF_FACTORS = (
    Taker("POST /api/login/totp", ("second_step",), second("/api/login/totp", "totp"), "ticket"),
    Taker("POST /api/login/totp", ("totp code",), body("/api/login/totp", "code"), "code"),
    Taker("POST /login/factor", ("totp code",), form("/login/factor", "code"), "code"),
    Taker(
        "POST /api/login/recovery-code",
        ("second_step",),
        second("/api/login/recovery-code", "recovery"),
        "ticket",
    ),
    Taker(
        "POST /api/login/recovery-code",
        ("recovery code",),
        body("/api/login/recovery-code", "code"),
        "code",
    ),
    Taker(
        "POST /login/factor",
        ("recovery code",),
        form("/login/factor", "code", **{"with": "recovery"}),
        "recovery",
    ),
    Taker("GET /login/factor", ("flow cookie",), in_cookie("__Host-flow", "/login/factor")),
    Taker("POST /api/login/enrol", ("enrol step",), body("/api/login/enrol")),
    Taker("POST /api/login/passkey", ("passkey",), answered("/api/login/passkey", "get")),
    Taker("POST /api/passkeys", ("passkey to add",), answered("/api/passkeys", "create")),
    Taker(
        "POST /api/elevate/passkey",
        ("passkey to prove",),
        answered("/api/elevate/passkey", "get"),
    ),
)
