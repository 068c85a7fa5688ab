"""A person sees which applications have access, and ends it at once."""

import pytest

from doorward import Rejected, StoreUnavailable
from doorward.grants import Grants
from doorward.server.audit.history import Query
from tests.server.house import House, Opened
from tests.server.third_party import API, CALLBACK, READ, Application, application, form_of

pytestmark = pytest.mark.anyio

PAGE = "/account/applications"


@pytest.fixture
async def house(opened: Opened) -> House:
    found: House = await opened(provider=True)
    return found


@pytest.fixture
async def app(house: House) -> Application:
    return await application(house)


async def lives(house: House, token: str) -> bool:
    try:
        await house.service.provider.grants.authenticate(token, API)
    except Rejected:
        return False
    return True


async def test_a_person_sees_what_they_allowed(house: House, app: Application) -> None:
    browser = await house.alice()
    assert "No application has access" in (await browser.get(PAGE)).text
    assert (await browser.get("/api/applications")).json() == {"applications": []}
    tokens = await app.tokens(browser)
    house.clock.advance(60)
    await app.refresh(tokens["refresh_token"])
    page = (await browser.get(PAGE)).text
    assert READ.sentence in page
    assert "photos.example" in page
    assert f'href="{PAGE}"' in (await browser.get("/account")).text
    (entry,) = (await browser.get("/api/applications")).json()["applications"]
    assert entry == {
        "client_id": app.client.client_id,
        "name": "Photos",
        "hosts": ["photos.example"],
        "described_by": "",
        "scopes": ["photos:read"],
        "since": house.clock() - 60,
        "used_at": house.clock(),
    }
    (own,) = (await browser.get("/api/account/data")).json()["applications"]
    assert own == {name: entry[name] for name in ("client_id", "scopes", "since")}
    await app.revoke(tokens["refresh_token"])
    (entry,) = (await browser.get("/api/applications")).json()["applications"]
    assert entry["used_at"] is None


@pytest.mark.parametrize("by", ["page", "api"])
async def test_access_ends_at_once_and_nothing_else_does(
    house: House, app: Application, by: str
) -> None:
    browser, other = await house.alice(), await application(house)
    tokens, kept = await app.tokens(browser), await other.tokens(browser)
    offline = await app.tokens(browser, scope="photos:read offline_access")
    under_way = await app.code(browser, prompt="consent")
    path = f"{PAGE}/{app.client.client_id}/end"
    if by == "page":
        form = form_of((await browser.get("/logout")).text)
        answer = await browser.post(path, data=form)
        assert "no access any more" in (await browser.get(answer.headers["location"])).text
    else:
        answer = await browser.delete(f"/api/applications/{app.client.client_id}")
        assert answer.status_code == 204
    for each in (tokens, offline):
        assert not await lives(house, each["access_token"])
        assert (await app.refresh(each["refresh_token"])).status_code == 400
    assert (await app.redeem(under_way)).json()["error"] == "invalid_grant"
    assert await lives(house, kept["access_token"])
    assert (await browser.get("/api/me")).status_code == 200
    assert "Photos asks" in (await app.authorize(browser)).text
    again = await browser.delete(f"/api/applications/{app.client.client_id}")
    assert again.status_code == 404
    found = await house.service.history.page(Query(person=await house.account()))
    kinds = [each.entry.kind for each in found]
    assert kinds.count("consent_withdrawn") == 1
    assert kinds.count("consent_given") == 4


async def test_nobody_ends_the_access_to_another_account(house: House, app: Application) -> None:
    tokens = await app.tokens(await house.alice())
    await house.account("bob@example.test")
    bob = await house.browser()
    body = {"email": "bob@example.test", "password": "correct horse battery"}
    await bob.post("/api/login", json=body)
    assert (await bob.delete(f"/api/applications/{app.client.client_id}")).status_code == 404
    assert await lives(house, tokens["access_token"])


async def test_what_a_crash_left_of_an_end_is_done_before_a_new_consent(
    house: House, app: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, consents = await house.alice(), house.service.provider.consents
    tokens = await app.tokens(browser, scope="photos:read offline_access")

    async def fails(*_: object) -> None:
        raise StoreUnavailable("gone")

    monkeypatch.setattr(Grants, "end", fails)
    answer = await browser.delete(f"/api/applications/{app.client.client_id}")
    assert answer.status_code == 503
    monkeypatch.undo()
    (left,) = await consents.unsettled()
    assert left.subject == await house.account()
    fresh = await app.tokens(browser)
    assert not await lives(house, tokens["access_token"])
    assert await lives(house, fresh["access_token"])
    assert await consents.unsettled() == []


async def test_a_disabled_application_is_not_shown(house: House, app: Application) -> None:
    browser = await house.alice()
    await app.tokens(browser)
    await house.service.provider.clients.disable(app.client.client_id, at=house.clock())
    assert (await browser.get("/api/applications")).json() == {"applications": []}
    assert CALLBACK not in (await browser.get(PAGE)).text


async def test_without_the_provider_nothing_leads_there(opened: Opened) -> None:
    house: House = await opened(provider=False)
    browser = await house.alice()
    assert (await browser.get(PAGE)).status_code == 404
    assert PAGE not in (await browser.get("/account")).text


async def test_the_owner_gets_a_letter_about_a_new_application_and_a_code_used_twice(
    opened: Opened,
) -> None:
    house: House = await opened(public_origin="http://localhost:8000", provider=True)
    app, browser = await application(house, name="Photos 2"), await house.alice()
    again = {"prompt": "consent"}
    code = await app.code(browser, **again)
    await app.code(browser, **again)  # the second time is no news
    client_id = app.client.client_id
    consents, at = house.service.provider.consents, house.clock()
    await consents.withdraw(await house.account(), client_id, at=at)
    await app.code(browser, **again)  # once it had no access, it is
    for _ in range(2):
        await app.redeem(code)
    sent = await house.service.outbox.latest(9)
    kinds = [each.kind for each in sent if each.kind != "new_device"]
    assert sorted(kinds) == ["application_connected", "application_connected", "code_reused"]
    for letter in sent:
        body = house.service.letters.write(letter).body
        if letter.kind != "new_device":
            assert "\nApplication: Photos 2\n" in body
            assert "\nhttp://localhost:8000/account/applications\n" in body


@pytest.mark.parametrize("provider", [False, True])
async def test_what_ends_all_sessions_says_that_applications_lose_access(
    opened: Opened, provider: bool
) -> None:
    house: House = await opened(provider=provider)
    subject = await house.account("alice@example.test", "admin")
    browser, other = await house.alice(), await house.alice()
    bob = await house.account("bob@example.test")
    assert ("access of all applications" in (await browser.get("/account")).text) is provider
    security = (await browser.get("/account/security")).text
    assert "Log out all other devices" in security
    assert ("lose their access, too" in security) is provider
    ends = {"end-all": True, "lock": True, "reset-factors": True, "unlock": False}
    for act, told in ends.items():
        page = (await browser.get(f"/admin/users/{bob}/{act}")).text
        assert ("Applications that they allowed lose" in page) is (told and provider), act
    assert ("/end-all" in (await browser.get(f"/admin/users/{bob}")).text) is provider
    if provider:
        app = await application(house)
        tokens = [await app.tokens(each, prompt="consent") for each in (browser, other)]
        assert (await browser.post("/account/sessions/end-others", data={})).status_code == 303
        for each in tokens:
            with pytest.raises(Rejected, match="ended"):
                await house.service.provider.grants.authenticate(each["access_token"], API)
        assert len(await house.service.auth.sessions(subject)) == 1
