"""Logging in and out within a request, and the one warning about cookies that will be lost."""

from typing import Any

import pytest

from doorward import Issued, Reason, Rejected
from doorward.web import login, transport
from doorward.web.login import begin_login, log_out
from doorward.web.visit import Visit
from tests.web.conftest import Build, House
from tests.web.driver import FOREIGN, OURS, Header, bearer, cookie, cookies_of, request

pytestmark = pytest.mark.anyio


def posting(house: House, *headers: Header, **more: Any) -> Visit:
    assert house.lifecycle.gate is not None
    return Visit(house.lifecycle.gate, request("POST", "/login", list(headers), **more))


async def log_in(visit: Visit, subject: str = "ann", **more: Any) -> tuple[Issued, list[Header]]:
    return await (await begin_login(visit)).login(subject, **more)


async def test_a_login_by_cookie_sets_the_cookies_and_is_not_to_be_stored(house: House) -> None:
    issued, headers = await log_in(posting(house, OURS))
    assert headers == transport.write(issued, house.clock())
    assert transport.NO_STORE in headers


async def test_a_login_by_bearer_sets_no_cookie(house: House) -> None:
    issued, headers = await log_in(posting(house), via="bearer")
    assert headers == [transport.NO_STORE]
    assert (await house.auth.authenticate(issued.credential)).subject == "ann"


@pytest.mark.parametrize("slip", ["Bearer", "pigeon", "", None, ["bearer"]])
async def test_a_login_by_no_transport_is_refused_before_anything_is_done(
    house: House, slip: Any
) -> None:
    before = await house.log_in("bob")
    with pytest.raises(ValueError, match="transport is cookie or bearer, not "):
        await log_in(posting(house, OURS, cookies_of(before)), via=slip)
    assert await house.auth.sessions("ann") == []
    assert len(await house.auth.sessions("bob")) == 1  # what it would have replaced


async def test_a_login_that_another_origin_sent_is_refused(house: House) -> None:
    with pytest.raises(Rejected) as error:
        await begin_login(posting(house, FOREIGN))
    assert error.value.reason is Reason.CROSS_ORIGIN


async def test_nothing_the_client_planted_is_adopted(house: House) -> None:
    attacker = await house.log_in("eve")
    issued, _ = await log_in(posting(house, OURS, cookies_of(attacker)))
    assert issued.session.sid != attacker.session.sid
    assert issued.credential != attacker.credential
    with pytest.raises(Rejected):
        await house.auth.authenticate(attacker.credential)


async def test_a_login_ends_the_session_it_came_with_however_it_was_shown(house: House) -> None:
    for show in (cookies_of, lambda issued: bearer(issued.credential)):
        before = await house.log_in()
        await log_in(posting(house, OURS, show(before)))
        row = await house.auth.session(before.session.sid)
        assert row is not None
        assert row.revoked_at is not None


async def test_a_bad_cookie_does_not_keep_anybody_from_logging_in(house: House) -> None:
    bad = cookie(session="dws_bad", access="a.b.c", refresh="dwr_bad")
    issued, _ = await log_in(posting(house, OURS, bad))
    assert issued.session.subject == "ann"


async def test_the_session_remembers_the_device_it_was_given_to(house: House) -> None:
    agent = (b"user-agent", b"Mozilla/5.0 (Windows NT 10.0) Firefox/140.0")
    issued, _ = await log_in(posting(house, OURS, agent))
    assert issued.session.device.address == "203.0.113.9"
    assert issued.session.device.label == "Firefox on Windows"


async def test_a_lock_between_the_attempt_and_the_login_wins(house: House) -> None:
    attempt = await begin_login(posting(house, OURS))
    await house.auth.revoke(subject="ann")
    with pytest.raises(Rejected) as error:
        await attempt.login("ann")
    assert error.value.reason is Reason.SUPERSEDED
    assert await house.auth.sessions("ann") == []


async def test_logging_out_deletes_the_cookies_of_both_modes_dead_or_alive(house: House) -> None:
    issued = await house.log_in()
    for held in (cookies_of(issued), cookies_of(issued), cookie(session="bad", access="bad")):
        headers = await log_out(posting(house, OURS, held))
        deleted = [value for name, value in headers if name == b"set-cookie"]
        assert len(deleted) == 3
        assert all(b"Max-Age=0" in each for each in deleted)
    with pytest.raises(Rejected):
        await house.auth.authenticate(issued.credential)


@pytest.mark.parametrize(
    "tossed",
    [
        b"$Version=1",
        b"__Host-session=tossed; __Host-access=tossed; __Host-refresh=tossed",
        b"=__Host-session=tossed",
        b"__Host-session =tossed",
        b"; ".join(b"__Host-session=%d" % number for number in range(100)),
        b"; ".join(b"__Host-access=h.%d.s" % number for number in range(100)),
    ],
    ids=["version", "our names", "nameless", "padded", "a hundred", "a hundred tokens"],
)
async def test_no_tossed_cookie_keeps_a_session_from_being_ended(
    house: House, tossed: bytes
) -> None:
    for leave in (log_out, log_in):
        issued = await house.log_in()
        await leave(posting(house, OURS, (b"cookie", tossed), cookies_of(issued)))
        row = await house.auth.session(issued.session.sid)
        assert row is not None
        assert row.revoked_at is not None


async def test_more_cookies_than_any_request_may_have_are_refused_before_the_store_is_asked(
    house: House,
) -> None:
    issued = await house.log_in()
    tossed = b"; ".join(b"__Host-session=%d" % number for number in range(20_000))
    with pytest.raises(Rejected) as refused:
        await log_out(posting(house, OURS, (b"cookie", tossed), cookies_of(issued)))
    assert refused.value.reason is Reason.MALFORMED


async def test_logging_out_ends_the_sessions_of_both_transports(house: House) -> None:
    one, other = await house.log_in(), await house.log_in()
    await log_out(posting(house, OURS, bearer(one.credential), cookies_of(other)))
    assert list(await house.auth.sessions()) == []


async def test_another_origin_logs_nobody_out(house: House) -> None:
    issued = await house.log_in()
    with pytest.raises(Rejected):
        await log_out(posting(house, FOREIGN, cookies_of(issued)))
    with pytest.raises(Rejected):
        await log_out(posting(house, cookies_of(issued)))
    assert (await house.auth.authenticate(issued.credential)).subject == "ann"


# --- the warning ----------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def untold() -> None:
    login._warn.cache_clear()


async def warned(house: House, caplog: pytest.LogCaptureFixture, host: str, **more: Any) -> str:
    caplog.clear()
    visit = posting(house, OURS, **{"scheme": "http", **more})
    visit.scope["headers"][0] = (b"host", host.encode())
    await log_in(visit)
    return caplog.text


async def test_a_test_client_that_will_lose_the_cookie_is_told_which_will_not(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    assert "doorward.testing.client.Client" in await warned(house, caplog, "testserver")
    assert await warned(house, caplog, "testserver") == ""  # once is enough


@pytest.mark.parametrize("host", ["192.168.1.7:8000", "app.example", "[2001:db8::1]:80"])
async def test_plain_http_off_this_machine_is_worth_a_warning(
    house: House, caplog: pytest.LogCaptureFixture, host: str
) -> None:
    told = await warned(house, caplog, host)
    assert "https" in told
    assert "testing" not in told


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:8000", "[::1]", ""])
async def test_this_machine_itself_is_told_nothing(
    house: House, caplog: pytest.LogCaptureFixture, host: str
) -> None:
    assert await warned(house, caplog, host) == ""


async def test_where_https_is_spoken_or_promised_nothing_is_told(
    build: Build, caplog: pytest.LogCaptureFixture
) -> None:
    plain, promised = await build("session"), await build("token", public_origin="https://a.test")
    assert await warned(plain, caplog, "app.example", scheme="https") == ""
    assert await warned(promised, caplog, "a.test") == ""
    await log_in(posting(plain, scheme="http"), via="bearer")
    assert caplog.text == ""
