"""Who makes a request: one credential, judged once, with one exception."""

import pytest

from doorward import Issued, Reason, Rejected, StoreUnavailable
from doorward.settings import DAY, ELEVATE_OVERLAP
from doorward.testing import FakeClock
from doorward.types import Mode
from doorward.web import client, origin
from doorward.web.gate import Gate
from doorward.web.visit import Visit
from tests.web.conftest import Build, House
from tests.web.driver import FOREIGN, OURS, Header, bearer, cookie, cookies_of, request

pytestmark = pytest.mark.anyio

BAD_BEARERS = ["nonsense", "dws_" + "A" * 64, "a.b.c", "", "dwr_" + "A" * 90]


def visit(house: House, *headers: Header, method: str = "GET") -> Visit:
    assert house.lifecycle.gate is not None
    return Visit(house.lifecycle.gate, request(method, "/", list(headers)))


async def refused(asked: Visit, submitted: str | None = None) -> Reason:
    with pytest.raises(Rejected) as error:
        await asked.principal(submitted)
    return error.value.reason


def refresh_of(issued: Issued) -> str:
    assert issued.refresh_token is not None
    return issued.refresh_token


async def expired(house: House) -> Issued:
    """A login whose access token is out of time."""
    issued = await house.log_in()
    house.clock.advance(house.auth.settings.access_ttl)
    return issued


# --- the transport is chosen first ----------------------------------------------------------------


async def test_either_transport_shows_the_principal(house: House) -> None:
    issued = await house.log_in(roles=["editor"])
    for header in (cookies_of(issued), bearer(issued.credential)):
        found = await visit(house, header).principal()
        assert (found.subject, found.sid) == ("ann", issued.session.sid)
        assert found.roles == {"editor"}


async def test_who_shows_nothing_is_missing_and_may_be_asked_for_none(house: House) -> None:
    assert await refused(visit(house)) is Reason.MISSING
    assert await visit(house).optional_principal() is None


async def test_optional_does_not_mean_that_a_bad_credential_is_none(house: House) -> None:
    with pytest.raises(Rejected):
        await visit(house, bearer("nonsense")).optional_principal()


async def dead(house: House, how: str) -> Issued:
    """A login that is over."""
    issued = await house.log_in()
    if how == "revoked":
        await house.auth.revoke(sid=issued.session.sid)
    elif how == "expired":
        house.clock.advance(house.auth.settings.absolute_ttl)
    elif how == "idle":
        house.clock.advance(house.auth.settings.idle_ttl)
    elif how == "purged":
        house.clock.advance(house.auth.settings.absolute_ttl + 100 * DAY)
        await house.auth.purge()
    else:
        house.clock.advance(1)
        await house.auth.elevate(await house.auth.authenticate(issued.credential))
        house.clock.advance(ELEVATE_OVERLAP + house.auth.settings.access_ttl)
    return issued


DEAD = ["revoked", "expired", "idle", "purged", "superseded"]


@pytest.mark.parametrize("how", DEAD)
async def test_whose_session_is_over_is_nobody_where_a_page_is_public(
    house: House, how: str
) -> None:
    issued = await dead(house, how)
    for header in (cookies_of(issued), bearer(issued.credential)):
        assert await visit(house, header).optional_principal() is None
        with pytest.raises(Rejected):
            await visit(house, header).principal()


async def test_a_dead_credential_at_a_public_page_is_told_of_all_the_same(
    build: Build, mode: Mode
) -> None:
    house = await build(mode)
    issued = await dead(house, "revoked")
    told = house.events.copy()
    assert await visit(house, cookies_of(issued)).optional_principal() is None
    assert [(event.kind, event.reason) for event in house.events[len(told) :]] == [
        ("refused", "revoked")
    ]


async def test_a_dead_bearer_does_not_fall_through_to_a_live_cookie_at_a_public_page(
    house: House,
) -> None:
    gone, live = await dead(house, "revoked"), await house.log_in()
    both = bearer(gone.credential), cookies_of(live)
    assert await visit(house, *both).optional_principal() is None


async def test_what_could_be_read_in_two_ways_is_refused_at_a_public_page_too(
    house: House,
) -> None:
    held = cookies_of(await house.log_in())
    for headers in ([held, held], [bearer("a b")], [bearer("x"), bearer("y")], [bearer("a.b.c")]):
        with pytest.raises(Rejected) as error:
            await visit(house, *headers).optional_principal()
        assert error.value.reason is Reason.MALFORMED


async def test_another_origins_unsafe_request_is_refused_at_a_public_page_also_if_it_is_dead(
    house: House,
) -> None:
    held = cookies_of(await dead(house, "revoked"))
    for said in ([FOREIGN], []):
        with pytest.raises(Rejected) as error:
            await visit(house, held, *said, method="POST").optional_principal()
        assert error.value.reason is Reason.CROSS_ORIGIN
    assert await visit(house, held, OURS, method="POST").optional_principal() is None


async def test_a_forged_token_is_refused_at_a_public_page_too(token_house: House) -> None:
    head, payload, signature = (await token_house.log_in()).credential.split(".")
    forged = f"{head}.{payload}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"
    with pytest.raises(Rejected) as error:
        await visit(token_house, bearer(forged)).optional_principal()
    assert error.value.reason is Reason.BAD_SIGNATURE


@pytest.mark.parametrize("bad", BAD_BEARERS)
async def test_a_bad_bearer_is_refused_beside_a_good_cookie(house: House, bad: str) -> None:
    good = cookies_of(await house.log_in())
    assert await refused(visit(house, bearer(bad), good)) is not Reason.MISSING
    assert await refused(visit(house, good, bearer(bad))) is not Reason.MISSING


async def test_a_good_bearer_passes_beside_a_bad_cookie(house: House) -> None:
    issued = await house.log_in()
    bad = cookie(session="dws_bad", access="a.b.c")
    assert (await visit(house, bad, bearer(issued.credential)).principal()).subject == "ann"


async def test_a_cookie_of_ended_login_does_not_fall_through_to_another(house: House) -> None:
    dead, live = await house.log_in(), await house.log_in()
    await house.auth.revoke(sid=dead.session.sid)
    assert await refused(visit(house, bearer(dead.credential), cookies_of(live))) is Reason.REVOKED


async def test_a_scheme_that_is_not_ours_leaves_the_cookie_to_speak(house: House) -> None:
    issued = await house.log_in()
    basic = (b"authorization", b"Basic dXNlcjpwYXNz")
    assert (await visit(house, basic, cookies_of(issued)).principal()).subject == "ann"


async def test_a_refresh_token_is_no_bearer_token(token_house: House) -> None:
    issued = await token_house.log_in()
    assert await refused(visit(token_house, bearer(refresh_of(issued)))) is Reason.MALFORMED


# --- the one exception ----------------------------------------------------------------------------


async def test_an_expired_access_token_is_renewed_by_the_refresh_token_of_its_session(
    token_house: House,
) -> None:
    issued = await expired(token_house)
    asked = visit(token_house, cookies_of(issued))
    assert (await asked.principal()).sid == issued.session.sid
    assert asked.issued is not None
    assert asked.issued.refresh_token not in (None, issued.refresh_token)


async def test_a_refresh_cookie_alone_is_enough(token_house: House) -> None:
    issued = await token_house.log_in()
    asked = visit(token_house, cookie(refresh=issued.refresh_token))
    assert (await asked.principal()).sid == issued.session.sid


async def test_an_access_token_of_a_withdrawn_key_is_renewed_likewise(token_house: House) -> None:
    issued = await token_house.log_in()
    for key in await token_house.auth.signing.keys():
        if key.withdrawn_at is None:
            await token_house.auth.withdraw_key(key.kid)
            break
    asked = visit(token_house, cookies_of(issued))
    assert (await asked.principal()).sid == issued.session.sid
    assert asked.issued is not None


async def test_an_access_token_from_before_a_step_up_is_renewed_by_the_refresh_token_from_after_it(
    token_house: House,
) -> None:
    old = await token_house.log_in()
    token_house.clock.advance(1)
    proved = await token_house.auth.elevate(await token_house.auth.authenticate(old.credential))
    token_house.clock.advance(ELEVATE_OVERLAP)
    asked = visit(token_house, cookie(access=old.credential, refresh=proved.refresh_token))
    found = await asked.principal()
    assert found.authenticated_at == proved.session.authenticated_at
    assert asked.issued is not None


async def test_the_refresh_token_of_another_session_renews_nothing(token_house: House) -> None:
    other = await token_house.log_in("eve")
    issued = await expired(token_house)
    both = cookie(access=issued.credential, refresh=other.refresh_token)
    assert await refused(visit(token_house, both)) is Reason.EXPIRED
    row = await token_house.auth.session(other.session.sid)
    assert row is not None
    assert row.generation == 0


async def test_a_bad_signature_is_never_renewed(token_house: House) -> None:
    issued = await token_house.log_in()
    head, payload, signature = issued.credential.split(".")
    forged = f"{head}.{payload}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"
    both = cookie(access=forged, refresh=issued.refresh_token)
    assert await refused(visit(token_house, both)) is Reason.BAD_SIGNATURE
    token_house.clock.advance(token_house.auth.settings.access_ttl)
    assert await refused(visit(token_house, both)) is Reason.BAD_SIGNATURE


async def test_a_revoked_session_is_not_renewed(token_house: House) -> None:
    issued = await expired(token_house)
    await token_house.auth.revoke(sid=issued.session.sid)
    assert await refused(visit(token_house, cookies_of(issued))) is Reason.REVOKED


async def test_a_bearer_is_never_renewed_by_a_cookie_beside_it(token_house: House) -> None:
    issued = await expired(token_house)
    both = [bearer(issued.credential), cookie(refresh=issued.refresh_token)]
    assert await refused(visit(token_house, *both)) is Reason.EXPIRED


async def test_the_modes_do_not_read_each_others_cookies(build: Build) -> None:
    sessions, tokens = await build("session"), await build("token")
    a_session, a_token = await sessions.log_in(), await tokens.log_in()
    assert await refused(visit(tokens, cookies_of(a_session))) is Reason.MISSING
    assert await refused(visit(sessions, cookies_of(a_token))) is Reason.MISSING


# --- other origins --------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "WEBSOCKET", "TRACE", "get"])
async def test_an_unsafe_request_of_another_origin_is_refused(house: House, method: str) -> None:
    held = cookies_of(await house.log_in())
    assert await refused(visit(house, held, FOREIGN, method=method)) is Reason.CROSS_ORIGIN
    assert await refused(visit(house, held, method=method)) is Reason.CROSS_ORIGIN
    assert (await visit(house, held, OURS, method=method).principal()).subject == "ann"


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
async def test_a_safe_request_may_come_from_anywhere(house: House, method: str) -> None:
    held = cookies_of(await house.log_in())
    assert (await visit(house, held, FOREIGN, method=method).principal()).subject == "ann"


async def test_a_bearer_token_may_come_from_anywhere(house: House) -> None:
    shown = bearer((await house.log_in()).credential)
    assert (await visit(house, shown, FOREIGN, method="POST").principal()).subject == "ann"


async def test_another_origin_is_refused_before_any_refresh(token_house: House) -> None:
    issued = await expired(token_house)
    for held in (cookies_of(issued), cookie(refresh=issued.refresh_token)):
        asked = visit(token_house, held, FOREIGN, method="POST")
        assert await refused(asked) is Reason.CROSS_ORIGIN
        assert asked.issued is None
    row = await token_house.auth.session(issued.session.sid)
    assert row == issued.session


async def test_a_csrf_token_of_this_session_stands_in_for_the_browsers_word(house: House) -> None:
    issued, other = await house.log_in(), await house.log_in()
    held, keys = cookies_of(issued), house.auth.csrf_keys
    mine, theirs = (origin.csrf_token(keys, each.session.sid) for each in (issued, other))
    assert (await visit(house, held, method="POST").principal(mine)).subject == "ann"
    assert await refused(visit(house, held, method="POST"), theirs) is Reason.CROSS_ORIGIN
    sent = (b"x-csrf-token", mine.encode())
    assert (await visit(house, held, sent, method="POST").principal()).subject == "ann"
    # the browser's word goes first: a page that got hold of the token is still another origin's
    assert await refused(visit(house, held, sent, FOREIGN, method="POST")) is Reason.CROSS_ORIGIN


async def test_an_expired_session_still_proves_whose_form_it_was(token_house: House) -> None:
    issued = await expired(token_house)
    mine = origin.csrf_token(token_house.auth.csrf_keys, issued.session.sid)
    asked = visit(token_house, cookies_of(issued), method="POST")
    assert (await asked.principal(mine)).sid == issued.session.sid


async def test_a_token_of_another_login_is_refused_whatever_was_vouched_or_asked_before(
    house: House,
) -> None:
    issued, other = await house.log_in(), await house.log_in()
    keys = house.auth.csrf_keys
    stale = origin.csrf_token(keys, other.session.sid)
    header = (b"x-csrf-token", stale.encode())
    asked = visit(house, OURS, cookies_of(issued), method="POST")
    assert (await asked.principal()).sid == issued.session.sid
    assert await refused(asked, stale) is Reason.CROSS_ORIGIN
    assert (await asked.principal(origin.csrf_token(keys, issued.session.sid))).subject == "ann"
    with pytest.raises(Rejected, match="belongs to another login"):
        await asked.check_origin(stale)
    again = visit(house, OURS, header, cookies_of(issued), method="POST")
    assert await refused(again) is Reason.CROSS_ORIGIN
    for method, shown in (("GET", cookies_of(issued)), ("POST", bearer(issued.credential))):
        assert (await visit(house, header, shown, method=method).principal(stale)).subject == "ann"


async def test_a_token_is_compared_by_the_refresh_cookie_if_the_access_token_cannot_be_read(
    token_house: House,
) -> None:
    issued = await token_house.log_in()
    token = origin.csrf_token(token_house.auth.csrf_keys, issued.session.sid)
    header = cookie(access="a.b.c", refresh=issued.refresh_token)
    await visit(token_house, OURS, header, method="POST").check_origin(token)
    unreadable = visit(token_house, OURS, cookie(access="a.b.c"), method="POST")
    with pytest.raises(Rejected):
        await unreadable.check_origin(token)
    assert await visit(token_house).origin_check().cookie_sid() is None


async def test_a_client_without_cookies_needs_no_word_of_a_browser(house: House) -> None:
    await visit(house, method="POST").check_origin()
    with pytest.raises(Rejected):
        await visit(house, FOREIGN, method="POST").check_origin()


# --- what may still be set when the answer starts -------------------------------------------------


async def renewing(house: House) -> Visit:
    """A visit whose answer is about to set the cookies of an inline refresh."""
    asked = visit(house, cookies_of(await expired(house)))
    await asked.principal()
    assert await asked.cookies() != []
    return asked


def given(asked: Visit) -> Issued:
    assert asked.issued is not None
    return asked.issued


async def test_nothing_is_set_where_nothing_was_refreshed(house: House) -> None:
    asked = visit(house, cookies_of(await house.log_in()))
    await asked.principal()
    assert await asked.cookies() == []


async def test_a_late_answer_sets_nothing_after_another_refresh(token_house: House) -> None:
    asked = await renewing(token_house)
    await token_house.auth.refresh(refresh_of(given(asked)))
    assert await asked.cookies() == []


async def test_a_late_answer_sets_nothing_after_a_logout(token_house: House) -> None:
    asked = await renewing(token_house)
    await token_house.auth.logout(given(asked).credential)
    assert await asked.cookies() == []


async def test_a_late_answer_sets_nothing_after_a_step_up(token_house: House) -> None:
    asked = await renewing(token_house)
    await token_house.auth.elevate(await asked.principal())
    assert await asked.cookies() == []


async def test_a_late_answer_sets_nothing_after_a_new_login(token_house: House) -> None:
    asked = await renewing(token_house)
    attempt = await token_house.auth.attempt()
    await attempt.login("ann", replaces=asked.held())
    assert await asked.cookies() == []


async def test_a_late_replay_does_not_put_the_token_from_before_a_step_up_back(
    token_house: House,
) -> None:
    issued = await expired(token_house)
    await visit(token_house, cookies_of(issued)).principal()
    asked = await renewing_again(token_house, issued)
    await token_house.auth.elevate(await asked.principal())
    assert await asked.cookies() == []


async def renewing_again(house: House, issued: Issued) -> Visit:
    """A second tab with the parent of the current refresh token: it gets an access token alone."""
    asked = visit(house, cookies_of(issued))
    await asked.principal()
    assert given(asked).refresh_token is None
    assert len(await asked.cookies()) == 2  # the access cookie, and no-store
    return asked


async def test_a_role_change_meanwhile_is_no_reason_to_lose_the_refresh_token(
    token_house: House,
) -> None:
    asked = await renewing(token_house)
    await token_house.auth.change("ann", roles=["reader"])
    assert await asked.cookies() != []


async def test_not_knowing_whether_it_still_holds_sets_nothing(
    token_house: House, clock: FakeClock
) -> None:
    asked = await renewing(token_house)
    broken = token_house.store
    broken.arm(1)
    assert await asked.cookies() == []


async def test_a_store_that_is_gone_is_no_refusal(house: House) -> None:
    issued = await house.log_in()
    broken = house.store
    broken.arm(1)
    with pytest.raises(StoreUnavailable):
        await visit(house, cookies_of(issued)).principal()


# --- what a visit knows of its client -------------------------------------------------------------


async def test_a_visit_shows_every_credential_it_holds_good_or_bad(house: House) -> None:
    assert visit(house).held() == ()
    assert visit(house, bearer("nonsense")).held() == ("nonsense",)
    assert visit(house, bearer("two tokens")).held() == ("two tokens",)
    issued = await house.log_in()
    held = visit(house, cookies_of(issued)).held()
    assert held == tuple(filter(None, (issued.credential, issued.refresh_token)))


def plain_host(asked: Visit) -> str:
    return client.plain_host(asked.scope, asked.gate.trusted)


async def test_only_a_trusted_proxy_says_where_a_client_is_and_what_it_speaks(house: House) -> None:
    said = [
        (b"x-forwarded-for", b"198.51.100.1"),
        (b"x-forwarded-proto", b"https"),
        (b"user-agent", b"Mozilla/5.0 (X11; Linux) Firefox/140.0"),
    ]
    assert house.lifecycle.gate is not None
    scope = request("GET", "/", said, scheme="http")
    believed = Visit(
        Gate(house.auth, type(house.lifecycle.gate.trusted).parse(["203.0.113.9"])), scope
    )
    plain = Visit(house.lifecycle.gate, scope)
    assert (believed.device().address, plain_host(believed)) == ("198.51.100.1", "")
    assert (plain.device().address, plain_host(plain)) == ("203.0.113.9", "app.example")
    assert "Firefox" in plain.device().label


@pytest.mark.parametrize("mode", ["session"])
async def test_a_unix_socket_has_no_address_and_a_strange_host_no_name(
    house: House, mode: Mode
) -> None:
    assert house.lifecycle.gate is not None
    scope = request("GET", "/", [], client=None, scheme="http")
    scope["headers"] = [(b"host", b"[::1")]
    asked = Visit(house.lifecycle.gate, scope)
    assert (asked.device().address, plain_host(asked)) == ("", "")
