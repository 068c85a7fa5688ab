"""What a code and a refresh token are good for, for whom, and how often."""

import base64
from asyncio import gather
from typing import Any

import httpx2
import pytest

from doorward import Rejected
from doorward.server.accounts.apply_decisions import apply_decisions
from doorward.server.oauth import code as codes
from tests.server.house import House, Opened
from tests.server.third_party import API, VERIFIER, Application, application

pytestmark = pytest.mark.anyio

INVALID = (400, "invalid_grant")


@pytest.fixture
async def house(opened: Opened) -> House:
    found: House = await opened(provider=True)
    return found


@pytest.fixture
async def app(house: House) -> Application:
    return await application(house)


def told(answer: httpx2.Response) -> tuple[int, str]:
    """The status and error of an answer, which is as every answer of these endpoints is."""
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
    assert "set-cookie" not in answer.headers
    assert ("www-authenticate" in answer.headers) is (answer.status_code == 401)
    return answer.status_code, answer.json()["error"]


async def lives(house: House, tokens: dict[str, Any], audience: str = API) -> bool:
    try:
        await house.service.provider.grants.authenticate(tokens["access_token"], audience)
    except Rejected:
        return False
    return True


async def test_a_code_of_another_client_verifier_or_address_is_not_used_up(
    house: House, app: Application
) -> None:
    code = await app.code(await house.alice())
    other = await application(house)
    wrong: list[dict[str, Any]] = [
        {"code_verifier": "w" * 43},
        {"code_verifier": VERIFIER[:42]},
        {"code_verifier": VERIFIER + "!"},
        {"redirect_uri": "https://photos.example/callback/"},
        {"code": code[:-1]},
    ]
    for form in wrong:
        assert told(await app.redeem(code, **form)) == INVALID
    assert told(await other.redeem(code)) == INVALID
    for missing in ("code", "redirect_uri", "code_verifier"):
        assert told(await app.redeem(code, **{missing: ""})) == (400, "invalid_request")
    assert told(await app.redeem(code, client_secret="dwc_wrong")) == (401, "invalid_client")
    assert (await app.redeem(code)).status_code == 200


async def test_a_code_used_twice_ends_what_it_gave(house: House, app: Application) -> None:
    browser = await house.alice()
    code = await app.code(browser)
    tokens = (await app.redeem(code)).json()
    assert await lives(house, tokens)
    house.clock.advance(codes.REMEMBERED - 1)
    assert told(await app.redeem(code, code_verifier="w" * 43)) == INVALID
    refreshed = (await app.refresh(tokens["refresh_token"])).json()
    assert await lives(house, refreshed)
    assert told(await app.redeem(code)) == INVALID
    assert not await lives(house, refreshed)
    assert told(await app.refresh(refreshed["refresh_token"])) == INVALID
    assert (await browser.get("/api/me")).status_code == 200


async def test_a_replay_before_the_grant_is_there_ends_it_too(
    house: House, app: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second comes between the first one's use of the code and the beginning of its grant."""
    code = await app.code(await house.alice())
    grants = house.service.provider.grants
    resume, replays = type(grants).resume, []

    class Between:
        def __init__(self, mark: int) -> None:
            self.mark = mark

        async def begin(self, *said: Any, **more: Any) -> Any:
            replays.append(told(await app.redeem(code)))
            return await resume(grants, self.mark).begin(*said, **more)

    monkeypatch.setattr(type(grants), "resume", lambda self, mark: Between(mark))
    assert told(await app.redeem(code)) == INVALID
    monkeypatch.undo()
    assert replays == [INVALID]
    assert await grants.sessions(await house.account()) == []


async def test_of_many_who_use_a_code_at_once_none_keeps_a_grant(
    house: House, app: Application
) -> None:
    code = await app.code(await house.alice())
    answers = await gather(*(app.redeem(code) for _ in range(30)))
    given = [answer.json() for answer in answers if answer.status_code == 200]
    assert len(given) <= 1
    for tokens in given:
        assert not await lives(house, tokens)
    assert await house.service.provider.grants.sessions(await house.account()) == []


async def test_a_code_is_good_for_a_minute(house: House, app: Application) -> None:
    browser = await house.alice()
    code = await app.code(browser)
    house.clock.advance(codes.LIFETIME - 1)
    assert (await app.redeem(code)).status_code == 200
    code = await app.code(browser, prompt="consent")
    house.clock.advance(codes.LIFETIME)
    assert told(await app.redeem(code)) == INVALID


DECISIONS = ("locked", "roles", "password", "logout", "withdrawn", "disabled", "deleted")


@pytest.mark.parametrize("decision", DECISIONS)
@pytest.mark.parametrize("scope", ["photos:read", "photos:read offline_access"])
async def test_what_is_decided_between_consent_and_redemption_counts(
    house: House, app: Application, decision: str, scope: str
) -> None:
    browser, subject = await house.alice(), await house.account()
    code = await app.code(browser, scope=scope)
    await decide(house, app, browser, decision)
    answer = await app.redeem(code)
    if decision == "logout" and "offline" in scope:  # the person asked that it goes on
        assert answer.status_code == 200
        return
    assert told(answer) == ((401, "invalid_client") if decision == "disabled" else INVALID)
    assert await house.service.provider.grants.sessions(subject) == []


async def decide(house: House, app: Application, browser: Any, decision: str) -> None:
    service, subject = house.service, await house.account()
    users, at = service.users, house.clock()
    match decision:
        case "locked":
            user = await users.lock(subject, at=at)
        case "roles":
            user = await users.set_roles(subject, frozenset({"editor"}))
        case "password":
            old = await users.by_subject(subject)
            assert old
            user = await users.set_password(subject, "new", old=old.password_hash, at=at)
        case "deleted":
            user = await users.delete_later(subject, at)
        case "logout":
            assert (await browser.post("/api/logout")).status_code == 204
            return
        case "withdrawn":
            assert await service.provider.consents.withdraw(subject, app.client.client_id, at=at)
            return
        case _:
            assert await service.provider.clients.disable(app.client.client_id, at=at)
            return
    assert user
    await apply_decisions(users, service.auth, user)


@pytest.mark.parametrize("decision", ["withdrawn", "disabled"])
async def test_what_is_taken_back_while_a_grant_begins_ends_it(
    house: House, app: Application, decision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After everything was looked at, and before the grant is there for who takes back to end."""
    code = await app.code(await house.alice())
    grants = house.service.provider.grants
    resume = type(grants).resume

    class Between:
        def __init__(self, mark: int) -> None:
            self.mark = mark

        async def begin(self, *said: Any, **more: Any) -> Any:
            await decide(house, app, None, decision)
            return await resume(grants, self.mark).begin(*said, **more)

    monkeypatch.setattr(type(grants), "resume", lambda self, mark: Between(mark))
    assert told(await app.redeem(code)) == INVALID
    assert await grants.sessions(await house.account()) == []


async def test_a_logout_ends_what_hangs_on_it_and_nothing_else(
    house: House, app: Application
) -> None:
    browser = await house.alice()
    online = await app.tokens(browser)
    offline = await app.tokens(browser, scope="photos:read offline_access")
    assert (await browser.post("/api/logout")).status_code == 204
    assert not await lives(house, online)
    assert told(await app.refresh(online["refresh_token"])) == INVALID
    assert await lives(house, offline)
    assert (await app.refresh(offline["refresh_token"])).status_code == 200


async def test_a_refresh_token_is_of_one_client_and_grant(house: House, app: Application) -> None:
    browser, other = await house.alice(), await application(house)
    tokens = await app.tokens(browser, scope="photos:read photos:write")
    token = tokens["refresh_token"]
    assert told(await other.refresh(token)) == INVALID
    assert told(await app.refresh(token, scope="photos:read")) == (400, "invalid_scope")
    assert told(await app.refresh(token, resource="https://mail.example")) == (
        400,
        "invalid_target",
    )
    assert told(await app.token(grant_type="refresh_token")) == (400, "invalid_request")
    for wrong in (token[:-2], "dwg_", tokens["access_token"], "\0"):
        assert told(await app.refresh(wrong)) == INVALID
    same = {"scope": "photos:write photos:read", "resource": API}
    fresh = (await app.refresh(token, **same)).json()
    assert await lives(house, fresh)
    assert fresh["scope"] == "photos:read photos:write"
    house.clock.advance(301)
    again = (await app.refresh(fresh["refresh_token"])).json()
    assert told(await app.refresh(token)) == INVALID  # displaced: theft, and the grant ends
    assert told(await app.refresh(again["refresh_token"])) == INVALID


async def test_tokens_of_logins_are_none_of_grants(house: House, app: Application) -> None:
    client, subject = await house.client(), await house.account()
    body = {"email": "alice@example.test", "password": "correct horse battery"}
    login = (await client.post("/api/login", json={**body, "transport": "bearer"})).json()
    strings = [text for text in login.values() if isinstance(text, str) and len(text) > 40]
    assert strings
    for text in strings:
        assert told(await app.refresh(text)) == INVALID
        assert (await app.revoke(text)).status_code == 200
    assert len(await house.service.auth.sessions(subject)) == 1
    tokens = await app.tokens(await house.alice())
    for text in (tokens["access_token"], tokens["refresh_token"]):
        bearer = {"authorization": f"Bearer {text}"}
        for path in ("/api/me", "/api/sessions", "/api/history"):
            assert (await client.get(path, headers=bearer)).status_code == 401
        answer = await client.post("/api/refresh", json={"refresh_token": text})
        assert answer.status_code in (401, 404)


def basic(name: str, secret: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()}


async def test_how_a_client_says_who_it_is(house: House, app: Application) -> None:
    client_id, secret = app.client.client_id, app.secret
    assert secret
    client, form = await house.client(), {"grant_type": "refresh_token", "refresh_token": "x"}
    escaped = secret.replace("_", "%5F")
    good: list[tuple[dict[str, str], dict[str, str]]] = [
        (basic(client_id, secret), {}),
        (basic(client_id, escaped), {}),
        (basic(client_id, secret), {"client_id": client_id}),
        ({}, {"client_id": client_id, "client_secret": secret}),
    ]
    bad: list[tuple[dict[str, str], dict[str, str], tuple[int, str]]] = [
        ({}, {}, (401, "invalid_client")),
        ({}, {"client_id": client_id}, (401, "invalid_client")),
        ({}, {"client_secret": secret}, (401, "invalid_client")),
        (basic(client_id, secret + "x"), {}, (401, "invalid_client")),
        (basic(client_id, ""), {}, (401, "invalid_client")),
        (basic("c_" + "0" * 32, secret), {}, (401, "invalid_client")),
        ({"authorization": "Basic ?"}, {}, (401, "invalid_client")),
        ({"authorization": f"Bearer {secret}"}, {}, (401, "invalid_client")),
        (
            basic(client_id, secret),
            {"client_id": client_id, "client_secret": secret},
            (400, "invalid_request"),
        ),
        (basic(client_id, secret), {"client_id": "c_" + "0" * 32}, (400, "invalid_request")),
    ]
    for headers, more in good:
        answer = await client.post("/oauth/token", data={**form, **more}, headers=headers)
        assert told(answer) == INVALID, more
    for headers, more, expected in bad:
        answer = await client.post("/oauth/token", data={**form, **more}, headers=headers)
        assert told(answer) == expected, (headers, more)


async def test_a_public_client_names_itself_and_shows_no_secret(house: House) -> None:
    app = await application(house, "public")
    code = await app.code(await house.alice())
    assert told(await app.redeem(code, client_secret="dwc_any")) == (401, "invalid_client")
    assert (await app.redeem(code)).status_code == 200


async def test_wrong_secrets_are_counted_by_source_and_keep_no_application_out(
    house: House, app: Application
) -> None:
    for _ in range(50):
        await app.refresh("x", client_secret="dwc_wrong")
    answer = await app.refresh("x", client_secret="dwc_wrong")
    assert told(answer) == (429, "slow_down")
    assert int(answer.headers["retry-after"]) > 0
    assert told(await app.refresh("x")) == INVALID


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"json": {"grant_type": "refresh_token"}}, "invalid_request"),
        ({"content": "grant_type=refresh_token&grant_type=x"}, "invalid_request"),
        ({"content": "%"}, "invalid_request"),
        ({"data": {"x": "y"}, "params": {"client_id": "c"}}, "invalid_request"),
        ({"data": {f"x{n}": "y" for n in range(17)}}, "invalid_request"),
    ],
    ids=["json", "twice", "malformed", "in the address", "many"],
)
async def test_only_a_plain_form_is_read(house: House, sent: dict[str, Any], expected: str) -> None:
    client = await house.client()
    kind = {"content-type": "application/x-www-form-urlencoded"} if "content" in sent else {}
    for path in ("/oauth/token", "/oauth/revoke"):
        assert told(await client.post(path, headers=kind, **sent)) == (400, expected)


async def test_other_ways_to_tokens_do_not_exist(house: House, app: Application) -> None:
    for kind in ("password", "implicit", "urn:ietf:params:oauth:x"):
        answer = await app.token(grant_type=kind, username="alice", password="x")
        assert told(answer) == (400, "unsupported_grant_type")
    assert told(await app.token()) == (400, "invalid_request")


async def test_cookies_are_not_looked_at(house: House, app: Application) -> None:
    browser = await house.alice()
    house.clock.advance(301)  # else a refresh of the login would show
    tokens = {"grant_type": "refresh_token", "refresh_token": "x", **app.credentials()}
    headers = {"sec-fetch-site": "cross-site", "origin": "https://photos.example"}
    answer = await browser.post("/oauth/token", data=tokens, headers=headers)
    assert told(answer) == INVALID
    asked = {**headers, "access-control-request-method": "POST"}
    preflight = await browser.options("/oauth/token", headers=asked)
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in preflight.headers


async def test_an_application_gives_its_access_back_by_either_token(
    house: House, app: Application
) -> None:
    browser, other = await house.alice(), await application(house)
    for name in ("access_token", "refresh_token"):
        tokens = await app.tokens(browser, prompt="consent")
        assert (await other.revoke(tokens[name])).status_code == 200
        assert await lives(house, tokens)
        for _ in range(2):
            answer = await app.revoke(tokens[name])
            assert (answer.status_code, answer.content) == (200, b"")
        assert not await lives(house, tokens)
        assert told(await app.refresh(tokens["refresh_token"])) == INVALID
    assert told(await app.revoke("")) == (400, "invalid_request")
    assert (await app.revoke("unknown")).status_code == 200
    assert (await browser.get("/api/me")).status_code == 200


async def test_the_metadata_names_what_there_is(house: House, app: Application) -> None:
    client = await house.client()
    places = ("oauth-authorization-server", "openid-configuration")
    answers = [await client.get(f"/.well-known/{place}") for place in places]
    for answer in answers:
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    one, two = (answer.json() for answer in answers)
    assert one == two
    assert one["issuer"] == "https://testserver"
    for name, address in one.items():
        if name.endswith(("_endpoint", "_uri")):
            path = address.removeprefix(one["issuer"])
            method = "GET" if name in ("authorization_endpoint", "jwks_uri") else "POST"
            assert (await client.request(method, path)).status_code != 404, name
    tokens = await app.tokens(await house.alice())
    header = tokens["access_token"].split(".")[0]
    keys = (await client.get("/.well-known/jwks.json")).json()["keys"]
    kid = base64.urlsafe_b64decode(header + "==").decode()
    assert [key for key in keys if key["kid"] in kid]
