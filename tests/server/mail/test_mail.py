"""Who is told what by mail, from the act to the message that a real SMTP server took."""

import re
from collections.abc import AsyncIterator
from time import monotonic

import httpx2
import pytest
from sqlalchemy import text

from doorward.server.audit.history import Query
from doorward.server.mail.outbox import MOST
from doorward.server.mail.relay import parse_relay
from doorward.server.steps.new_device import JUST_NOW
from doorward.settings import HOUR
from tests.server.house import EMAIL, PASSWORD, House, Opened, login
from tests.support.smtp import Smtp, running_smtp

pytestmark = pytest.mark.anyio

FROM = "login@example.test"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36"
NEW = "another quiet harbour"


@pytest.fixture
async def smtp(anyio_backend: str) -> AsyncIterator[Smtp]:
    async with running_smtp() as server:
        yield server


@pytest.fixture
async def posting(opened: Opened, smtp: Smtp, monkeypatch: pytest.MonkeyPatch) -> House:
    """A house that sends mail, and looks for more of it at short intervals."""
    monkeypatch.setattr("doorward.server.mail.postman.EVERY", 0.02)
    found: House = await opened(smtp_url=parse_relay(smtp.url), mail_from=FROM, verify="off")
    return found


async def kinds(house: House) -> list[str]:
    """What waits, or was sent: the latest first."""
    return [letter.kind for letter in await house.service.outbox.latest(100)]


async def change(browser: httpx2.AsyncClient, new: str = NEW) -> None:
    body = {"current": PASSWORD, "new": new}
    assert (await browser.post("/api/password", json=body)).status_code == 204


async def admin(house: House) -> httpx2.AsyncClient:
    browser = await house.browser()
    account = {"email": "root@example.test", "password": PASSWORD}
    subject = (await browser.post("/api/signup", json=account)).json()["subject"]
    await house.service.users.set_roles(subject, frozenset({"admin"}))
    assert (await login(browser, email="root@example.test")).status_code == 200
    return browser


async def alices(house: House) -> str:
    user = await house.service.users.by_email(EMAIL)
    assert user is not None
    return user.subject


# --- what is told -------------------------------------------------------------------------------


async def test_a_person_whose_password_changed_is_told(posting: House, smtp: Smtp) -> None:
    owner = await posting.alice(**{"user-agent": FIREFOX, "host": "evil.example"})
    await change(owner)
    (taken,) = await smtp.mails()
    assert (taken.sender, taken.recipient) == (FROM, EMAIL)
    message = taken.message
    assert (message["from"], message["to"]) == (f"Doorward <{FROM}>", EMAIL)
    assert message["subject"] == "[Doorward] Your password was changed"
    said = message.get_content()
    assert "Firefox on Linux, at the address 198.51.100.7" in said
    for secret in (NEW, PASSWORD, "evil.example"):
        assert secret not in taken.raw.decode()
    assert "https://testserver" in said


async def test_a_theft_is_told_with_both_devices(opened: Opened, smtp: Smtp) -> None:
    house: House = await opened(
        mode="token", smtp_url=parse_relay(smtp.url), mail_from=FROM, verify="off", refresh_grace=0
    )
    owner = await house.client(**{"user-agent": FIREFOX})
    await owner.post("/api/signup", json={"email": EMAIL, "password": PASSWORD})
    first = (await login(owner, transport="bearer")).json()["refresh_token"]
    thief = await house.client(address="203.0.113.9", **{"user-agent": CHROME})
    for client, expected in ((owner, 200), (thief, 401)):
        answer = await client.post("/api/refresh", json={"refresh_token": first})
        assert answer.status_code == expected
    (taken,) = await smtp.mails()
    assert taken.message["subject"] == "[Doorward] Your login was used in two places and was ended"
    said = taken.message.get_content()
    assert "Firefox on Linux, at the address 198.51.100.7" in said
    assert "Chrome on Windows, at the address 203.0.113.9" in said
    assert first not in taken.raw.decode()


async def test_a_login_on_a_device_not_seen_before_is_told_and_stands_in_the_history(
    posting: House, smtp: Smtp
) -> None:
    await posting.alice()
    thief = await posting.browser(address="203.0.113.9", **{"user-agent": FIREFOX})
    assert (await login(thief)).status_code == 200
    (taken,) = await smtp.mails()
    assert taken.message["subject"] == "[Doorward] A login on a device not seen before"
    assert "203.0.113.9" in taken.message.get_content()
    own = await posting.service.history.page(Query(person=await alices(posting)))
    assert [each.entry.kind for each in own[:2]] == ["new_device", "login"]
    assert own[0].entry.sid == own[1].entry.sid


# --- which devices are new ----------------------------------------------------------------------


async def test_the_first_login_just_after_sign_up_is_no_news(house: House) -> None:
    owner = await house.alice()
    for _ in range(3):
        assert (await login(owner)).status_code == 200
    seen = await house.service.history.page(Query(kind="new_device"))
    assert seen == []


async def news(house: House) -> int:
    return len(await house.service.history.page(Query(kind="new_device")))


@pytest.mark.parametrize("transport", ["cookie", "bearer"])
async def test_a_first_login_long_after_sign_up_is_news(house: House, transport: str) -> None:
    browser = await house.browser()
    await browser.post("/api/signup", json={"email": EMAIL, "password": PASSWORD})
    house.clock.advance(JUST_NOW)
    await login(browser, transport=transport)
    assert await news(house) == 1


async def test_a_browser_is_known_by_its_mark_alone(house: House) -> None:
    owner = await house.alice()
    house.clock.advance(2 * JUST_NOW)
    await login(owner)
    assert await news(house) == 0
    await login(await house.browser())  # the same address and name, without the mark
    assert await news(house) == 1


async def test_a_new_password_makes_every_browser_new_once(house: House) -> None:
    owner = await house.alice()
    house.clock.advance(2 * JUST_NOW)
    await change(owner)
    for expected in (1, 1):
        assert (await login(owner, NEW)).status_code == 200
        assert await news(house) == expected


async def test_a_program_is_known_by_its_address_and_name(house: House) -> None:
    await house.alice()
    house.clock.advance(2 * JUST_NOW)
    here = {"address": "192.0.2.5", "user-agent": "script/1"}
    told = []
    for client in (here, here, {**here, "address": "192.0.2.6"}, {**here, "user-agent": FIREFOX}):
        assert (await login(await house.client(**client), transport="bearer")).status_code == 200
        told.append(await news(house))
    assert told == [1, 1, 2, 3]


async def test_wrong_passwords_make_no_device_known_and_tell_nobody(house: House) -> None:
    await house.alice()
    house.clock.advance(2 * JUST_NOW)
    thief = await house.client(address="203.0.113.9")
    await login(thief, "a wrong password", transport="bearer")
    assert await news(house) == 0
    await login(thief, transport="bearer")
    assert await news(house) == 1


# --- the reset link -----------------------------------------------------------------------------


async def test_the_link_that_an_administrator_sends_reaches_the_person_alone(
    posting: House, smtp: Smtp
) -> None:
    root, _ = await admin(posting), await posting.alice()
    subject = await alices(posting)
    answer = await root.post(f"/api/admin/users/{subject}/reset-link")
    assert answer.json() == {"reset_link": None, "expires_at": None, "sent_to": EMAIL}
    (taken,) = await smtp.mails()
    found = re.search(r"https://testserver/reset\?ticket=(\S{43})\r?\n", taken.raw.decode())
    assert found is not None
    database = posting.service.outbox._database
    rows = await database.run(text("SELECT * FROM doorward_letters"))
    assert found[1] not in repr(rows)
    assert found[1] not in repr(await posting.service.history.page(Query()))
    person = await posting.browser()
    used = await person.post("/reset", data={"ticket": found[1], "new": NEW})
    assert used.status_code == 303
    assert [each.message["subject"] for each in (await smtp.mails(2))][1] == (
        "[Doorward] Your password was changed by a reset link"
    )


async def test_the_page_says_that_a_link_is_under_way_and_shows_none(
    posting: House, smtp: Smtp
) -> None:
    root, _ = await admin(posting), await posting.alice()
    user = f"/admin/users/{await alices(posting)}"
    done = await root.post(f"{user}/reset-link")
    assert (done.status_code, done.headers["location"]) == (303, user)
    page = (await root.get(user)).text
    assert "A link is on its way." in page
    assert "ticket=" not in page
    await smtp.mails()


async def test_a_person_is_not_sent_links_without_end(posting: House) -> None:
    root, _ = await admin(posting), await posting.alice()
    at = f"/api/admin/users/{await alices(posting)}/reset-link"
    answers = [await root.post(at) for _ in range(MOST + 1)]
    assert [each.status_code for each in answers] == [200] * MOST + [429]
    assert answers[-1].headers["retry-after"] == str(HOUR)


@pytest.mark.parametrize("seconds", [0, 1])
async def test_a_link_asked_for_before_the_password_changed_is_not_sent(
    opened: Opened, smtp: Smtp, seconds: int
) -> None:
    house: House = await opened(smtp_url=parse_relay(smtp.url), mail_from=FROM, verify="off")
    smtp.refuse = "450 later"
    root, owner = await admin(house), await house.alice()
    await root.post(f"/api/admin/users/{await alices(house)}/reset-link")
    house.clock.advance(seconds)
    await change(owner)
    house.clock.advance(HOUR)
    smtp.refuse = ""
    (taken,) = await smtp.mails()
    assert taken.message["subject"] == "[Doorward] Your password was changed"


# --- nothing waits for mail, and nothing is lost ------------------------------------------------


async def test_a_mail_server_that_says_nothing_makes_nobody_wait(
    posting: House, smtp: Smtp
) -> None:
    smtp.silent = True
    owner = await posting.alice()
    began = monotonic()
    await change(owner)
    assert monotonic() - began < 5
    assert await kinds(posting) == ["password_changed"]


async def test_a_letter_outlives_the_server_that_could_not_send_it(
    opened: Opened, smtp: Smtp, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = f"sqlite:///{tmp_path_factory.mktemp('mail')}/doorward.db"
    way = {"database": file, "smtp_url": parse_relay(smtp.url), "mail_from": FROM, "verify": "off"}
    smtp.refuse = "450 later"
    first: House = await opened(**way)
    await change(await first.alice())
    smtp.refuse = ""
    second: House = await opened(**way)
    second.clock.advance(HOUR)
    (taken,) = await smtp.mails()
    assert taken.message["subject"] == "[Doorward] Your password was changed"


async def test_a_change_of_password_that_cannot_be_told_is_answered_503(house: House) -> None:
    """The same step enters it and writes the letter."""
    owner = await house.alice()
    opened_house = house.service.outbox._database
    await opened_house.run(text("DROP TABLE doorward_audit"))
    body = {"current": PASSWORD, "new": NEW}
    assert (await owner.post("/api/password", json=body)).status_code == 503


# --- without a mail server ----------------------------------------------------------------------


async def test_on_a_developers_machine_the_mails_can_be_read_by_administrators(
    opened: Opened,
) -> None:
    house: House = await opened(public_origin="http://localhost:8000")
    root, owner = await admin(house), await house.alice()
    assert "Nothing yet" in (await root.get("/admin/outbox")).text
    await change(owner)
    page = (await root.get("/admin/outbox")).text
    assert "Your password was changed" in page
    assert EMAIL in page
    assert 'href="/admin/outbox"' in (await root.get("/admin")).text
    assert (await owner.get("/admin/outbox")).status_code == 403
    link = (await root.post(f"/api/admin/users/{await alices(house)}/reset-link")).json()
    assert link["reset_link"].startswith("http://localhost:8000/reset?ticket=")
    assert "ticket=" not in (await root.get("/admin/outbox")).text


async def test_elsewhere_no_mail_is_kept_and_no_page_shows_it(house: House) -> None:
    root, owner = await admin(house), await house.alice()
    await change(owner)
    assert await kinds(house) == []
    assert (await root.get("/admin/outbox")).status_code == 404
    assert "/admin/outbox" not in (await root.get("/admin")).text


async def test_where_mail_is_sent_nobody_reads_it_in_the_console(
    posting: House, smtp: Smtp
) -> None:
    root, owner = await admin(posting), await posting.alice()
    await change(owner)
    await smtp.mails()
    assert (await root.get("/admin/outbox")).status_code == 404
