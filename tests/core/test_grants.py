"""What other applications may do for a person: in the same store as their logins, and apart."""

import json
from asyncio import gather
from dataclasses import replace
from typing import Any

import pytest

from doorward import Issued, Principal, Reason, Rejected, Settings
from doorward.change_feed import Ticks, boot_ticks
from doorward.errors import ConfigurationError
from doorward.grants import MOST, Grants
from doorward.keys import base64url
from doorward.rules import check_permission, principal_of
from doorward.stores import EVERY_ROW, Backend, Page
from doorward.testing import FakeClock
from doorward.tokens import new_sid
from tests.core.between import Between, once
from tests.core.scene import ROOT, House, log_in, refresh_token, refused, row_of

pytestmark = pytest.mark.anyio

API = "https://api.example"
PLAIN: dict[str, Any] = {"client_id": "photos", "audience": API, "scopes": ["photos:read"]}


def grants_of(
    house: House,
    *,
    store: Backend | None = None,
    clock: FakeClock | None = None,
    ticks: Ticks = boot_ticks,
    **settings: Any,
) -> Grants:
    """The grants of an application, in whichever mode its logins are."""
    return Grants(
        store or house.store,
        Settings(**{"mode": "token", **settings}),
        ROOT,
        clock=clock or house.clock,
        record=house.told,
        ticks=ticks,
    )


async def allow(grants: Grants, subject: str = "ann", **facts: Any) -> Issued:
    return await (await grants.attempt()).begin(subject, **{**PLAIN, **facts})


def claims_of(token: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64url.decode(token.split(".")[1].encode()))
    return found


def permitted(principal: Principal, **needs: Any) -> Reason | None:
    whole = {"role": None, "scope": None, "fresh": None, **needs}
    try:
        check_permission(principal, 2000, **whole)
    except Rejected as refusal:
        return refusal.reason
    return None


# --- the seven traps of a grant that is only a login with a client id ---------------------------


async def test_roles_never_reach_another_application(house: House) -> None:
    auth, grants = house.auth(), grants_of(house)
    login = await log_in(auth, roles=["user"])
    issued = await allow(grants)
    assert await auth.change("ann", roles=["user", "admin"]) == [login.session.sid]
    fresh = await grants.refresh(refresh_token(issued))
    for token in (issued.credential, fresh.credential):
        assert (await grants.authenticate(token, API)).roles == frozenset()
        assert "roles" not in claims_of(token)
    assert (await auth.authenticate(login.credential)).roles == {"user", "admin"}


async def test_scopes_that_a_person_consented_to_are_not_overwritten(house: House) -> None:
    auth, grants = house.auth(), grants_of(house)
    issued = await allow(grants)
    await auth.change("ann", scopes=["everything"])
    fresh = await grants.refresh(refresh_token(issued))
    assert (await grants.authenticate(fresh.credential, API)).scopes == {"photos:read"}
    assert claims_of(fresh.credential)["scope"] == "photos:read"


async def test_logins_and_grants_do_not_count_for_each_other(house: House) -> None:
    auth, grants = house.auth(max_sessions=1), grants_of(house, max_sessions=1)
    first = await log_in(auth)
    held = [await allow(grants, client_id=name) for name in ("photos", "photos", "mail")]
    await auth.authenticate(first.credential)
    second = await log_in(auth)
    assert await refused(auth.authenticate(first.credential)) is Reason.REVOKED
    for each in held:
        await grants.authenticate(each.credential, API)
    assert [row.sid for row in await auth.sessions("ann")] == [second.session.sid]
    assert {row.sid for row in await grants.sessions("ann")} == {row.session.sid for row in held}
    assert len(await auth.sessions("ann", grants=None)) == 4


async def test_a_grant_is_nobody_where_no_scope_is_named(house: House) -> None:
    auth, grants = house.auth(), grants_of(house)
    issued = await allow(grants)
    assert await refused(auth.authenticate(issued.credential)) is Reason.MALFORMED
    found = await grants.authenticate(issued.credential, API)
    assert permitted(found) is Reason.INSUFFICIENT_SCOPE
    assert permitted(found, fresh=10**9) is Reason.INSUFFICIENT_SCOPE
    assert permitted(found, scope="photos:read") is None
    assert permitted(found, scopes=["photos:read"]) is None
    assert permitted(found, scope="photos:read", scopes=["photos:write"]) is not None
    assert permitted(found, scope="photos:write") is Reason.INSUFFICIENT_SCOPE
    assert permitted(found, role="user", scope="photos:read") is Reason.INSUFFICIENT_ROLE


async def test_audiences_cannot_be_swapped(token_house: House) -> None:
    auth, grants = token_house.auth(), grants_of(token_house)
    login, issued = await log_in(auth), await allow(grants)
    held, given = refresh_token(login), refresh_token(issued)
    assert given.startswith("dwg_")
    # neither as it is nor under the other's prefix: the MAC has another key
    assert await refused(grants.refresh(held)) is Reason.MALFORMED
    assert await refused(grants.refresh("dwg_" + held[4:])) is Reason.BAD_SIGNATURE
    assert await refused(auth.refresh(given)) is Reason.MALFORMED
    assert await refused(auth.refresh("dwr_" + given[4:])) is Reason.BAD_SIGNATURE
    assert await refused(grants.authenticate(login.credential, API)) is Reason.MALFORMED
    own = auth.settings.token_audience
    assert await refused(grants.authenticate(login.credential, own)) is Reason.MALFORMED
    await grants.authenticate(issued.credential, API)
    for other in ("", own, API + "/", "https://other.example"):  # remembered by now
        assert await refused(grants.authenticate(issued.credential, other)) is Reason.MALFORMED
    assert claims_of((await grants.refresh(given)).credential)["aud"] == API


async def test_grants_work_in_both_modes_of_the_application(house: House) -> None:
    grants = grants_of(house)
    issued = await allow(grants, amr=["pwd"], attributes={"nonce_at": 7})
    claims = claims_of(issued.credential)
    assert (claims["aud"], claims["client_id"], claims["sub"]) == (API, "photos", "ann")
    assert (claims["scope"], claims["sid"]) == ("photos:read", issued.session.sid)
    assert claims["jti"]
    house.clock.advance(301)
    assert await refused(grants.authenticate(issued.credential, API)) is Reason.EXPIRED
    fresh = await grants.refresh(refresh_token(issued))
    found = await grants.authenticate(fresh.credential, API)
    assert found == Principal(
        subject="ann",
        sid=issued.session.sid,
        mode="token",
        scopes=frozenset({"photos:read"}),
        amr=("pwd",),
        authenticated_at=issued.session.created_at,
        client_id="photos",
        audience=API,
    )
    assert house.told.kinds == ["granted", "refused", "refreshed"]
    assert (await row_of(house.auth(), issued)).attributes == {"nonce_at": 7}


async def test_a_logout_takes_online_grants_along(house: House) -> None:
    auth, grants = house.auth(), grants_of(house)
    login = await log_in(auth)
    online = await allow(grants, parent_sid=login.session.sid)
    offline = await allow(grants)
    for each in (online, offline):
        await grants.authenticate(each.credential, API)
    assert set(await auth.logout(login.credential)) == {login.session.sid, online.session.sid}
    assert await refused(grants.authenticate(online.credential, API)) is Reason.REVOKED
    assert await refused(grants.refresh(refresh_token(online))) is Reason.REVOKED
    await grants.authenticate(offline.credential, API)
    await grants.refresh(refresh_token(offline))


@pytest.mark.parametrize(
    ("forged", "refusal"),
    [
        ({}, None),
        ({"roles": ["admin"]}, None),
        ({"aud": "doorward"}, Reason.MALFORMED),
        ({"aud": ["doorward", API]}, Reason.MALFORMED),
        ({"aud": [API]}, Reason.MALFORMED),
        ({"aud": ""}, Reason.MALFORMED),
        ({"grant": 1}, Reason.MALFORMED),
        ({"grant": False}, Reason.MALFORMED),
        ({"iss": "other"}, Reason.MALFORMED),
        ({"client_id": 7}, Reason.MALFORMED),
    ],
    ids=lambda value: str(value).translate({ord(c): None for c in "{}[]:/"}),
)
async def test_odd_claims_under_our_own_signature_make_no_more_of_a_grant(
    token_house: House, forged: dict[str, Any], refusal: Reason | None
) -> None:
    auth, grants = token_house.auth(), grants_of(token_house)
    claims = claims_of((await allow(grants)).credential) | forged
    ring = await auth.signing.ring()
    token = ring.sign(json.dumps(claims).encode(), token_house.clock())
    assert await refused(auth.authenticate(token)) is Reason.MALFORMED
    for audience in (API, "doorward", ""):
        if refusal is None and audience == API:
            assert not (await grants.authenticate(token, audience)).roles
        else:
            assert await refused(grants.authenticate(token, audience)) is Reason.MALFORMED


# --- the rest of the rules ----------------------------------------------------------------------


async def test_settings_of_another_mode_are_refused(house: House) -> None:
    for settings in ({"mode": "session"}, {"accept": ("session", "token")}):
        with pytest.raises(ConfigurationError, match="mode='token'"):
            grants_of(house, **settings)


@pytest.mark.parametrize("own", ["doorward", "https://own.example"])
async def test_no_grant_is_for_the_application_itself(house: House, own: str) -> None:
    settings: dict[str, Any] = {} if own == "doorward" else {"audience": own}
    grants = grants_of(house, **settings)
    for facts in ({"audience": own}, {"client_id": own}):
        with pytest.raises(ValueError, match="the application itself"):
            await allow(grants, **facts)
    for facts in ({"audience": ""}, {"client_id": ""}, {"audience": "a" * 256}, {"sid": "A" * 32}):
        with pytest.raises(ValueError, match=r".+"):
            await allow(grants, **facts)
    assert await house.store.sessions(None, EVERY_ROW) == []


async def test_names_of_other_applications_may_be_long_urls(house: House) -> None:
    name = "https://client.example/" + "a" * 232
    grants = grants_of(house)
    issued = await allow(grants, client_id=name, audience=name)
    assert (await grants.authenticate(issued.credential, name)).client_id == name


async def test_what_was_an_audience_of_grants_is_not_one_of_logins_by_a_setting(
    token_house: House,
) -> None:
    grants = grants_of(token_house)
    issued = await allow(grants)
    renamed = token_house.auth(audience=API, issuer="doorward")
    same = grants_of(token_house, audience=API, issuer="doorward")
    assert await refused(renamed.authenticate(issued.credential)) is Reason.MALFORMED
    assert await refused(same.refresh(refresh_token(issued))) is Reason.UNKNOWN
    login = await log_in(renamed, client_id="photos", roles=["admin"])
    assert await refused(grants.authenticate(login.credential, API)) is Reason.MALFORMED


async def test_auth_does_not_see_grants(token_house: House) -> None:
    auth, grants = token_house.auth(), grants_of(token_house)
    issued = await allow(grants)
    made = Principal(subject="ann", sid=issued.session.sid, mode="token")
    for verb in (auth.elevate(made), auth.stands(made), auth.touch(made)):
        assert await refused(verb) is Reason.UNKNOWN
    assert not await auth.still_holds(issued)
    assert await auth.logout(issued.credential, refresh_token(issued)) == []
    shown = await auth._credentials.issue(issued.session, b"s" * 32)
    assert await refused(auth.refresh(refresh_token(shown))) is Reason.UNKNOWN
    assert await auth.sessions("ann") == []
    assert (await auth.session(issued.session.sid)) == issued.session
    await grants.authenticate(issued.credential, API)


async def test_grants_do_not_see_logins(house: House) -> None:
    auth, grants = house.auth(), grants_of(house)
    login = await log_in(auth)
    shown = await grants._credentials.issue(login.session, b"s" * 32, "token")
    assert await refused(grants.refresh(refresh_token(shown))) is Reason.UNKNOWN
    assert await grants.owner(refresh_token(shown)) is None
    assert await grants.owner(login.credential) is None
    assert await grants.revoke(login.session.sid) == []
    assert await grants.revoke(new_sid()) == []
    assert await grants.end("ann", "") == []
    await auth.authenticate(login.credential)


async def test_every_decision_about_all_of_a_persons_sessions_ends_their_grants(
    house: House,
) -> None:
    auth, grants = house.auth(), grants_of(house)
    login = await log_in(auth)
    one, two = await allow(grants), await allow(grants, client_id="mail")
    assert await auth.revoke(sid=one.session.sid) == [one.session.sid]
    assert await auth.revoke(subject="ann", keep=login.session.sid) == [two.session.sid]
    for each in (one, two):
        assert await refused(grants.authenticate(each.credential, API)) is Reason.REVOKED


@pytest.mark.parametrize("deed", ["lock", "roles"])
async def test_what_is_decided_about_the_person_meanwhile_refuses_the_grant(
    house: House, deed: str
) -> None:
    auth, grants = house.auth(), grants_of(house)
    attempt, sid = await grants.attempt(), new_sid()
    await (auth.revoke(subject="ann") if deed == "lock" else auth.change("ann", roles=["user"]))
    assert await refused(attempt.begin("ann", sid=sid, **PLAIN)) is Reason.SUPERSEDED
    assert await house.store.get(sid) is None


async def test_a_grant_has_the_sid_that_was_chosen_for_it_once(house: House) -> None:
    grants, sid = grants_of(house), new_sid()
    issued = await allow(grants, sid=sid)
    assert issued.session.sid == sid
    assert await grants.revoke(sid) == [sid]
    assert await grants.revoke(sid) == []
    with pytest.raises(ValueError, match=r".+"):
        await allow(grants, sid=sid)
    assert house.told.kinds == ["granted", "revoked"]
    assert (house.told[1].subject, house.told[1].sid) == ("ann", sid)


async def test_an_online_grant_hangs_on_a_login_of_the_same_person(house: House) -> None:
    auth, grants = house.auth(), grants_of(house)
    login, other = await log_in(auth), await log_in(auth, "bob")
    below = await log_in(auth, parent_sid=login.session.sid)
    grant = await allow(grants)
    for parent in (other, below, grant):
        with pytest.raises(ValueError, match="hangs on"):
            await allow(grants, parent_sid=parent.session.sid)
    assert await refused(allow(grants, parent_sid=new_sid())) is Reason.SUPERSEDED
    await auth.logout(login.credential)
    assert await refused(allow(grants, parent_sid=login.session.sid)) is Reason.SUPERSEDED


async def test_an_online_grant_ends_with_a_login_that_expires(house: House) -> None:
    auth = house.auth(idle_ttl=1000, absolute_ttl=5000)
    grants = grants_of(house, idle_ttl=9000, absolute_ttl=9000)
    login = await log_in(auth)
    online = await allow(grants, parent_sid=login.session.sid)
    offline = await allow(grants)
    assert online.session.expires_at == login.session.expires_at
    house.clock.advance(999)
    online, offline = [await grants.refresh(refresh_token(each)) for each in (online, offline)]
    house.clock.advance(1)
    assert await refused(grants.refresh(refresh_token(online))) is Reason.IDLE
    house.clock.advance(8_000 + 2 * 86_400)
    assert await auth.purge() > 0
    assert await refused(grants.refresh(refresh_token(online))) is Reason.UNKNOWN


async def test_an_online_grant_whose_login_is_gone_is_dead(house: House) -> None:
    auth, grants = house.auth(), grants_of(house)
    for deed in ("spared", "purged"):
        login = await log_in(auth, deed)
        issued = await allow(grants, deed, parent_sid=login.session.sid)
        await auth.revoke(subject=deed, keep=issued.session.sid)
        if deed == "purged":
            while await house.store.purge(house.clock() + 1):
                pass
        assert await house.store.get(issued.session.sid) is not None
        assert await refused(grants.refresh(refresh_token(issued))) is Reason.IDLE


async def test_an_application_has_at_most_20_grants_of_a_person(house: House) -> None:
    grants = grants_of(house)
    await allow(grants, client_id="mail")
    held = [await allow(grants) for _ in range(MOST.sessions)]
    await allow(grants, "bob")
    last = await allow(grants)
    live = {row.sid for row in await grants.sessions("ann")}
    assert live.isdisjoint({held[0].session.sid})
    assert len(live) == MOST.sessions + 1
    assert last.session.sid in live
    assert await refused(grants.authenticate(held[0].credential, API)) is Reason.REVOKED


async def test_to_end_an_application_touches_nothing_else(house: House) -> None:
    auth, grants = house.auth(), grants_of(house)
    login, mail = await log_in(auth), await allow(grants, client_id="mail")
    bobs = await allow(grants, "bob")
    here = [await allow(grants, scopes=[]) for _ in range(3)]
    house.told.clear()
    assert set(await grants.end("ann", "photos")) == {each.session.sid for each in here}
    (told,) = house.told
    assert (told.kind, told.subject, len(told.sids)) == ("revoked", "ann", 3)
    for each in here:
        assert await refused(grants.authenticate(each.credential, API)) is Reason.REVOKED
    for each in (mail, bobs):
        await grants.authenticate(each.credential, API)
    await auth.authenticate(login.credential)
    assert await grants.end("ann", "photos") == []
    assert len(house.told) == 1 + 3


async def test_to_end_an_application_ends_what_was_refreshed_meanwhile(
    token_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    grants = grants_of(token_house)
    old = await allow(grants)
    token_house.clock.advance(10)
    await allow(grants)
    monkeypatch.setattr("doorward.grants.PAGE", 1)
    token_house.clock.advance(10)

    async def refresh() -> None:
        await grants.refresh(refresh_token(old))

    between = Between(token_house.store, before=once("change", refresh))
    busy = grants_of(token_house, store=between.backend)
    assert len(await busy.end("ann", "photos")) == 2
    assert await grants.sessions("ann") == []


async def test_grants_are_listed_in_pages(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("doorward.grants.PAGE", 2)
    grants = grants_of(house)
    for _ in range(3):
        await allow(grants)
    first = await grants.sessions("ann")
    last = await grants.sessions("ann", Page(first[-1].seen_at, first[-1].sid))
    assert len({row.sid for row in (*first, *last)}) == 3
    with pytest.raises(ValueError, match="an id is"):
        await grants.sessions("")


async def test_a_proof_from_before_the_consent_keeps_its_time(house: House) -> None:
    grants, now = grants_of(house), house.clock()
    for given, kept in ((now - 90, now - 90), (now + 90, now), (None, now)):
        issued = await allow(grants, authenticated_at=given)
        assert (await grants.authenticate(issued.credential, API)).authenticated_at == kept


async def test_a_stolen_refresh_token_ends_its_grant_alone(house: House) -> None:
    auth, grants = house.auth(), grants_of(house)
    login = await log_in(auth)
    issued, other = await allow(grants, parent_sid=login.session.sid), await allow(grants)
    stolen = refresh_token(issued)
    for _ in range(2):
        issued = await grants.refresh(refresh_token(issued))
    assert await refused(grants.refresh(stolen)) is Reason.REUSED
    assert await refused(grants.refresh(refresh_token(issued))) is Reason.REVOKED
    assert await refused(grants.authenticate(issued.credential, API)) is Reason.REVOKED
    assert "reused" in house.told.kinds
    await grants.authenticate(other.credential, API)
    await auth.authenticate(login.credential)


async def test_parallel_refreshes_of_a_grant_agree(house: House) -> None:
    grants = grants_of(house)
    issued = await allow(grants)
    found = await gather(*(grants.refresh(refresh_token(issued)) for _ in range(8)))
    assert sum(each.refresh_token is not None for each in found) == 1
    for each in found:
        await grants.authenticate(each.credential, API)


async def test_the_owner_of_a_token_is_known_however_old_it_is(house: House) -> None:
    grants = grants_of(house)
    issued = await allow(grants)
    house.clock.advance(10**6)
    for token in (issued.credential, refresh_token(issued)):
        row = await grants.owner(token)
        assert row is not None
        assert row.sid == issued.session.sid
    await grants.revoke(issued.session.sid)
    row = await grants.owner(issued.credential)
    assert row is not None
    assert row.revoked_at is not None
    assert await grants.owner("dwg_nonsense") is None


async def test_another_process_learns_of_an_end_at_once(house: House, twin: Backend) -> None:
    here, there = grants_of(house), grants_of(house, store=twin)
    issued = await allow(here)
    await there.authenticate(issued.credential, API)
    await here.revoke(issued.session.sid)
    assert await refused(there.authenticate(issued.credential, API)) is Reason.REVOKED
    await there.catch_up()


async def test_a_clock_that_fell_back_brings_no_grant_back(token_house: House) -> None:
    clock = FakeClock()
    grants = grants_of(token_house, clock=clock)
    issued = await allow(grants)
    await grants.revoke(issued.session.sid)
    assert await refused(grants.authenticate(issued.credential, API)) is Reason.REVOKED
    began = clock.now
    clock.advance(10_000)
    other, last = await allow(grants), await allow(grants)
    await grants.revoke(other.session.sid)
    await grants.authenticate(last.credential, API)  # the end of the first is forgotten
    clock.now = began
    assert await refused(grants.authenticate(issued.credential, API)) is Reason.REVOKED


async def test_a_key_that_is_withdrawn_signs_no_grant_any_more(house: House) -> None:
    auth, grants = house.auth(), grants_of(house)
    issued = await allow(grants)
    await grants.authenticate(issued.credential, API)
    (signer,) = [key for key in await auth.signing.keys() if key.signs_from is not None]
    await auth.withdraw_key(signer.kid)
    assert await refused(grants.authenticate(issued.credential, API)) is Reason.WITHDRAWN
    fresh = await grants.refresh(refresh_token(issued))
    await grants.authenticate(fresh.credential, API)


async def test_a_row_with_roles_gives_its_grant_none(token_house: House) -> None:
    """As a node of an earlier version may leave it, which knows of no audience."""
    grants = grants_of(token_house)
    row = (await allow(grants)).session
    row = replace(row, roles=frozenset({"admin"}))
    issued = await grants._credentials.issue(row, bytes(32))
    assert "roles" not in claims_of(issued.credential)
    assert not (await grants.authenticate(issued.credential, API)).roles
    assert not principal_of(row, "token", 0, ()).roles


def test_a_login_without_scopes_is_not_limited_by_them() -> None:
    login = Principal(subject="ann", sid="s", mode="token")
    held = Principal(subject="ann", sid="s", mode="token", scopes=frozenset({"a"}))
    assert permitted(login, scope="a") is None
    assert permitted(login, scopes=["a", "b"]) is None
    assert permitted(held, scope="a") is None
    assert permitted(held, scope="b") is Reason.INSUFFICIENT_SCOPE
    assert permitted(held, scope="a", scopes=["b"]) is Reason.INSUFFICIENT_SCOPE
    assert permitted(held) is None
