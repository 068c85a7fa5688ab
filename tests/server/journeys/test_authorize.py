"""An application asks, a person decides, and a code goes to a registered address or nowhere."""

import re
from typing import Any

import pytest

from doorward.server.accounts.deletion import delete_user
from doorward.server.http.headers import PAGE_POLICY
from doorward.server.oauth.consents import Consents
from tests.server.house import House, Opened
from tests.server.third_party import (
    CALLBACK,
    READ,
    VERIFIER,
    Application,
    application,
    destination,
    form_of,
    said,
)

pytestmark = pytest.mark.anyio

ISSUER = "https://testserver"
LOOPBACK, PRIVATE = "http://127.0.0.1/cb", "com.example.app:/cb"


@pytest.fixture
async def house(opened: Opened) -> House:
    found: House = await opened(provider=True)
    return found


@pytest.fixture
async def app(house: House) -> Application:
    return await application(house)


@pytest.mark.parametrize("mode", ["session", "token"])
async def test_a_person_allows_an_application_what_it_asks_for(opened: Opened, mode: str) -> None:
    house: House = await opened(provider=True, mode=mode)
    app = await application(house)
    browser = await house.alice()
    page = await app.authorize(browser)
    assert page.headers["cache-control"] == "no-store"
    assert "<strong>photos.example</strong>" in page.text
    assert READ.sentence in page.text
    assert "Photos" in page.text
    assert "alice@example.test" in page.text
    left = await app.decide(browser)
    found = said(left)
    assert destination(left).startswith(f"{CALLBACK}?")
    assert (found["state"], found["iss"]) == ("st&te", ISSUER)
    assert left.headers["referrer-policy"] == "no-referrer"
    assert left.headers["cache-control"] == "no-store"
    assert left.headers["content-security-policy"] == PAGE_POLICY.decode()
    tokens = (await app.redeem(found["code"])).json()
    assert set(tokens) == {"access_token", "token_type", "expires_in", "scope", "refresh_token"}
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 300)
    principal = await house.service.provider.grants.authenticate(
        tokens["access_token"], READ.resource
    )
    assert principal.subject == await house.account()
    assert principal.scopes == {"photos:read"}
    assert principal.client_id == app.client.client_id
    assert principal.amr == ("pwd",)


async def test_who_allowed_it_before_is_not_asked_again_unless_for_more(
    house: House, app: Application
) -> None:
    browser = await house.alice()
    await app.decide(browser)
    again = await app.authorize(browser)
    assert again.status_code == 302
    assert (await app.redeem(said(again)["code"])).status_code == 200
    assert again.headers["referrer-policy"] == "no-referrer"
    for more in ({"scope": "photos:read photos:write"}, {"prompt": "consent"}):
        assert (await app.authorize(browser, **more)).status_code == 200


async def test_who_cancels_gives_nothing(house: House, app: Application) -> None:
    browser = await house.alice()
    for decision in ("cancel", "Allow", ""):
        found = said(await app.decide(browser, decision))
        assert found == {"error": "access_denied", "state": "st&te", "iss": ISSUER}
    assert (await app.authorize(browser)).status_code == 200


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": VERIFIER[:42]}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"request": "e30.e30."}, "request_not_supported"),
        ({"request_uri": "https://photos.example/r"}, "request_uri_not_supported"),
        ({"registration": "{}"}, "registration_not_supported"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "unheard-of"}, "invalid_scope"),
        ({"scope": "photos:read mail:read"}, "invalid_scope"),
        ({"resource": "https://mail.example"}, "invalid_target"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "nobody"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"max_age": "\u0661"}, "invalid_request"),
        ({"nonce": "n" * 399}, "invalid_request"),
        ({"prompt": "none"}, "consent_required"),
    ],
    ids=str,
)
async def test_what_is_wrong_is_told_to_the_checked_address(
    house: House, app: Application, more: dict[str, Any], error: str
) -> None:
    answer = await app.authorize(await house.alice(), **more)
    assert answer.status_code == 302
    assert answer.headers["location"].startswith(f"{CALLBACK}?error=")
    found = said(answer)
    assert (found["error"], found["state"], found["iss"]) == (error, "st&te", ISSUER)


async def test_a_parameter_given_twice_is_refused(house: House, app: Application) -> None:
    browser = await house.alice()
    pairs: list[Any] = [*app.request().items()]
    for name, text in pairs:
        answer = await browser.get("/oauth/authorize", params=[*pairs, (name, text)])
        if name in ("client_id", "redirect_uri"):
            assert answer.status_code == 400, name
            assert "location" not in answer.headers
        else:
            assert said(answer)["error"] == "invalid_request", name
    two = [*pairs, ("resource", READ.resource), ("resource", "https://mail.example")]
    assert said(await browser.get("/oauth/authorize", params=two))["error"] == "invalid_target"


NEIGHBOURS = [
    change.format(scheme="https", host=host, path=path)
    for host, path in (
        ("photos.example", "/callback"),
        ("photos.example:8443", "/a/b"),
        ("photos.example", "/q?x=1"),
    )
    for change in (
        "{scheme}://{host}{path}/",
        "{scheme}://{host}{path}/..",
        "{scheme}://{host}/.{path}",
        "{scheme}://{host}/x/..{path}",
        "{scheme}://{host}{path}%2F",
        "{scheme}://{host}{path}#",
        "{scheme}://{host}{path}&y=2",
        "{scheme}://{host}{path}?y=2",
        "{scheme}://{host}{path} ",
        "http://{host}{path}",
        "HTTPS://{host}{path}",
        "//{host}{path}",
        "{scheme}://{host}.evil.example{path}",
        "{scheme}://evil{host}{path}",
        "{scheme}://evil.example/{host}{path}",
        "{scheme}://{host}@evil.example{path}",
        "{scheme}://user@{host}{path}",
        "{scheme}://evil.example\\@{host}{path}",
        "{scheme}://{host}.{path}",
        "javascript:alert(1)//{host}{path}",
    )
]


async def test_no_neighbour_of_a_registered_address_is_gone_to(house: House) -> None:
    registered = [CALLBACK, "https://photos.example:8443/a/b", "https://photos.example/q?x=1"]
    app, browser = await application(house, uris=registered), await house.alice()
    assert len(set(NEIGHBOURS)) == 60
    for uri in NEIGHBOURS:
        for more in ({}, {"prompt": "none"}, {"response_type": "token"}):
            answer = await app.authorize(browser, redirect_uri=uri, **more)
            assert answer.status_code == 400, uri
            assert "location" not in answer.headers, uri
            assert "refresh" not in answer.text, uri
            assert "evil" not in answer.text, uri
    for uri in registered:
        assert said(await app.authorize(browser, redirect_uri=uri, prompt="none"))["error"]


async def test_any_port_of_this_machine_will_do_and_nothing_else_of_it(house: House) -> None:
    app = await application(house, "public", (LOOPBACK, "http://[::1]/cb", PRIVATE))
    browser = await house.alice()
    for good in ("http://127.0.0.1:51004/cb", LOOPBACK, "http://[::1]:1/cb", PRIVATE):
        assert (await app.authorize(browser, redirect_uri=good)).status_code == 200, good
    bad = (
        *("http://127.0.0.1:51004/cb/", "http://127.0.0.1:99999/cb", "http://127.0.0.1:/cb"),
        *("http://localhost:51004/cb", "http://127.0.0.2/cb", "http://127.0.0.1:1@evil.example/cb"),
        *("https://127.0.0.1/cb", "http://127.1/cb", "http://127.0.0.1:1:2/cb", PRIVATE + "x"),
        *("http://127.0.0.1:0/cb", "http://127.0.0.1:\u0661/cb"),
    )
    for each in bad:
        answer = await app.authorize(browser, redirect_uri=each)
        assert (answer.status_code, "location" in answer.headers) == (400, False), each


@pytest.mark.parametrize("uri", [LOOPBACK, PRIVATE])
async def test_a_person_is_always_asked_where_nothing_proves_the_application(
    house: House, uri: str
) -> None:
    app, browser = await application(house, "public", (uri,)), await house.alice()
    await app.decide(browser)
    assert (await app.authorize(browser)).status_code == 200
    assert said(await app.authorize(browser, prompt="none"))["error"] == "consent_required"


async def test_an_unknown_or_disabled_application_is_a_page(house: House, app: Application) -> None:
    browser = await house.alice()
    for client_id in ("c_" + "0" * 32, "evil\0", "", app.client.client_id.upper()):
        answer = await app.authorize(browser, client_id=client_id)
        assert (answer.status_code, "location" in answer.headers) == (400, False)
        assert "evil" not in answer.text
    await house.service.provider.clients.disable(app.client.client_id, at=house.clock())
    answer = await app.authorize(browser)
    assert answer.status_code == 400
    assert "unknown_application" in answer.text


async def test_a_stranger_logs_in_and_comes_back_to_the_same_request(
    house: House, app: Application
) -> None:
    await house.account()
    browser = await house.browser()
    answer = await app.authorize(browser)
    assert answer.status_code == 303
    login = await browser.get(answer.headers["location"])
    form = {**form_of(login.text), "email": "alice@example.test"}
    logged_in = await browser.post("/login", data={**form, "password": "correct horse battery"})
    page = await browser.get(logged_in.headers["location"])
    assert "Photos asks for access" in page.text
    assert said(await app.authorize(await house.browser(), prompt="none")) == {
        "error": "login_required",
        "state": "st&te",
        "iss": ISSUER,
    }


async def test_after_a_form_of_ours_the_browser_carries_on_by_a_page(
    house: House, app: Application
) -> None:
    """The redirect from the login's form to the application would be held to `form-action`."""
    browser = await house.alice()
    await app.decide(browser)
    ours = [{"sec-fetch-site": "same-origin"}, {"referer": f"{ISSUER}/login"}]
    client = await house.client(cookie=browser_cookies(browser))
    for headers in ours:
        answer = await client.get("/oauth/authorize", params=app.request(), headers=headers)
        assert answer.status_code == 200
        assert destination(answer).startswith(CALLBACK)
    for headers in ({}, {"sec-fetch-site": "none"}, {"referer": "https://photos.example/"}):
        answer = await client.get("/oauth/authorize", params=app.request(), headers=headers)
        assert answer.status_code == 302


def browser_cookies(browser: Any) -> str:
    return "; ".join(f"{each.name}={each.value}" for each in browser.cookies.jar)


async def test_a_form_of_another_site_becomes_a_look_with_cookies(
    house: House, app: Application
) -> None:
    browser = await house.alice()
    answer = await browser.post(
        "/oauth/authorize",
        data=app.request(),
        headers={"sec-fetch-site": "cross-site", "origin": "https://photos.example"},
    )
    assert answer.status_code == 303
    assert "set-cookie" not in answer.headers
    assert "Photos asks" in (await browser.get(answer.headers["location"])).text


async def test_no_other_site_consents_for_a_person(house: House, app: Application) -> None:
    browser = await house.alice()
    form = {**form_of((await app.authorize(browser)).text), "decision": "allow"}
    for headers in (
        {"sec-fetch-site": "cross-site", "origin": "https://photos.example"},
        {"sec-fetch-site": "same-site", "origin": "https://other.testserver"},
    ):
        answer = await browser.post("/oauth/consent", data=form, headers=headers)
        assert answer.status_code == 403
    bob = await house.browser()
    await house.account("bob@example.test")
    body = {"email": "bob@example.test", "password": "correct horse battery"}
    await bob.post("/api/login", json=body)
    assert (await bob.post("/oauth/consent", data=form)).status_code == 403
    mine = await house.service.provider.consents.find(await house.account(), app.client.client_id)
    assert mine is None


async def test_the_request_that_a_form_brings_back_is_judged_again(
    house: House, app: Application
) -> None:
    browser = await house.alice()
    form = {**form_of((await app.authorize(browser)).text), "decision": "allow"}
    evil = form["query"].replace("photos.example", "evil.example")
    answer = await browser.post("/oauth/consent", data={**form, "query": evil})
    assert answer.status_code == 400
    answer = await browser.post("/oauth/consent", data={**form, "query": "%"})
    assert answer.status_code == 400
    for query in ("", evil):
        answer = await browser.post("/oauth/consent", data={**form, "query": query})
        assert (answer.status_code, "evil" in answer.text) == (400, False)


async def test_only_a_login_by_cookie_can_allow_anything(house: House, app: Application) -> None:
    await app.decide(await house.alice())
    client = await house.client()
    body = {"email": "alice@example.test", "password": "correct horse battery"}
    tokens = await client.post("/api/login", json={**body, "transport": "bearer"})
    bearer = {"authorization": f"Bearer {next(iter(tokens.json().values()))}"}
    token = next(text for text in tokens.json().values() if str(text).startswith("dw"))
    bearer = {"authorization": f"Bearer {token}"}
    assert (await client.get("/api/me", headers=bearer)).status_code == 200
    answer = await client.get("/oauth/authorize", params=app.request(), headers=bearer)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login?")


async def test_a_fresh_login_is_asked_for_and_then_taken(house: House, app: Application) -> None:
    browser = await house.alice()
    await app.decide(browser)
    house.clock.advance(120)
    answer = await app.authorize(browser, max_age="10000")
    assert answer.status_code == 302
    for more in ({"prompt": "login"}, {"max_age": "100"}, {"max_age": "0"}):
        answer = await app.authorize(browser, **more)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/elevate?return_to=")
        silent = await app.authorize(browser, max_age="100", prompt="none")
        assert said(silent)["error"] == "login_required"
    page = await browser.get(answer.headers["location"])
    form = {**form_of(page.text), "password": "correct horse battery"}
    proved = await browser.post("/elevate", data=form)
    house.clock.advance(30)
    back = await browser.get(proved.headers["location"])
    assert said(back)["code"]
    assert (await app.authorize(browser, max_age="100")).status_code == 302


async def test_what_an_application_calls_itself_is_shown_as_text(house: House) -> None:
    app = await application(house, "public", name='<b>"Photos" & co</b>')
    page = await app.authorize(await house.alice(), scope="openid", state='"><script>x')
    assert "<script>x" not in page.text
    assert "<b>" not in page.text
    left = await app.decide(await house.alice(), scope="openid", state='"><script>x')
    assert "<script>x" not in left.text
    assert said(left)["state"] == '"><script>x'


@pytest.mark.parametrize("provider", [False, True])
async def test_without_the_option_no_route_exists(opened: Opened, provider: bool) -> None:
    house: House = await opened(provider=provider)
    client = await house.client()
    found = set()
    for method, path in (
        ("GET", "/oauth/authorize"),
        ("POST", "/oauth/consent"),
        ("POST", "/oauth/token"),
        ("POST", "/oauth/revoke"),
        ("GET", "/.well-known/openid-configuration"),
        ("GET", "/.well-known/oauth-authorization-server"),
    ):
        found.add((await client.request(method, path)).status_code == 404)
    assert found == {not provider}


async def test_no_credential_stands_in_an_address(house: House, app: Application) -> None:
    """Only the code does, which is nothing without its verifier."""
    browser = await house.alice()
    left = await app.decide(browser)
    tokens = (await app.redeem(said(left)["code"])).json()
    secrets = [tokens["access_token"], tokens["refresh_token"], *browser.cookies.values()]
    pages = [left, await app.authorize(browser), await app.authorize(await house.browser())]
    for page in pages:
        addresses = re.findall(r"""(?:href|action|url)=["']?([^"'>]+)""", page.text)
        whole = " ".join([*addresses, page.headers.get("location", "")])
        assert not [each for each in secrets if str(each) in whole]


async def test_who_is_deleted_while_they_consent_leaves_nothing_behind(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    house: House = await opened(provider=True)
    app, browser = await application(house), await house.alice()
    service, subject = house.service, await house.account()
    give = Consents.give

    async def late(self: Consents, *given: Any, **more: Any) -> Any:
        await delete_user(service.users, service.auth, subject)
        return await give(self, *given, **more)

    monkeypatch.setattr(Consents, "give", late)
    code = said(await app.decide(browser))["code"]
    assert await service.provider.consents.of_person(subject) == []
    assert (await app.redeem(code)).json()["error"] == "invalid_grant"
