"""A stolen password is refused wherever one is chosen (ASVS 6.2.12)."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from doorward import ConfigurationError
from doorward.server.accounts.reset_link import reset_link
from tests.server.accounts.stolen import damage, filter_of
from tests.server.house import EMAIL, ORIGIN, PASSWORD, House, Opened, login

pytestmark = pytest.mark.anyio

STOLEN = "stolen harbour 9001"
SENTENCE = "This password is in a list of stolen passwords, which attackers try first."


@pytest.fixture
async def warned(opened: Opened, tmp_path: Path) -> House:
    """A house with a filter that holds one password."""
    found: House = await opened(breached_file=filter_of(tmp_path / "breached.filter", STOLEN))
    return found


async def test_at_the_sign_up(warned: House) -> None:
    browser = await warned.browser()
    for password in (STOLEN, STOLEN.upper()):
        form = {"email": EMAIL, "password": password}
        answer = await browser.post("/api/signup", json=form)
        assert (answer.status_code, answer.json()["reason"]) == (400, "weak_password")
        assert (answer.json()["detail"], password in answer.text) == (SENTENCE, False)
        page = await browser.post("/signup", data=form)
        assert (page.status_code, SENTENCE in page.text) == (400, True)
        assert password not in page.text
    assert await warned.service.users.by_email(EMAIL) is None


async def test_at_a_change_of_the_password(warned: House) -> None:
    owner = await warned.alice()
    answer = await owner.post("/api/password", json={"current": PASSWORD, "new": STOLEN})
    assert (answer.status_code, answer.json()["detail"]) == (400, SENTENCE)
    page = await owner.post("/account/password", data={"current": PASSWORD, "new": STOLEN})
    assert (page.status_code, SENTENCE in page.text) == (400, True)
    assert (await login(await warned.browser())).status_code == 200


async def test_at_a_reset_whose_link_is_not_used_up(warned: House) -> None:
    await warned.account()
    user = await warned.service.users.by_email(EMAIL)
    assert user is not None
    link = await reset_link(warned.service.auth.store, user, ORIGIN, at=warned.clock())
    ticket = parse_qs(urlsplit(link).query)["ticket"][0]
    browser = await warned.browser()
    for new, status in ((STOLEN, 400), (f"not {STOLEN}", 303)):
        answer = await browser.post("/reset", data={"ticket": ticket, "new": new})
        assert (answer.status_code, SENTENCE in answer.text) == (status, status == 400)


async def test_who_has_a_stolen_password_already_still_logs_in(warned: House) -> None:
    await warned.account()
    users, user = warned.service.users, await warned.service.users.by_email(EMAIL)
    assert user is not None
    hashed = await warned.service.passwords.hash(STOLEN)
    old = user.password_hash
    await users.set_password(user.subject, hashed, old=old, at=warned.clock())
    assert (await login(await warned.browser(), STOLEN)).status_code == 200


async def test_with_a_damaged_filter_the_server_does_not_start(
    opened: Opened, tmp_path: Path
) -> None:
    path = filter_of(tmp_path / "breached.filter", STOLEN)
    damage(Path(path))
    with pytest.raises(ConfigurationError, match="is damaged or cut short"):
        await opened(breached_file=path)
