"""Who logged in, in an ID token and at userinfo; and whether a token is good, by introspection."""

import json
from typing import Any

import httpx2
import pytest

from doorward.keys import base64url, rs256, verify_jws
from doorward.server.accounts.apply_decisions import apply_decisions
from doorward.server.oauth.clients import Clients
from tests.server.house import House, Opened
from tests.server.third_party import API, CALLBACK, Application, application

pytestmark = pytest.mark.anyio

SCOPES = ("openid", "email", "offline_access", "photos:read")


@pytest.fixture
async def house(opened: Opened) -> House:
    found: House = await opened(provider=True)
    return found


@pytest.fixture
async def app(house: House) -> Application:
    return await application(house, scopes=SCOPES)


def claims_of(token: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64url.decode(token.split(".")[1].encode()))
    return found


def header_of(token: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64url.decode(token.split(".")[0].encode()))
    return found


async def jwks(client: httpx2.AsyncClient) -> list[dict[str, str]]:
    found: list[dict[str, str]] = (await client.get("/.well-known/jwks.json")).json()["keys"]
    return found


async def userinfo(house: House, token: str, method: str = "GET", **more: str) -> httpx2.Response:
    client = await house.client()
    headers = {"authorization": f"Bearer {token}", **more}
    return await client.request(method, "/oauth/userinfo", headers=headers)


async def introspect(app: Application, token: str) -> Any:
    client = await app.house.client()
    form = {**app.credentials(), "token": token}
    answer = await client.post("/oauth/introspect", data=form)
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()


async def test_an_id_token_tells_the_application_who_logged_in(
    house: House, app: Application
) -> None:
    tokens = await app.tokens(await house.alice(), scope="openid email", nonce="a nonce")
    claims = claims_of(tokens["id_token"])
    assert claims["iss"] == "https://testserver"
    assert (claims["aud"], claims["nonce"]) == (app.client.client_id, "a nonce")
    assert claims["sub"] == await house.account()
    assert claims["sid"] == claims_of(tokens["access_token"])["sid"]
    assert claims["auth_time"] == house.clock()
    assert claims["amr"] == ["pwd"]
    assert "email" not in claims
    refreshed = (await app.refresh(tokens["refresh_token"])).json()
    again = claims_of(refreshed["id_token"])
    assert (again["sub"], "nonce" in again) == (claims["sub"], False)
    assert "id_token" not in await app.tokens(await house.alice())


async def test_userinfo_says_what_was_allowed(house: House, app: Application) -> None:
    browser, subject = await house.alice(), await house.account()
    bare = await app.tokens(browser, scope="openid")
    whole = await app.tokens(browser, scope="openid email")
    for method in ("GET", "POST"):
        answer = await userinfo(house, bare["access_token"], method)
        assert (answer.status_code, answer.json()) == (200, {"sub": subject})
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["access-control-allow-origin"] == "*"
        answer = await userinfo(house, whole["access_token"], method)
        email = {"email": "alice@example.test", "email_verified": False}
        assert answer.json() == {"sub": subject, **email}
    user = await house.service.users.lock(subject, at=house.clock())
    assert user is not None
    assert (await userinfo(house, bare["access_token"])).status_code == 401
    await apply_decisions(house.service.users, house.service.auth, user)
    assert (await userinfo(house, bare["access_token"])).status_code == 401


async def test_only_tokens_for_us_with_openid_open_userinfo(house: House, app: Application) -> None:
    browser = await house.alice()
    api = await app.tokens(browser, scope="openid photos:read")
    bare = await app.tokens(browser, scope="offline_access")
    good = await app.tokens(browser, scope="openid")
    client = await house.client()
    body = {"email": "alice@example.test", "password": "correct horse battery"}
    login = (await client.post("/api/login", json={**body, "transport": "bearer"})).json()
    strings = [text for text in login.values() if isinstance(text, str) and len(text) > 40]
    wrong = [api["access_token"], good["id_token"], good["refresh_token"], *strings, "x", ""]
    for token in wrong:
        answer = await userinfo(house, token)
        assert (answer.status_code, answer.json()) == (401, {"error": "invalid_token"}), token
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    answer = await userinfo(house, bare["access_token"])
    assert (answer.status_code, answer.json()) == (403, {"error": "insufficient_scope"})
    for headers in ({}, {"authorization": f"Basic {good['access_token']}"}):
        answer = await browser.get("/oauth/userinfo", headers=headers)
        assert (answer.status_code, answer.content) == (401, b"{}")
        assert answer.headers["www-authenticate"] == 'Bearer realm="doorward"'
    assert (await app.revoke(good["id_token"])).status_code == 200
    assert (await userinfo(house, good["access_token"])).status_code == 200


async def test_an_api_learns_whether_a_token_is_good_at_this_moment(
    house: House, app: Application
) -> None:
    browser = await house.alice()
    resource = await application(house, scopes=["photos:read"])
    stranger = await application(house, scopes=["mail:read"])
    tokens = await app.tokens(browser, scope="openid photos:read")
    found = await introspect(resource, tokens["access_token"])
    claims = claims_of(tokens["access_token"])
    told = ("iss", "aud", "sub", "client_id", "exp", "iat", "jti", "scope")
    assert found == {
        "active": True,
        "token_type": "Bearer",
        **{name: claims[name] for name in told},
    }
    assert found["aud"] == API
    assert await introspect(app, tokens["access_token"]) == found
    inactive = {"active": False}
    assert await introspect(stranger, tokens["access_token"]) == inactive
    for token in (tokens["refresh_token"], tokens["id_token"], "x"):
        assert await introspect(app, token) == inactive
    public = await application(house, "public", (CALLBACK,), ["photos:read"])
    assert (await introspect(public, tokens["access_token"]))["error"] == "unauthorized_client"
    await house.service.provider.grants.revoke(claims["sid"])
    assert await introspect(resource, tokens["access_token"]) == inactive
    expired = await app.tokens(browser)
    house.clock.advance(300)
    assert await introspect(resource, expired["access_token"]) == inactive


async def test_each_application_has_id_tokens_signed_as_it_wants(
    house: House, app: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rs256, "_OURS", 2048)
    plain, browser = await house.client(), await house.alice()
    picky = await application(house, scopes=SCOPES, id_token_alg="RS256")
    assert [key["alg"] for key in await jwks(plain)] == ["ES256", "ES256"]
    await house.service.provider.make_keys()
    assert {key["alg"] for key in await jwks(plain)} == {"ES256", "RS256"}
    for each, algorithm in ((app, "ES256"), (picky, "RS256")):
        tokens = await each.tokens(browser, scope="openid")
        again = (await each.refresh(tokens["refresh_token"])).json()
        for token in (tokens["id_token"], again["id_token"]):
            header = header_of(token)
            assert header["alg"] == algorithm
            (key,) = [key for key in await jwks(plain) if key["kid"] == header["kid"]]
            assert json.loads(verify_jws(token, key))["aud"] == each.client.client_id
        assert header_of(tokens["access_token"])["alg"] == "ES256"
    for place in ("oauth-authorization-server", "openid-configuration"):
        said = (await plain.get(f"/.well-known/{place}")).json()
        assert said["id_token_signing_alg_values_supported"] == ["ES256", "RS256"]


async def test_only_a_server_whose_applications_want_rs256_makes_such_keys_at_its_start(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rs256, "_OURS", 2048)

    async def wanted(_: object) -> frozenset[str]:
        return frozenset({"RS256"})

    with monkeypatch.context() as patched:
        patched.setattr(Clients, "id_token_algorithms", wanted)
        for provider, algorithms in ((True, {"ES256", "RS256"}), (False, set())):
            house: House = await opened(provider=provider)
            assert {key["alg"] for key in await jwks(await house.client())} == algorithms
    house = await opened(provider=True)
    found = await application(house, id_token_alg="RS256")
    clients = house.service.provider.clients
    assert await clients.id_token_algorithms() == {"RS256"}
    await clients.disable(found.client.client_id, at=house.clock())
    assert await clients.id_token_algorithms() == frozenset()
