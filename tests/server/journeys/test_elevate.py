"""What the page of a step-up asks for, by what was asked of the person and what they hold."""

import pytest
from sqlalchemy import update

from doorward.server.accounts.user import USERS
from tests.server.factors import code, give_totp
from tests.server.house import House, Opened
from tests.server.mailbag import with_mail

pytestmark = pytest.mark.anyio


async def test_who_lacks_the_factor_is_led_to_where_it_is_set_up_and_back(house: House) -> None:
    """To be asked again and again for another proof would lead round in a circle."""
    browser = await house.alice()
    for factor, named in (
        ("passkey", "a passkey"),
        ("totp", "an authenticator app"),
        ("mfa", "a second factor"),
    ):
        led = await browser.get(f"/elevate?factor={factor}&return_to=%2Fvault")
        where = f"/account/security?for={factor}&return_to=%2Fvault"
        assert (led.status_code, led.headers["location"]) == (303, where)
        page = (await browser.get(where)).text
        assert f"asks for {named}." in page
        assert 'href="/vault"' in page
    await give_totp(house, await house.account())
    for asked, shown in (("passkey", False), ("totp", True), ("mfa", True), ("nonsense", True)):
        page = (await browser.get(f"/elevate?factor={asked}&return_to=%2Fvault")).text
        assert ('name="code"' in page) is shown
    form = {"code": "0", "factor": "totp", "return_to": "/vault"}
    assert 'name="factor" value="totp"' in (await browser.post("/elevate", data=form)).text
    answer = await browser.post("/elevate", data=form | {"code": code(house)})
    assert answer.headers["location"] == "/vault"


@pytest.mark.parametrize("url", ["//elsewhere.example/", "https://elsewhere.example/"])
async def test_the_way_back_from_the_factors_is_a_path_of_this_site(house: House, url: str) -> None:
    browser = await house.alice()
    led = await browser.get("/elevate", params={"factor": "passkey", "return_to": url})
    assert led.headers["location"] == "/account/security?for=passkey"
    page = await browser.get("/account/security", params={"for": "passkey", "return_to": url})
    assert "elsewhere" not in page.text


async def test_who_has_no_password_is_led_to_a_letter(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = await with_mail(opened, monkeypatch, login_by_mail=True)
    browser = await house.alice()
    pages = ("/elevate?return_to=%2Fvault", "/account/password")
    for path in pages:
        assert 'type="password"' in (await browser.get(path)).text
    await house.service.users._database.run(update(USERS).values(password_hash=None))
    elevate, password = [(await browser.get(path)).text for path in pages]
    assert 'type="password"' not in elevate + password
    assert 'href="/login?return_to=/vault"' in elevate
    assert "Choose a password" in password
    assert all('href="/forgot"' in page for page in (elevate, password))
