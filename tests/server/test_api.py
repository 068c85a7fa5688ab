"""Every route of the JSON API, as a stranger uses it."""

import json
from typing import Any

import httpx2
import pytest

from doorward.settings import JWKS_MAX_AGE
from tests.server.house import EMAIL, ORIGIN, PASSWORD, House, Opened, login

pytestmark = pytest.mark.anyio


def reason(answer: httpx2.Response) -> tuple[int, str]:
    """The status and reason of a problem, which must be a whole one."""
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert set(problem) == {"type", "title", "status", "detail", "reason"}
    assert problem["status"] == answer.status_code
    if answer.status_code == 401:
        assert answer.headers["www-authenticate"].startswith("Bearer ")
    return answer.status_code, problem["reason"]


async def bearer(house: House) -> tuple[httpx2.AsyncClient, dict[str, Any]]:
    client = await house.client()
    tokens = (await login(client, transport="bearer")).json()
    client.headers["authorization"] = f"Bearer {tokens['access_token']}"
    return client, tokens


async def test_signing_up_answers_with_the_subject_and_logs_nobody_in(house: House) -> None:
    client = await house.client()
    answer = await client.post("/api/signup", json={"email": EMAIL, "password": PASSWORD})
    assert answer.status_code == 201
    assert list(answer.json()) == ["subject"]
    assert "set-cookie" not in answer.headers


async def test_an_address_can_be_taken_once_in_any_spelling(house: House) -> None:
    client = await house.client()
    await client.post("/api/signup", json={"email": EMAIL, "password": PASSWORD})
    body = {"email": "Alice@EXAMPLE.test", "password": PASSWORD}
    assert reason(await client.post("/api/signup", json=body)) == (409, "email_taken")


@pytest.mark.parametrize(
    ("email", "password", "expected"),
    [
        ("nobody", PASSWORD, "invalid_email"),
        ("", PASSWORD, "invalid_email"),
        ("\ud800@example.test", PASSWORD, "invalid_email"),
        (EMAIL, "short", "weak_password"),
        (EMAIL, "", "weak_password"),
        (EMAIL, "password1", "weak_password"),
        (EMAIL, "alice@example.test", "weak_password"),
        (EMAIL, "x" * 129, "weak_password"),
        (EMAIL, "x" * 60_000, "weak_password"),
    ],
)
async def test_a_bad_address_or_password_makes_no_account(
    house: House, email: str, password: str, expected: str
) -> None:
    client = await house.client()
    content = json.dumps({"email": email, "password": password})
    answer = await client.post(
        "/api/signup", content=content, headers={"content-type": "application/json"}
    )
    assert reason(answer) == (400, expected)
    assert await house.service.users.count() == 0
    assert len(password) < 9 or password not in answer.text


async def test_signup_can_be_closed(opened: Opened) -> None:
    house = await opened(signup="closed")
    client = await house.client()
    body = {"email": EMAIL, "password": PASSWORD}
    assert reason(await client.post("/api/signup", json=body)) == (403, "signup_closed")
    assert (await client.get("/signup")).status_code == 403
    assert "/signup" not in (await client.get("/login")).text


async def test_roles_in_a_body_are_ignored(house: House) -> None:
    client = await house.client()
    body = {"email": EMAIL, "password": PASSWORD, "roles": ["admin"], "is_admin": True, "sub": "x"}
    assert (await client.post("/api/signup", json=body)).status_code == 201
    _, tokens = await bearer(house)
    headers = {"authorization": f"Bearer {tokens['access_token']}"}
    me = (await client.get("/api/me", headers=headers)).json()
    assert (me["roles"], me["subject"] == "x") == ([], False)


async def test_a_cookie_login_shows_the_principal_and_never_a_credential(either: House) -> None:
    browser = await either.alice()
    answer = await login(browser)
    shown = answer.json()
    assert set(shown) == {"subject", "sid", "mode", "roles", "scopes", "amr", "authenticated_at"}
    assert shown["mode"] == either.service.options.mode
    assert not [value for value in browser.cookies.values() if value in answer.text]
    assert answer.headers["cache-control"] == "no-store"


async def test_a_bearer_login_uses_the_names_of_oauth_and_sets_no_cookie(either: House) -> None:
    await either.alice()
    client = await either.client()
    answer = await login(client, transport="bearer")
    tokens = answer.json()
    token_mode = either.service.options.mode == "token"
    assert tokens["token_type"] == "Bearer"
    assert tokens["expires_in"] == (300 if token_mode else 14 * 86400)
    assert ("refresh_token" in tokens) is token_mode
    assert "set-cookie" not in answer.headers


async def test_me_says_who_i_am_by_either_transport(either: House) -> None:
    browser = await either.alice()
    client, _ = await bearer(either)
    for mine in (browser, client):
        me = (await mine.get("/api/me")).json()
        assert me["subject"].startswith("u_")
        assert (me["amr"], me["roles"], me["scopes"]) == (["pwd"], [], [])
        assert len(me["csrf_token"]) == 43


async def test_without_a_credential_there_is_no_me(house: House) -> None:
    client = await house.client()
    assert reason(await client.get("/api/me")) == (401, "missing")


async def test_logging_out_ends_the_session_and_deletes_the_cookies(either: House) -> None:
    browser = await either.alice()
    kept = dict(browser.cookies)
    answer = await browser.post("/api/logout")
    assert answer.status_code == 204
    assert answer.headers["clear-site-data"] == '"storage"'
    assert set(browser.cookies) == {"__Host-device"}
    thief = await either.browser()
    thief.cookies.update(kept)
    assert reason(await thief.get("/api/me")) == (401, "revoked")
    assert (await thief.post("/api/logout")).status_code == 204


async def test_what_scripts_kept_is_cleared_only_where_a_browser_sent_our_cookie(
    either: House,
) -> None:
    """Cookies of ours come from a secure context alone; a script that shows a Bearer token may be
    of another origin, and its browser would complain of the header on the console."""
    await either.alice()
    client, _ = await bearer(either)
    answer = await client.post("/api/logout")
    assert answer.status_code == 204
    assert "clear-site-data" not in answer.headers
    stranger = await either.client()
    assert "clear-site-data" not in (await stranger.post("/api/logout")).headers
    dead = {"cookie": "a=b; __Host-session=dead", "sec-fetch-site": "same-origin"}
    answer = await (await either.client()).post("/api/logout", headers=dead)
    assert "clear-site-data" in answer.headers


async def test_a_refresh_rotates_in_token_mode(opened: Opened) -> None:
    house: House = await opened(mode="token")
    await house.alice()
    client, tokens = await bearer(house)
    answer = await client.post("/api/refresh", json={"refresh_token": tokens["refresh_token"]})
    assert answer.status_code == 200
    assert set(answer.json()) == {"access_token", "token_type", "expires_in", "refresh_token"}
    again = await client.post("/api/refresh", json={"refresh_token": tokens["refresh_token"]})
    assert set(again.json()) == {"access_token", "token_type", "expires_in"}


async def test_a_refresh_looks_at_its_body_and_not_at_what_else_is_presented(
    opened: Opened,
) -> None:
    house: House = await opened(mode="token")
    await house.alice()
    client, tokens = await bearer(house)
    client.headers["authorization"] = "Bearer nonsense"
    body = {"refresh_token": tokens["refresh_token"]}
    assert (await client.post("/api/refresh", json=body)).status_code == 200
    bad = await client.post("/api/refresh", json={"refresh_token": "dwr_x"})
    assert reason(bad) == (401, "malformed")


async def test_in_session_mode_there_is_nothing_to_refresh(house: House) -> None:
    client = await house.client()
    answer = await client.post("/api/refresh", json={"refresh_token": "dwr_x"})
    assert reason(answer) == (404, "not_found")


async def test_sessions_list_every_place_and_no_secret(either: House) -> None:
    browser = await either.alice(**{"user-agent": "Mozilla/5.0 (X11; Linux) Firefox/140.0"})
    _, tokens = await bearer(either)
    answer = await browser.get("/api/sessions")
    sessions = answer.json()["sessions"]
    assert len(sessions) == 2
    names = {"sid", "mode", "device", "address", "created_at", "seen_at", "current"}
    assert all(set(each) == names for each in sessions)
    mine = next(each for each in sessions if each["current"])
    assert (mine["device"], mine["address"]) == ("Firefox on Linux", "198.51.100.7")
    secrets = [tokens["access_token"], *browser.cookies.values()]
    assert not [secret for secret in secrets if secret in answer.text]


async def test_one_session_can_be_ended_by_its_sid(either: House) -> None:
    browser = await either.alice()
    client, _ = await bearer(either)
    sid = (await client.get("/api/me")).json()["sid"]
    assert (await browser.delete(f"/api/sessions/{sid}")).status_code == 204
    assert reason(await client.get("/api/me")) == (401, "revoked")
    assert reason(await browser.delete(f"/api/sessions/{sid}")) == (404, "not_found")
    assert (await browser.get("/api/me")).status_code == 200


async def test_somebody_elses_session_is_not_found(either: House) -> None:
    alice = await either.alice()
    sid = (await alice.get("/api/me")).json()["sid"]
    bob = await either.browser()
    await bob.post("/api/signup", json={"email": "bob@example.test", "password": PASSWORD})
    await login(bob, email="bob@example.test")
    there, *absent = [await bob.delete(f"/api/sessions/{each}") for each in (sid, "0" * 32, "x")]
    assert reason(there) == (404, "not_found")
    there_too, absent_too = [
        await bob.post(f"/account/sessions/{each}/end") for each in (sid, "0" * 32)
    ]
    assert there_too.status_code == 404
    for one, other in (*((there, each) for each in absent), (there_too, absent_too)):
        assert (one.status_code, one.headers, one.content) == (
            other.status_code,
            other.headers,
            other.content,
        )
    assert (await alice.get("/api/me")).status_code == 200


async def test_all_other_sessions_can_be_ended(either: House) -> None:
    browser = await either.alice()
    client, _ = await bearer(either)
    assert (await browser.delete("/api/sessions")).status_code == 204
    assert reason(await client.get("/api/me")) == (401, "revoked")
    assert (await browser.get("/api/me")).status_code == 200


async def test_the_public_keys_may_be_cached_for_as_long_as_a_key_waits(opened: Opened) -> None:
    house: House = await opened(mode="token")
    answer = await (await house.client()).get("/.well-known/jwks.json")
    assert answer.headers["cache-control"] == f"public, max-age={JWKS_MAX_AGE}"
    keys = answer.json()["keys"]
    assert len(keys) == 2
    assert not [key for key in keys if set(key) & {"d", "p", "q", "dp", "dq", "qi", "k"}]


async def test_where_nothing_is_signed_no_keys_are_made_by_looking_for_them(
    opened: Opened,
) -> None:
    house: House = await opened(provider=False)
    answer = await (await house.client()).get("/.well-known/jwks.json")
    assert answer.json() == {"keys": []}
    assert await house.service.auth.store.keys() == []


async def test_health_is_ok(house: House) -> None:
    answer = await (await house.client()).get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "view": "fresh"})


async def test_openapi_describes_every_route_of_the_api_and_how_to_authenticate(
    either: House,
) -> None:
    schema = (await (await either.client()).get("/openapi.json")).json()
    described = {(method, path) for path, item in schema["paths"].items() for method in item}
    known = {
        ("get", "/api/forward-auth"),
        ("post", "/api/signup"),
        ("post", "/api/verify"),
        ("post", "/api/verify/letter"),
        ("post", "/api/forgot"),
        ("post", "/api/reset"),
        ("post", "/api/login"),
        ("post", "/api/refresh"),
        ("get", "/api/me"),
        ("post", "/api/logout"),
        ("get", "/api/sessions"),
        ("delete", "/api/sessions"),
        ("delete", "/api/sessions/{sid}"),
        ("post", "/api/password"),
        ("post", "/api/elevate"),
        ("post", "/api/email"),
        ("post", "/api/email/confirm"),
        ("post", "/api/email/undo"),
        ("post", "/api/login/mail"),
        ("post", "/api/login/mail/code"),
        ("post", "/api/login/mail/link"),
        ("post", "/api/login/totp"),
        ("post", "/api/login/recovery-code"),
        ("post", "/api/login/enrol"),
        ("post", "/api/login/enrol/confirm"),
        ("get", "/api/factors"),
        ("post", "/api/totp"),
        ("post", "/api/totp/confirm"),
        ("delete", "/api/totp"),
        ("post", "/api/recovery-codes"),
        ("delete", "/api/admin/users/{subject}/factors"),
        ("post", "/api/login/passkey/options"),
        ("post", "/api/login/passkey"),
        ("post", "/api/elevate/passkey/options"),
        ("post", "/api/elevate/passkey"),
        ("get", "/api/passkeys"),
        ("post", "/api/passkeys/options"),
        ("post", "/api/passkeys"),
        ("patch", "/api/passkeys/{id}"),
        ("delete", "/api/passkeys/{id}"),
        ("get", "/.well-known/jwks.json"),
        ("delete", "/api/admin/scopes"),
        ("delete", "/api/admin/users/{subject}/applications/{client_id}"),
        ("delete", "/api/applications/{client_id}"),
        ("get", "/api/admin/applications"),
        ("get", "/api/admin/applications/{client_id}"),
        ("get", "/api/admin/applications/{client_id}/grants"),
        ("get", "/api/admin/scopes"),
        ("get", "/api/admin/users/{subject}/applications"),
        ("get", "/api/applications"),
        ("patch", "/api/admin/applications/{client_id}"),
        ("post", "/api/admin/applications"),
        ("post", "/api/admin/applications/{client_id}/disable"),
        ("post", "/api/admin/applications/{client_id}/enable"),
        ("post", "/api/admin/applications/{client_id}/secret"),
        ("post", "/api/admin/scopes"),
        ("get", "/healthz"),
        ("get", "/metrics"),
        ("get", "/api/history"),
        ("get", "/api/account/data"),
        ("delete", "/api/account"),
        ("post", "/api/admin/users"),
        ("patch", "/api/admin/users/{subject}"),
        ("delete", "/api/admin/users/{subject}"),
        ("post", "/api/admin/users/{subject}/invite"),
        ("get", "/api/admin/users"),
        ("get", "/api/admin/users/{subject}"),
        ("post", "/api/admin/users/{subject}/lock"),
        ("post", "/api/admin/users/{subject}/unlock"),
        ("post", "/api/admin/users/{subject}/reset-link"),
        ("put", "/api/admin/users/{subject}/roles"),
        ("delete", "/api/admin/users/{subject}/sessions"),
        ("delete", "/api/admin/sessions"),
        ("delete", "/api/admin/sessions/{sid}"),
        ("get", "/api/admin/online"),
        ("get", "/api/admin/history"),
        ("get", "/api/admin/keys"),
        ("post", "/api/admin/keys/rotate"),
        ("post", "/api/admin/keys/{kid}/compromise"),
    }
    assert described == known, (
        "in tests/server/test_api.py, in `known`:"
        f" add {sorted(described - known)}, remove {sorted(known - described)}"
    )
    assert set(schema["components"]["securitySchemes"]) == {"cookie", "bearer"}
    assert schema["paths"]["/api/me"]["get"]["security"] == [{"cookie": []}, {"bearer": []}]
    assert schema["paths"]["/api/admin/users"]["get"]["security"] == [
        {"cookie": []},
        {"bearer": []},
    ]
    assert "security" not in schema["paths"]["/api/login"]["post"]
    for path, item in schema["paths"].items():
        for operation in item.values():
            problem = operation["responses"]["default"]["content"]
            assert list(problem) == ["application/problem+json"], path
            assert "422" not in operation["responses"], path


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/api/nothing", (404, "not_found")),
        ("GET", "/api", (404, "not_found")),
        ("GET", "/api/me/", (404, "not_found")),
        ("GET", "/api/ME", (404, "not_found")),
        ("GET", "/api/me;x", (404, "not_found")),
        ("GET", "/api/login", (405, "method_not_allowed")),
        ("PUT", "/api/password", (405, "method_not_allowed")),
        ("OPTIONS", "/api/login", (405, "method_not_allowed")),
        ("TRACE", "/api/me", (405, "method_not_allowed")),
    ],
)
async def test_what_is_not_there_is_refused_as_a_problem(
    house: House, method: str, path: str, expected: tuple[int, str]
) -> None:
    client = await house.client(**{"x-http-method-override": "POST"})
    answer = await client.request(method, f"{ORIGIN}{path}")
    assert reason(answer) == expected
    assert ("allow" in answer.headers) is (expected[0] == 405)
