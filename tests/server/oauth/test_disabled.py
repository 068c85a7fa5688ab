"""An application that is disabled is refused at once, and its grants end, whatever fails."""

import pytest

from doorward import Rejected, StoreUnavailable
from doorward.grants import Grants
from doorward.server.oauth.apply_decisions import end_grants
from tests.server.house import House, Opened
from tests.server.third_party import API, application

pytestmark = pytest.mark.anyio


async def test_its_grants_end_and_no_others(opened: Opened) -> None:
    house: House = await opened(provider=True)
    app, other = await application(house), await application(house)
    browser, provider = await house.alice(), house.service.provider
    tokens, kept = await app.tokens(browser), await other.tokens(browser)
    disabled = await provider.clients.disable(app.client.client_id, at=house.clock())
    assert (await app.refresh(tokens["refresh_token"])).json()["error"] == "invalid_client"
    assert disabled
    assert await end_grants(provider, disabled) == 1
    assert await provider.clients.unsettled() == []
    with pytest.raises(Rejected, match="ended"):
        await provider.grants.authenticate(tokens["access_token"], API)
    await provider.grants.authenticate(kept["access_token"], API)
    assert (await browser.get("/api/me")).status_code == 200


async def test_what_a_crash_left_is_still_to_be_done(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    house: House = await opened(provider=True)
    app, provider = await application(house), house.service.provider
    await app.tokens(await house.alice())
    disabled = await provider.clients.disable(app.client.client_id, at=house.clock())
    assert disabled

    async def fails(*_: object, **__: object) -> None:
        raise StoreUnavailable("gone")

    monkeypatch.setattr(Grants, "end", fails)
    with pytest.raises(StoreUnavailable):
        await end_grants(provider, disabled)
    monkeypatch.undo()
    (left,) = await provider.clients.unsettled()
    assert await end_grants(provider, left) == 1
