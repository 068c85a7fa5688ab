"""Applications that describe themselves, managed: their ids are addresses, with slashes."""

from urllib.parse import quote

import pytest

from doorward.server.oauth.client import InvalidClient, Registration
from doorward.settings import DAY
from tests.server.desk import desk_of
from tests.server.house import House, Opened
from tests.server.third_party import Application, application, form_of

pytestmark = pytest.mark.anyio

URL = "https://app.example/agents/" + "a" * 200
SEGMENT = quote(URL, safe="")


async def an_agent(house: House, name: str = "Agent") -> Application:
    """One whose document was fetched a moment ago."""
    await application(house)  # which adds the scopes
    said = Registration(
        name=name,
        kind="public",
        scopes=[*(await house.service.provider.scopes.known()).values()],
        redirect_uris=["https://agent.example/callback"],
        describes_itself=True,
    )
    at = house.clock()
    client = await house.service.provider.clients.describe(URL, said, at=at, fresh_until=at + 3_600)
    assert client is not None
    return Application(house, client, None)


async def test_a_person_ends_its_access(opened: Opened) -> None:
    house: House = await opened(provider=True, applications="documents")
    agent, browser = await an_agent(house), await house.alice()
    given = await agent.tokens(browser)
    page = await browser.get("/account/applications")
    assert f"/account/applications/{SEGMENT}/end" in page.text
    ended = await browser.delete(f"/api/applications/{SEGMENT}")
    assert ended.status_code == 204
    assert (await agent.refresh(given["refresh_token"])).json()["error"] == "invalid_grant"


async def test_the_operator_manages_it_in_the_console_and_by_the_api(opened: Opened) -> None:
    house: House = await opened(provider=True, applications="documents")
    agent, desk = await an_agent(house), await desk_of(house)
    given = await agent.tokens(desk.customer)
    place, api = f"/admin/applications/{SEGMENT}", f"/api/admin/applications/{SEGMENT}"
    assert f'href="{place}"' in (await desk.admin.get("/admin/applications")).text
    page = await desk.admin.get(place)
    assert f'href="{place}/disable"' in page.text
    assert "Describes itself" in page.text
    assert (await desk.admin.get(api)).json()["describes_itself"] is True
    assert [each["subject"] for each in (await desk.admin.get(f"{api}/grants")).json()["grants"]]
    form = form_of((await desk.admin.get(f"{place}/disable")).text)
    answer = await desk.admin.post(f"{place}/disable", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, place)
    assert (await agent.refresh(given["refresh_token"])).json()["error"] == "invalid_client"
    assert (await desk.admin.post(f"{api}/enable")).status_code == 200
    given = await agent.tokens(desk.customer)
    theirs = f"/users/{desk.carol}/applications/{SEGMENT}"
    assert (await desk.admin.get(f"/admin{theirs}/end")).status_code == 200
    assert (await desk.admin.delete(f"/api/admin{theirs}")).json() == {"grants_ended": 1}
    assert (await agent.refresh(given["refresh_token"])).json()["error"] == "invalid_grant"


async def test_the_operator_does_not_vouch_for_it_by_a_change(opened: Opened) -> None:
    house: House = await opened(provider=True, applications="documents")
    await an_agent(house)
    clients = house.service.provider.clients
    with pytest.raises(InvalidClient, match="describes itself"):
        await clients.change(URL, {"name": "Mail"})
    client = await clients.find(URL)
    assert client is not None
    assert (client.describes_itself, client.name) == (True, "Agent")


async def test_a_scope_goes_though_applications_that_describe_themselves_had_it(
    opened: Opened,
) -> None:
    house: House = await opened(provider=True, applications="documents")
    agent, desk = await an_agent(house), await desk_of(house)
    given, kept = await agent.tokens(desk.customer), await agent.tokens(desk.admin, scope="openid")
    for client in await house.service.provider.clients.all():
        if not client.describes_itself:
            await house.service.provider.clients.change(client.client_id, {"scopes": ["openid"]})
    answer = await desk.admin.delete("/api/admin/scopes?name=photos:read")
    assert answer.status_code == 200
    assert (await agent.refresh(given["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await agent.refresh(kept["refresh_token"])).status_code == 200
    assert not await house.service.provider.clients.unsettled()


async def test_one_that_nobody_ever_allowed_is_forgotten(opened: Opened) -> None:
    house: House = await opened(provider=True, applications="documents")
    await an_agent(house)
    clients, at = house.service.provider.clients, house.clock()
    for later, there in ((3_600 + DAY, 1), (3_601 + DAY, 0)):
        await clients.forget_described(at + later)
        assert len([each for each in await clients.all() if each.describes_itself]) == there
    agent = await an_agent(house)
    await agent.tokens(await house.alice())
    await clients.disable((await application(house)).client.client_id, at=at)
    await clients.forget_described(at + 30 * DAY)
    assert len([each for each in await clients.all() if each.describes_itself]) == 1
    assert [each for each in await clients.all() if each.disabled_at]


async def test_when_documents_count_no_more_nothing_of_theirs_does(opened: Opened) -> None:
    house: House = await opened(provider=True, applications="documents")
    agent, browser = await an_agent(house), await house.alice()
    given, at_api = await agent.tokens(browser, scope="openid"), await agent.tokens(browser)
    code, api = await agent.code(browser), await application(house)
    asker = await house.client()

    async def told() -> tuple[int, bool]:
        headers = {"authorization": f"Bearer {given['access_token']}"}
        found = await asker.get("/oauth/userinfo", headers=headers)
        form = {**api.credentials(), "token": at_api["access_token"]}
        state = await asker.post("/oauth/introspect", data=form)
        return found.status_code, state.json()["active"]

    assert await told() == (200, True)
    object.__setattr__(house.service.provider.documents, "applications", "operator")
    assert await told() == (401, False)
    assert (await agent.redeem(code)).json()["error"] == "invalid_client"
    assert (await agent.refresh(given["refresh_token"])).json()["error"] == "invalid_client"
    assert (await agent.authorize(browser)).status_code == 400
    assert "Agent" in (await browser.get("/account/applications")).text  # and is ended there
    assert (await browser.delete(f"/api/applications/{SEGMENT}")).status_code == 204


async def test_a_person_is_told_whose_word_a_name_is(opened: Opened) -> None:
    house: House = await opened(public_origin="http://localhost:8000", provider=True)
    object.__setattr__(house.service.provider.documents, "applications", "documents")
    agent, browser = await an_agent(house, name="Photos"), await house.alice()
    await agent.code(browser)
    page = (await browser.get("/account/applications")).text
    assert "Nobody here has checked it" in page
    assert "<bdi>app.example</bdi>" in page
    (found,) = (await browser.get("/api/applications")).json()["applications"]
    assert found["described_by"] == "app.example"
    sent = await house.service.outbox.latest(9)
    (letter,) = [each for each in sent if each.kind == "application_connected"]
    body = house.service.letters.write(letter).body
    assert "\nApplication: its name is not repeated here\n" in body
