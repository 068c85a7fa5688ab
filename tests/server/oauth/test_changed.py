"""What the operator takes from an application ends in its grants, and nothing else does."""

import pytest

from doorward import Rejected, StoreUnavailable
from doorward.grants import Grants
from doorward.server.audit.history import Query
from doorward.server.client_decisions import (
    Registry,
    change_client,
    disable_client,
    enable_client,
    end_application,
    rotate_secret,
)
from tests.server.house import House, Opened, login
from tests.server.third_party import API, OTHER, READ, Application, application

pytestmark = pytest.mark.anyio

BOTH = "photos:read photos:write"


@pytest.fixture
async def house(opened: Opened) -> House:
    found: House = await opened(provider=True)
    return found


@pytest.fixture
async def app(house: House) -> Application:
    scopes = ("openid", "offline_access", "photos:read", "photos:write", "mail:read")
    return await application(house, scopes=scopes, acts_for_itself=True)


def registry(house: House) -> Registry:
    return Registry(house.service.provider, house.service.recorder)


async def lives(house: House, token: str, audience: str = API) -> bool:
    try:
        await house.service.provider.grants.authenticate(token, audience)
    except Rejected:
        return False
    return True


async def acting(house: House, app: Application, scope: str = READ.name) -> str:
    """What the application gets for itself."""
    attempt = await house.service.provider.grants.attempt()
    client_id = app.client.client_id
    issued = await attempt.begin(client_id, client_id=client_id, audience=API, scopes=[scope])
    return issued.credential


async def test_grants_of_a_scope_that_was_lost_end_and_no_others(
    house: House, app: Application
) -> None:
    browser, other = await house.alice(), await application(house)
    bob = await house.browser()
    await house.account("bob@example.test")
    assert (await login(bob, email="bob@example.test")).status_code == 200
    kept = (await app.tokens(browser, scope="photos:read"))["access_token"]
    lost = [
        (await app.tokens(browser, scope=BOTH))["access_token"],
        (await app.tokens(bob, scope="photos:write"))["access_token"],
    ]
    mail = (await app.tokens(browser, scope=OTHER.name))["access_token"]
    openid = (await app.tokens(browser, scope="openid", resource=OTHER.resource))["access_token"]
    others = (await other.tokens(browser, scope=BOTH))["access_token"]
    under_way = await app.code(browser, scope=BOTH)
    left = ["openid", "offline_access", "photos:read"]
    done = await change_client(registry(house), app.client.client_id, {"scopes": left})
    assert done
    assert done.ended == 4
    assert [await lives(house, token) for token in lost] == [False, False]
    assert not await lives(house, mail, OTHER.resource)
    assert not await lives(house, openid, OTHER.resource)
    assert await lives(house, kept)
    assert await lives(house, others)
    assert (await browser.get("/api/me")).status_code == 200
    assert (await app.redeem(under_way)).json()["error"] == "invalid_grant"
    entries = (await browser.get("/api/applications")).json()["applications"]
    shown = {entry["client_id"]: entry["scopes"] for entry in entries}
    assert shown[app.client.client_id] == ["openid", "photos:read"]
    assert (await bob.get("/api/applications")).json() == {"applications": []}
    assert await house.service.provider.clients.unsettled() == []
    (row,) = await house.service.history.page(Query(kind="client_changed"))
    assert row.entry.detail == {
        "client": app.client.client_id,
        "changed": ["scopes", "resources"],
        "sessions": 4,
    }
    wider = await change_client(
        registry(house), app.client.client_id, {"scopes": [*left, BOTH[12:]]}
    )
    assert wider
    assert wider.ended == 0
    assert (
        await app.authorize(browser, scope=BOTH)
    ).status_code == 200  # the person is asked again


async def test_what_an_application_got_for_itself_ends_with_each_decision(
    house: House, app: Application
) -> None:
    tokens = await app.tokens(await house.alice(), scope=BOTH)
    own = await acting(house, app)
    attempt = await house.service.provider.grants.attempt()
    done = await change_client(registry(house), app.client.client_id, {"acts_for_itself": False})
    assert done
    assert done.ended == 1
    assert not await lives(house, own)
    assert await lives(house, tokens["access_token"])
    with pytest.raises(Rejected, match="newer decision"):
        await attempt.begin(app.client.client_id, client_id=app.client.client_id, audience=API)
    own = await acting(house, app)
    disabled = await disable_client(registry(house), app.client.client_id)
    assert disabled
    assert disabled.ended == 2
    assert not await lives(house, own)


async def test_no_change_hides_a_decision_that_a_crash_left(
    house: House, app: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, client_id, desk = await house.alice(), app.client.client_id, registry(house)

    async def fails(*_: object, **__: object) -> None:
        raise StoreUnavailable("gone")

    def crash() -> None:
        monkeypatch.setattr(Grants, "end", fails)

    token = (await app.tokens(browser, scope=BOTH))["access_token"]
    crash()
    with pytest.raises(StoreUnavailable):
        await change_client(desk, client_id, {"scopes": [READ.name]})
    with pytest.raises(StoreUnavailable):
        await change_client(desk, client_id, {"scopes": [READ.name, BOTH[12:]]})
    monkeypatch.undo()
    wider = await change_client(desk, client_id, {"scopes": [READ.name, BOTH[12:]]})
    assert wider
    assert not await lives(house, token)
    token = (await app.tokens(browser, scope=BOTH))["access_token"]
    crash()
    with pytest.raises(StoreUnavailable):
        await disable_client(desk, client_id)
    with pytest.raises(StoreUnavailable):
        await enable_client(desk, client_id)
    monkeypatch.undo()
    enabled = await enable_client(desk, client_id)
    assert enabled
    assert enabled.disabled_at is None
    assert not await lives(house, token)
    assert await lives(house, (await app.tokens(browser, scope=BOTH))["access_token"])
    assert await enable_client(desk, client_id) == enabled
    for unknown in (
        change_client(desk, "c_unknown", {}),
        disable_client(desk, "c_unknown"),
        enable_client(desk, "c_unknown"),
        rotate_secret(desk, "c_unknown"),
        end_application(desk, "u_unknown", client_id),
    ):
        assert await unknown is None


async def test_an_old_secret_is_refused_once_its_time_is_over(
    house: House, app: Application
) -> None:
    refresh = (await app.tokens(await house.alice()))["refresh_token"]
    rotated = await rotate_secret(registry(house), app.client.client_id, 60)
    assert rotated
    house.clock.advance(59)
    first = await app.refresh(refresh)
    assert first.status_code == 200
    house.clock.advance(1)
    refresh = first.json()["refresh_token"]
    assert (await app.refresh(refresh)).json()["error"] == "invalid_client"
    new = Application(house, rotated.client, rotated.secret)
    assert (await new.refresh(refresh)).status_code == 200
    (row,) = await house.service.history.page(Query(kind="client_secret_rotated"))
    assert row.entry.detail == {"client": app.client.client_id, "old_until": house.clock()}
    assert str(rotated.secret) not in str(await house.service.history.page(Query()))


async def test_the_operator_says_how_long_an_application_keeps_its_access(opened: Opened) -> None:
    said = {"grant_access_ttl": 60, "grant_idle_ttl": 600, "grant_absolute_ttl": 1_000}
    house: House = await opened(provider=True, **said)
    app = await application(house)
    tokens = await app.tokens(await house.alice(), scope="photos:read offline_access")
    assert tokens["expires_in"] == 60
    assert (await app.tokens(await house.alice(), scope="photos:read"))["expires_in"] == 60
    left = await app.tokens(await house.alice(), scope="photos:read offline_access")
    house.clock.advance(59)
    assert await lives(house, tokens["access_token"])
    house.clock.advance(1)
    assert not await lives(house, tokens["access_token"])
    house.clock.advance(530)
    tokens = (await app.refresh(tokens["refresh_token"])).json()
    house.clock.advance(10)
    assert (await app.refresh(left["refresh_token"])).json()["error"] == "invalid_grant"
    house.clock.advance(399)
    tokens = (await app.refresh(tokens["refresh_token"])).json()
    assert tokens["expires_in"] == 1
    house.clock.advance(1)
    assert (await app.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"
