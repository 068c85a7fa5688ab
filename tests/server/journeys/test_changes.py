"""An API that listens to the ends of its grants, and a guard that does."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx2
import pytest

from doorward.keys import base64url
from doorward.resource import Guard, Refused
from doorward.server import background
from doorward.server.journeys.changes import api as changes_api
from doorward.server.journeys.changes import order, stream
from doorward.server.journeys.changes.order import Order
from doorward.server.oauth import change_cursor
from tests.server.databases import new_url
from tests.server.house import ORIGIN, House, Opened
from tests.server.third_party import API, CALLBACK, Application, application
from tests.support.valkey import Valkey

pytestmark = pytest.mark.anyio

KEYS = (b"k" * 32,)


@pytest.fixture
async def house(opened: Opened) -> House:
    found: House = await opened(provider=True)
    return found


@pytest.fixture
async def api(house: House) -> Application:
    await house.service.provider.jwks()  # the keys are there: a cursor is good with them alone
    return await application(house, uris=(), scopes=["photos:read"], acts_for_itself=True)


async def changes(
    app: Application, after: str = "", secret: str | None = None, **headers: str
) -> httpx2.Response:
    client = await app.house.client()
    auth = (app.client.client_id, secret or app.secret or "")
    said = {"accept": "application/json", "last-event-id": after, **headers}
    return await client.get("/oauth/changes", auth=auth, headers=said)


async def told(app: Application, after: str = "") -> dict[str, Any]:
    answer = await changes(app, after)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    found: dict[str, Any] = answer.json()
    return found


def sid_of(tokens: dict[str, Any]) -> str:
    claims = json.loads(base64url.decode(tokens["access_token"].split(".")[1].encode()))
    return str(claims["sid"])


async def test_an_api_hears_of_its_own_grants_and_of_nothing_else(
    house: House, api: Application
) -> None:
    browser = await house.alice()
    app = await application(house)
    mail = await application(house, scopes=["mail:read"])
    other = await application(house, uris=(), scopes=["mail:read"], acts_for_itself=True)
    first, others = await told(api), await told(other)
    assert first == {
        "reset": house.clock(),
        "withdrawn": [],
        "changes": [],
        "cursor": first["cursor"],
        "elapsed": first["elapsed"],
    }
    photos, letters = await app.tokens(browser), await mail.tokens(browser, scope="mail:read")
    own = await app.tokens(browser, scope="openid")  # of no API
    for tokens, whose in ((photos, app), (letters, mail), (own, app)):
        assert (await whose.revoke(tokens["access_token"])).status_code == 200
    assert (await browser.post("/api/logout")).status_code == 204
    ended = [{"sid": sid_of(photos), "ver": 2, "ended": True}]
    assert (await told(api, first["cursor"]))["changes"] == ended
    ended = [{"sid": sid_of(letters), "ver": 2, "ended": True}]
    found = await told(other, others["cursor"])
    assert found["changes"] == ended
    assert (await told(other, found["cursor"])).keys() == {"cursor", "elapsed", "changes"}


async def test_only_a_client_with_a_secret_may_listen(house: House, api: Application) -> None:
    public = await application(house, "public", (CALLBACK,), ["photos:read"])
    client = await house.client()
    for answer, error in (
        (await changes(api, secret="wrong"), "invalid_client"),
        (await client.get("/oauth/changes"), "invalid_client"),
        (await client.get("/oauth/changes", params=api.credentials()), "invalid_client"),
        (await changes(public, secret="x"), "invalid_client"),
    ):
        assert answer.status_code == 401
        assert answer.json()["error"] == error
        assert answer.headers["www-authenticate"] == 'Basic realm="doorward"'
    await house.service.provider.clients.disable(api.client.client_id, at=house.clock())
    assert (await changes(api)).status_code == 401


async def test_a_client_has_so_many_streams_and_no_more(
    api: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes_api, "MOST_STREAMS", 0)
    answer = await changes(api, accept="text/event-stream")
    assert (answer.status_code, answer.json()["error"]) == (429, "slow_down")
    assert answer.headers["retry-after"] == "10"


async def test_a_cursor_that_we_did_not_write_begins_anew(house: House, api: Application) -> None:
    cursor = (await told(api))["cursor"]
    assert "reset" not in await told(api, cursor)
    said, _, mac = cursor.partition(".")
    for odd in (f"{said}.{mac[:-1]}x", f"W10.{mac}", said, "x", ".", "x" * 5_000, "a b"):
        assert "reset" in await told(api, odd), odd


@pytest.mark.parametrize("cursor", [(1,), (0, "a"), ("place", "1:2:3")])
def test_a_cursor_is_good_at_its_place_and_under_its_keys(cursor: tuple[str | int, ...]) -> None:
    text = change_cursor.written(cursor, "here", KEYS)
    assert change_cursor.read(text, "here", (b"new" * 8, *KEYS)) == cursor
    assert change_cursor.read(text, "there", KEYS) is None
    assert change_cursor.read(text, "here", (b"new" * 8,)) is None


async def test_a_long_list_is_told_in_parts_of_which_the_last_counts(
    house: House, api: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order, "MOST_AT_ONCE", 2)
    browser, app = await house.alice(), await application(house)
    cursor = (await told(api))["cursor"]
    tokens = [await app.tokens(browser) for _ in range(3)]
    await house.service.provider.grants.end(await house.account(), app.client.client_id)
    parts = await Order(house.service, {API}, cursor).look()
    assert [len(part["changes"]) for part in parts] == [2, 1]
    assert [part.keys() & {"cursor", "elapsed"} for part in parts] == [set(), {"cursor", "elapsed"}]
    sids = {each["sid"] for part in parts for each in part["changes"]}
    assert sids == {sid_of(each) for each in tokens}
    assert {each["sid"] for each in (await told(api, cursor))["changes"]} == sids


async def test_a_withdrawn_key_is_told_to_everybody(house: House, api: Application) -> None:
    app = await application(house)
    await app.tokens(await house.alice())
    cursor = (await told(api))["cursor"]
    (kid, *_) = [each["kid"] for each in (await house.service.provider.jwks())["keys"]]
    await house.service.auth.withdraw_key(kid)
    withdrawn = (await told(api, cursor))["withdrawn"]  # the next one, too
    assert kid in withdrawn
    assert set((await told(api))["withdrawn"]) == set(withdrawn)


async def test_a_stream_tells_at_once_what_ends_and_stops_with_the_server(
    house: House, api: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "HEARTBEAT", 60.0)
    monkeypatch.setattr(stream, "LOCAL_PAUSE", 60.0)
    app = await application(house)
    tokens = await app.tokens(await house.alice())
    streams = house.service.doorward.lifecycle.gate.streams  # type: ignore[union-attr]  # it is open
    store = house.service.auth.store
    lines = stream.events(Order(house.service, {API}, ""), store, streams.stopping)
    assert await anext(lines) == "retry: 1000\n\n"
    assert '"reset"' in await anext(lines)
    following = asyncio.ensure_future(anext(lines))
    await asyncio.sleep(0)
    await app.revoke(tokens["access_token"])
    event = await following
    assert event.startswith("id: ")
    found = json.loads(event.partition("data: ")[2])
    assert found["changes"] == [{"sid": sid_of(tokens), "ver": 2, "ended": True}]
    following = asyncio.ensure_future(anext(lines, "the end"))
    await asyncio.sleep(0)
    await streams.stop()
    assert await following == "the end"


class StreamRefused(httpx2.AsyncBaseTransport):
    """The way to a server on which no stream passes, as behind some proxies."""

    def __init__(self, house: House) -> None:
        self._inner = httpx2.ASGITransport(house.app)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.headers.get("accept") == "text/event-stream":
            raise httpx2.ReadTimeout("nothing arrives")
        return await self._inner.handle_async_request(request)


async def test_a_guard_obeys_a_revocation_and_what_was_revoked_before_it_began(
    house: House, api: Application
) -> None:
    browser, app = await house.alice(), await application(house)
    before, after = await app.tokens(browser), await app.tokens(browser)
    await app.revoke(before["access_token"])
    guard = Guard(
        API,
        issuer=ORIGIN,
        client_id=api.client.client_id,
        client_secret=api.secret or "",
        clock=house.clock,
        transport=StreamRefused(house),
    )
    async with guard.running():
        for tokens in (before, await app.tokens(browser, scope="openid")):
            with pytest.raises(Refused):
                await guard.check(tokens["access_token"], "photos:read")
        caller = await guard.check(after["access_token"], "photos:read")
        assert caller.client_id == app.client.client_id
        login = await browser.post("/api/logout")
        assert login.status_code == 204
        await guard.catch_up()
        with pytest.raises(Refused) as refused:
            await guard.check(after["access_token"], "photos:read")
        assert refused.value.detail == "ended"


async def test_introspection_knows_of_an_end_that_its_node_has_not_heard_of(
    opened: Opened,
    valkey: Valkey,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def deaf(_: object) -> None:
        """Each node then learns of grants that end elsewhere only as late as it may."""

    monkeypatch.setattr(background, "follow", deaf)
    users = new_url("file", request, tmp_path)
    options = {"database": users, "sessions": valkey.url, "provider": True}
    one, other = [await opened(**options) for _ in range(2)]
    app = await application(one)
    grants = other.service.provider.grants
    found = (await app.tokens(await one.alice()))["access_token"]
    await grants.authenticate(found, API)
    await app.revoke(found)
    await grants.authenticate(found, API)  # within `max_staleness`
    client = await other.client()
    answer = await client.post("/oauth/introspect", data={**app.credentials(), "token": found})
    assert answer.json() == {"active": False}
