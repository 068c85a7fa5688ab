"""An application that is disabled is refused at once, and its grants end, whatever fails."""

from pathlib import Path

import pytest

from doorward import Rejected, StoreUnavailable
from doorward.grants import Grants
from doorward.server.oauth.apply_decisions import end_grants
from tests.cli.desk import Desk
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


@pytest.mark.engine
def test_an_operator_registers_lists_and_disables(tmp_path: Path) -> None:
    desk = Desk(tmp_path, f"sqlite:///{tmp_path}/doorward.db", tmp_path / "root.key")
    desk.create("alice@example.test")
    desk.data("keys", "list")  # makes the root key
    sentence = "See your photos."
    assert desk.data("scopes", "add", "photos:read", API, sentence)["resource"] == API
    names = [each["name"] for each in desk.data("scopes", "list")["scopes"]]
    assert names == ["openid", "email", "offline_access", "photos:read"]
    words = ["--redirect-uri", "https://photos.example/cb", "--scope", "photos:read"]
    added = desk.data("clients", "add", "Photos", *words)
    assert added["client_secret"].startswith("dwc_")
    public = desk.data("clients", "add", "App", "--public", *words)
    assert (public["kind"], public["client_secret"]) == ("public", None)
    for wrong, said in (
        (["--redirect-uri", "http://photos.example/cb"], "begins with https"),
        ([*words, "--scope", "mail:read"], "no scope mail:read"),
        ([], "at least one redirect URI"),
    ):
        done = desk.run("clients", "add", "Wrong", *wrong)
        assert (done.status, said in done.err) == (1, True), done.err
    assert len(desk.data("clients", "list")["clients"]) == 2
    gone = desk.data("clients", "disable", added["client_id"])
    assert (gone["grants_ended"], gone["disabled_at"] is None) == (0, False)
    assert "disabled" in desk.run("clients", "list").out
    assert desk.run("clients", "disable", "c_unknown").status == 1
    assert added["client_secret"] not in desk.run("clients", "list", "--json").out
