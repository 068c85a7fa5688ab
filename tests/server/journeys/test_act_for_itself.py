"""An application gets tokens for itself, without a person, for as long as it is not disabled."""

from typing import Any

import httpx2
import pytest

from doorward import Rejected
from doorward.grant_attempt import MOST_OF_ITS_OWN, GrantAttempt
from doorward.server.oauth.apply_decisions import end_grants
from doorward.server.oauth.clients import Clients
from doorward.stores import EVERY_ROW
from tests.server.house import House, Opened
from tests.server.third_party import API, OTHER, Application, application

pytestmark = pytest.mark.anyio

SCOPES = ("openid", "email", "offline_access", "photos:read", "photos:write")


@pytest.fixture
async def house(opened: Opened) -> House:
    found: House = await opened(provider=True)
    return found


@pytest.fixture
async def app(house: House) -> Application:
    return await application(house, uris=(), scopes=SCOPES, acts_for_itself=True)


async def own(app: Application, **form: str) -> httpx2.Response:
    return await app.token(grant_type="client_credentials", **form)


def told(answer: httpx2.Response) -> tuple[int, str]:
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code, answer.json()["error"]


async def lives(house: House, tokens: dict[str, Any]) -> bool:
    try:
        await house.service.provider.grants.authenticate(tokens["access_token"], API)
    except Rejected:
        return False
    return True


async def disable(house: House, app: Application) -> int:
    clients = house.service.provider.clients
    client = await clients.disable(app.client.client_id, at=house.clock())
    assert client
    return await end_grants(house.service.provider, client)


async def test_a_token_of_its_own_is_for_one_api_and_five_minutes(
    house: House, app: Application
) -> None:
    tokens = (await own(app)).json()
    assert set(tokens) == {"access_token", "token_type", "expires_in", "scope"}
    assert (tokens["expires_in"], tokens["scope"]) == (300, "photos:read photos:write")
    grants = house.service.provider.grants
    found = await grants.authenticate(tokens["access_token"], API)
    assert found.subject == found.client_id == app.client.client_id
    assert (found.roles, found.amr) == (frozenset(), ())
    fewer = (await own(app, scope="photos:read", resource=API)).json()
    assert fewer["scope"] == "photos:read"
    client = await house.client()
    for path in ("/oauth/userinfo", "/api/me", "/api/sessions"):
        headers = {"authorization": f"Bearer {tokens['access_token']}"}
        assert (await client.get(path, headers=headers)).status_code == 401
    assert (await app.revoke(fewer["access_token"])).status_code == 200
    assert not await lives(house, fewer)
    assert await lives(house, tokens)
    house.clock.advance(300)
    assert not await lives(house, tokens)
    assert await grants.sessions(app.client.client_id) == []


async def test_what_it_may_not_have_for_itself_is_refused(house: House, app: Application) -> None:
    for wrong in ("openid", "email", "offline_access photos:read", "mail:read", "unheard-of", "x "):
        assert told(await own(app, scope=wrong)) == (400, "invalid_scope"), wrong
    assert told(await own(app, resource=OTHER.resource)) == (400, "invalid_target")
    two = await application(
        house, uris=(), scopes=["photos:read", "mail:read"], acts_for_itself=True
    )
    assert told(await own(two)) == (400, "invalid_target")
    assert told(await own(two, scope="photos:read mail:read")) == (400, "invalid_target")
    assert told(await own(two, scope="photos:read", resource=OTHER.resource)) == (
        400,
        "invalid_scope",
    )
    assert (await own(two, resource=OTHER.resource)).json()["scope"] == "mail:read"
    bare = await application(house, scopes=["openid"], acts_for_itself=True)
    assert told(await own(bare)) == (400, "invalid_scope")
    assert told(await own(await application(house))) == (400, "unauthorized_client")
    assert told(await own(await application(house, "public"))) == (400, "unauthorized_client")
    assert told(await own(app, client_secret="dwc_wrong")) == (401, "invalid_client")


async def test_disabling_it_ends_its_tokens_and_nobody_elses(house: House) -> None:
    app = await application(house, acts_for_itself=True)
    other = await application(house, acts_for_itself=True)
    browser = await house.alice()
    tokens, kept = (await own(app)).json(), (await own(other)).json()
    person = await app.tokens(browser)
    assert await disable(house, app) == 2
    assert not await lives(house, tokens)
    assert not await lives(house, person)
    assert await lives(house, kept)
    assert told(await own(app)) == (401, "invalid_client")
    assert (await browser.get("/api/me")).status_code == 200


@pytest.mark.parametrize(
    "moment", ["before the mark", "before the client is read", "before it begins"]
)
async def test_a_request_under_way_gets_nothing_from_a_client_that_is_disabled(
    house: House, app: Application, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Authenticated already, and before each of the steps that follow."""
    grants, find, begin = house.service.provider.grants, Clients.find, GrantAttempt.begin_own
    attempt, reads = type(grants).attempt, []

    async def attempting(self: Any) -> Any:
        if moment == "before the mark":
            await disable(house, app)
        return await attempt(self)

    async def finding(self: Any, client_id: str) -> Any:
        reads.append(client_id)
        if len(reads) == 2 and moment == "before the client is read":
            await disable(house, app)
        return await find(self, client_id)

    async def beginning(self: Any, *said: Any, **more: Any) -> Any:
        if moment == "before it begins":
            await disable(house, app)
        return await begin(self, *said, **more)

    monkeypatch.setattr(type(grants), "attempt", attempting)
    monkeypatch.setattr(Clients, "find", finding)
    monkeypatch.setattr(GrantAttempt, "begin_own", beginning)
    assert told(await own(app)) == (401, "invalid_client")
    rows = await house.service.auth.store.sessions(app.client.client_id, EVERY_ROW)
    assert rows == []


async def test_its_tokens_do_not_pile_up(house: House, app: Application) -> None:
    most, subject = MOST_OF_ITS_OWN.sessions, app.client.client_id
    grants = house.service.provider.grants
    first = (await own(app)).json()
    for _ in range(most - 1):
        await (await grants.attempt()).begin_own(subject, audience=API, scopes=["photos:read"])
    assert await lives(house, first)
    last = (await own(app)).json()
    assert (await lives(house, first), await lives(house, last)) == (False, True)
    rows = await house.service.auth.store.sessions(subject, house.clock(), limit=most + 9)
    assert len(rows) == most
