"""An application has a person logged out, who is asked unless it shows an ID token of this login.

The first ten tests are named after the modules of the OpenID Foundation's plan for RP-initiated
logout.
"""

from typing import Any

import httpx2
import pytest

from doorward import Rejected
from doorward.keys import base64url
from doorward.server.http.headers import PAGE_POLICY
from tests.server.house import House, Opened, login
from tests.server.third_party import API, Application, application, destination, form_of, said

pytestmark = pytest.mark.anyio

BYE = "https://photos.example/bye"
SCOPE = "openid photos:read"


@pytest.fixture
async def house(opened: Opened) -> House:
    found: House = await opened(provider=True)
    return found


@pytest.fixture
async def app(house: House) -> Application:
    return await application(house, post_logout_uris=[BYE, "http://127.0.0.1/bye"])


async def end(browser: httpx2.AsyncClient, **more: str | None) -> httpx2.Response:
    """A link of the application is followed."""
    sent = {name: text for name, text in more.items() if text is not None}
    headers = {"sec-fetch-site": "cross-site"}
    return await browser.get("/oauth/logout", params=sent, headers=headers)


async def here(browser: httpx2.AsyncClient) -> bool:
    """Whether the browser is still logged in, and whether the server agrees if it has cookies."""
    return (await browser.get("/api/me")).status_code == 200


async def lives(house: House, tokens: dict[str, Any]) -> bool:
    try:
        await house.service.provider.grants.authenticate(tokens["access_token"], API)
    except Rejected:
        return False
    return True


async def confirm(browser: httpx2.AsyncClient, page: httpx2.Response) -> httpx2.Response:
    assert page.status_code == 200
    return await browser.post("/oauth/logout/confirm", data=form_of(page.text))


def asks(page: httpx2.Response) -> bool:
    return page.status_code == 200 and "Log out?" in page.text and "location" not in page.headers


def refuses(page: httpx2.Response) -> bool:
    """A page that leads to no other site."""
    return page.status_code == 400 and "location" not in page.headers and BYE not in page.text


@pytest.mark.parametrize("mode", ["session", "token"])
async def test_rp_initiated_logout(opened: Opened, mode: str) -> None:
    house: House = await opened(provider=True, mode=mode)
    app = await application(house, post_logout_uris=[BYE])
    browser, elsewhere = await house.alice(), await house.alice()
    tokens = await app.tokens(browser, scope=SCOPE)
    kept = await app.tokens(browser, scope=f"{SCOPE} offline_access")
    other = await app.tokens(elsewhere, scope=SCOPE)
    old = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    house.clock.advance(301)  # the ID token is too old for anything else
    hint = tokens["id_token"]
    tokens, kept, other = [
        (await app.refresh(each["refresh_token"])).json() for each in (tokens, kept, other)
    ]
    answer = await end(browser, id_token_hint=hint, post_logout_redirect_uri=BYE, state="st&te")
    assert answer.status_code == 302
    assert answer.headers["location"] == f"{BYE}?state=st%26te"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert not await here(browser)
    assert [name for name, _ in browser.cookies.items()] == ["__Host-device"]
    assert not await here(await house.browser(cookie=old))
    assert await here(elsewhere)
    assert [await lives(house, each) for each in (tokens, kept, other)] == [False, True, True]


@pytest.mark.parametrize("hint", ["x", "a.b.c", "", "access", "refresh"])
async def test_rp_initiated_logout_bad_id_token_hint(
    house: House, app: Application, hint: str
) -> None:
    browser = await house.alice()
    tokens = await app.tokens(browser, scope=SCOPE)
    hint = tokens.get(f"{hint}_token", hint) or "."
    answer = await end(browser, id_token_hint=hint, post_logout_redirect_uri=BYE, state="s")
    assert refuses(answer)
    assert "invalid_hint" in answer.text
    assert await here(browser)
    assert await lives(house, tokens)


async def test_rp_initiated_logout_modified_id_token_hint(house: House, app: Application) -> None:
    browser = await house.alice()
    head, body, signature = (await app.tokens(browser, scope=SCOPE))["id_token"].split(".")
    claims = base64url.decode(body.encode()).replace(b'"iat"', b'"ita"')
    none = base64url.encode(b'{"alg":"none","typ":"JWT"}').decode()
    changed = base64url.encode(claims).decode()
    flipped = ("A" if signature[9] != "A" else "B").join((signature[:9], signature[10:]))
    for hint in (
        f"{head}.{changed}.{signature}",
        f"{head}.{body}.{flipped}",
        f"{head}.{body}.",
        f"{none}.{body}.",
    ):
        assert refuses(await end(browser, id_token_hint=hint, post_logout_redirect_uri=BYE))
    assert await here(browser)


BAD = (
    *("https://photos.example/bye/", "https://evil.example/bye", "HTTPS://photos.example/bye"),
    *("http://127.0.0.1:9/bye", "https://photos.example/callback", "//photos.example/bye", "x"),
)


@pytest.mark.parametrize("uri", BAD)
async def test_rp_initiated_logout_bad_post_logout_redirect_uri(
    house: House, app: Application, uri: str
) -> None:
    browser = await house.alice()
    hint = (await app.tokens(browser, scope=SCOPE))["id_token"]
    for named in ({"id_token_hint": hint}, {"client_id": app.client.client_id}):
        answer = await end(browser, **named, post_logout_redirect_uri=uri)
        assert refuses(answer)
        assert "unregistered_redirect" in answer.text
        assert "evil" not in answer.text
    assert await here(browser)


async def test_rp_initiated_logout_query_added_to_post_logout_redirect_uri(
    house: House, app: Application
) -> None:
    browser = await house.alice()
    hint = (await app.tokens(browser, scope=SCOPE))["id_token"]
    for added in ("?foo=bar", "?", "#", "&x=y"):
        uri = BYE + added
        assert (
            await end(browser, id_token_hint=hint, post_logout_redirect_uri=uri)
        ).status_code == 400
    assert await here(browser)


async def test_rp_initiated_logout_no_id_token_hint(house: House, app: Application) -> None:
    browser = await house.alice()
    tokens = await app.tokens(browser, scope=SCOPE)
    page = await end(
        browser, client_id=app.client.client_id, post_logout_redirect_uri=BYE, state="s"
    )
    assert asks(page)
    assert "Photos asks to log you out" in page.text
    assert "<strong>photos.example</strong>" in page.text
    assert page.headers["cache-control"] == "no-store"
    assert await here(browser)
    left = await confirm(browser, page)
    assert destination(left) == f"{BYE}?state=s"
    assert left.headers["content-security-policy"] == PAGE_POLICY.decode()
    assert left.headers["referrer-policy"] == "no-referrer"
    assert not await here(browser)
    assert not await lives(house, tokens)
    nobody = await end(browser, post_logout_redirect_uri=BYE, state="s")  # of which application?
    assert nobody.headers["location"] == "/login"
    again = await house.alice()
    page = await end(again, post_logout_redirect_uri=BYE, state="s")
    assert asks(page)
    assert "photos.example</strong>" not in page.text
    assert (await confirm(again, page)).headers["location"] == "/login"
    assert not await here(again)


async def test_rp_initiated_logout_no_params(house: House, app: Application) -> None:
    browser = await house.alice()
    page = await end(browser)
    assert asks(page)
    assert await here(browser)
    done = await confirm(browser, page)
    assert done.headers["location"] == "/login"
    assert not await here(browser)
    assert "You are logged out." in (await browser.get("/login")).text
    assert (await end(browser)).headers["location"] == "/login"


async def test_rp_initiated_logout_no_post_logout_redirect_uri(
    house: House, app: Application
) -> None:
    browser = await house.alice()
    hint = (await app.tokens(browser, scope=SCOPE))["id_token"]
    answer = await end(browser, id_token_hint=hint, state="s")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert not await here(browser)


async def test_rp_initiated_logout_no_state(house: House, app: Application) -> None:
    browser = await house.alice()
    hint = (await app.tokens(browser, scope=SCOPE))["id_token"]
    answer = await end(browser, id_token_hint=hint, post_logout_redirect_uri=BYE)
    assert answer.headers["location"] == BYE


async def test_rp_initiated_logout_only_state(house: House, app: Application) -> None:
    browser = await house.alice()
    page = await end(browser, state="s")
    assert asks(page)
    assert await here(browser)
    assert (await confirm(browser, page)).headers["location"] == "/login"


async def test_only_an_id_token_of_this_very_login_logs_out_without_a_word(
    house: House, app: Application
) -> None:
    first, other = await house.alice(), await application(house, post_logout_uris=[BYE])
    hint = (await app.tokens(first, scope=SCOPE))["id_token"]
    second = await house.alice()
    await house.account("bob@example.test")
    bob = await house.browser()
    assert (await login(bob, email="bob@example.test")).status_code == 200
    for browser in (second, bob):
        page = await end(browser, id_token_hint=hint, post_logout_redirect_uri=BYE)
        assert asks(page)
        assert await here(browser)
    for named in (other.client.client_id, "c_unknown"):
        answer = await end(first, id_token_hint=hint, client_id=named)
        assert refuses(answer)
        assert await here(first)
    answer = await end(second, id_token_hint=hint, post_logout_redirect_uri=BYE)
    assert destination(await confirm(second, answer)) == BYE
    assert (await here(first), await here(second), await here(bob)) == (True, False, True)


@pytest.mark.parametrize("scope", [SCOPE, f"{SCOPE} offline_access"])
async def test_it_may_give_its_tokens_back_before(
    house: House, app: Application, scope: str
) -> None:
    browser = await house.alice()
    tokens = await app.tokens(browser, scope=scope)
    assert (await app.revoke(tokens["refresh_token"])).status_code == 200
    named = {"id_token_hint": tokens["id_token"], "client_id": app.client.client_id}
    answer = await end(browser, **named, post_logout_redirect_uri=BYE, state="s")
    assert said(answer) == {"state": "s"}
    assert not await here(browser)
    again = await end(browser, **named, post_logout_redirect_uri=BYE, state="s")
    assert said(again) == {"state": "s"}  # nobody is logged in any more


async def test_no_other_site_logs_a_person_out(house: House, app: Application) -> None:
    browser, bob = await house.alice(), await house.browser()
    form = form_of((await end(browser, client_id=app.client.client_id)).text)
    for headers in (
        {"sec-fetch-site": "cross-site", "origin": "https://photos.example"},
        {"sec-fetch-site": "same-site", "origin": "https://other.testserver"},
    ):
        answer = await browser.post("/oauth/logout/confirm", data=form, headers=headers)
        assert answer.status_code == 403
    await house.account("bob@example.test")
    assert (await login(bob, email="bob@example.test")).status_code == 200
    assert (await bob.post("/oauth/logout/confirm", data=form)).status_code == 403
    assert (await here(browser), await here(bob)) == (True, True)
    evil = {
        "query": f"client_id={app.client.client_id}&post_logout_redirect_uri=https://evil.example"
    }
    assert refuses(await browser.post("/oauth/logout/confirm", data={**form, **evil}))
    assert refuses(await browser.post("/oauth/logout/confirm", data={**form, "query": "%"}))
    assert await here(browser)


async def test_a_form_of_another_site_becomes_a_look_with_cookies(
    house: House, app: Application
) -> None:
    browser = await house.alice()
    hint = (await app.tokens(browser, scope=SCOPE))["id_token"]
    answer = await browser.post(
        "/oauth/logout",
        data={"id_token_hint": hint, "post_logout_redirect_uri": BYE},
        headers={"sec-fetch-site": "cross-site", "origin": "https://photos.example"},
    )
    assert answer.status_code == 303
    assert "set-cookie" not in answer.headers
    assert await here(browser)
    headers = {"sec-fetch-site": "cross-site"}
    answer = await browser.get(answer.headers["location"], headers=headers)
    assert answer.headers["location"] == BYE


async def test_a_request_that_can_be_read_in_two_ways_and_a_disabled_application_are_refused(
    house: House, app: Application
) -> None:
    browser, client_id = await house.alice(), app.client.client_id
    hint = (await app.tokens(browser, scope=SCOPE))["id_token"]
    whole = {"id_token_hint": hint, "post_logout_redirect_uri": BYE, "client_id": client_id}
    for pair in whole.items():
        answer = await browser.get("/oauth/logout", params=[*whole.items(), pair])
        assert refuses(answer)
    assert refuses(await browser.get("/oauth/logout?%"))
    assert refuses(await end(browser, client_id="evil\0", post_logout_redirect_uri=BYE))
    await house.service.provider.clients.disable(client_id, at=house.clock())
    assert refuses(await end(browser, **whole))
    assert await here(browser)


async def test_whom_an_application_expects_must_be_the_one_who_is_here(
    house: House, app: Application
) -> None:
    browser, other = await house.alice(), await application(house)
    hint = (await app.tokens(browser, scope=SCOPE))["id_token"]
    house.clock.advance(3000)
    asked = {"scope": SCOPE, "id_token_hint": hint}
    assert "code" in said(await app.authorize(browser, **asked, prompt="none"))
    assert "code" in said(await app.authorize(browser, **asked))
    await house.account("bob@example.test")
    bob = await house.browser()
    assert (await login(bob, email="bob@example.test")).status_code == 200
    await app.tokens(bob, scope=SCOPE)
    assert said(await app.authorize(bob, **asked, prompt="none"))["error"] == "login_required"
    sent = await app.authorize(bob, **asked)
    assert sent.headers["location"].startswith("/login?return_to=")
    page = await bob.get(sent.headers["location"])
    form = {**form_of(page.text), "email": "alice@example.test"}
    proved = await bob.post("/login", data={**form, "password": "correct horse battery"})
    assert "code" in said(await bob.get(proved.headers["location"]))
    for wrong in (hint[:-4] + "AAAA", "x", await theirs(other, browser)):
        answer = said(await app.authorize(browser, scope=SCOPE, id_token_hint=wrong))
        assert answer["error"] == "invalid_request"
    strange = said(await app.authorize(await house.browser(), **asked, prompt="none"))
    assert strange["error"] == "login_required"


async def test_who_is_expected_is_looked_at_again_when_they_consent(
    house: House, app: Application
) -> None:
    hint = (await app.tokens(await house.alice(), scope=SCOPE))["id_token"]
    await house.account("bob@example.test")
    bob = await house.browser()
    assert (await login(bob, email="bob@example.test")).status_code == 200
    form = form_of((await app.authorize(bob, scope=SCOPE)).text)
    query = f"{form['query']}&id_token_hint={hint}"
    answer = await bob.post("/oauth/consent", data={**form, "query": query, "decision": "allow"})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login?")


async def theirs(other: Application, browser: httpx2.AsyncClient) -> str:
    found: str = (await other.tokens(browser, scope=SCOPE))["id_token"]
    return found
