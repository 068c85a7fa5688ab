"""Grants whose tokens are bound to a key of the client (RFC 9449)."""

import json
from dataclasses import replace
from typing import Any

import pytest

from doorward import Principal, Reason, Rejected
from doorward.access_token import read_access_token
from doorward.rules import BOUND_TO, as_now
from doorward.settings import Settings
from tests.core.between import Between, once
from tests.core.scene import House, log_in, refresh_token, refused
from tests.core.test_grants import API, allow, claims_of, grants_of

pytestmark = pytest.mark.anyio

KEY, OTHER = "k" * 43, "o" * 43


async def test_a_bound_token_is_nothing_without_its_key(house: House) -> None:
    grants = grants_of(house)
    issued = await allow(grants, jkt=KEY)
    assert claims_of(issued.credential)["cnf"] == {"jkt": KEY}
    for _ in range(2):  # judged, and then remembered
        assert (await grants.authenticate(issued.credential, API, jkt=KEY)).jkt == KEY
        assert (await grants.authenticate(issued.credential, API, jkt=None)).jkt == KEY
        for shown in ({}, {"jkt": OTHER}):
            wrong = grants.authenticate(issued.credential, API, **shown)
            assert await refused(wrong) is Reason.UNPROVEN_KEY


async def test_a_proof_makes_no_bound_token_of_a_plain_one(house: House) -> None:
    grants = grants_of(house)
    issued = await allow(grants)
    assert "cnf" not in claims_of(issued.credential)
    plain = grants.authenticate(issued.credential, API, jkt=KEY)
    assert await refused(plain) is Reason.UNPROVEN_KEY
    assert (await grants.authenticate(issued.credential, API)).jkt == ""


async def test_a_change_of_the_grant_does_not_unbind_its_token(house: House) -> None:
    grants = grants_of(house)
    issued = await allow(grants, jkt=KEY)
    row = issued.session
    assert await house.store.replace(row, replace(row, ver=row.ver + 1))
    assert await refused(grants.authenticate(issued.credential, API)) is Reason.UNPROVEN_KEY
    assert (await grants.authenticate(issued.credential, API, jkt=KEY)).jkt == KEY
    before = Principal(subject="ann", sid=row.sid, mode="token", audience=API, jkt=KEY)
    assert as_now(before, row).jkt == KEY


@pytest.mark.parametrize(
    "cnf", [None, "text", {}, {"jkt": 7}, {"x5t#S256": "a"}, {"jkt": KEY, "x5t#S256": "a"}], ids=str
)
async def test_a_confirmation_that_is_not_understood_is_not_skipped(house: House, cnf: Any) -> None:
    grants = grants_of(house)
    issued = await allow(grants, jkt=KEY)
    ring = await house.auth(mode="token").signing.ring()
    claims = {**claims_of(issued.credential), "cnf": cnf}
    token = ring.sign(json.dumps(claims).encode(), house.clock())
    with pytest.raises(Rejected):
        read_access_token(token, ring, Settings(mode="token"), house.clock(), grants=True)


async def test_refresh_tokens_of_a_bound_grant_never_change_and_need_the_key(
    house: House,
) -> None:
    grants = grants_of(house)
    issued = await allow(grants, jkt=KEY, bound=True)
    token = refresh_token(issued)
    for jkt in ("", OTHER):
        assert await refused(grants.refresh(token, jkt=jkt)) is Reason.UNPROVEN_KEY
    for _ in range(5):  # as many processes do that share it
        house.clock.advance(100)
        fresh = await grants.refresh(token, jkt=KEY)
        assert fresh.refresh_token is None
        assert (await grants.authenticate(fresh.credential, API, jkt=KEY)).subject == "ann"
    row = await house.store.get(issued.session.sid)
    assert row is not None
    assert (row.generation, row.seen_at) == (0, house.clock())


async def test_a_bound_grant_ends_like_any_other(house: House) -> None:
    grants = grants_of(house)
    issued = await allow(grants, jkt=KEY, bound=True)
    await grants.revoke(issued.session.sid)
    assert await refused(grants.refresh(refresh_token(issued), jkt=KEY)) is Reason.REVOKED


async def test_two_processes_refresh_a_bound_grant_at_once(house: House) -> None:
    issued = await allow(grants_of(house), jkt=KEY, bound=True)
    other = grants_of(house)

    async def meanwhile() -> None:
        house.clock.advance(1)
        await other.refresh(refresh_token(issued), jkt=KEY)

    between = Between(house.store, once("replace", meanwhile))
    grants = grants_of(house, store=between.backend)
    fresh = await grants.refresh(refresh_token(issued), jkt=KEY)
    assert (await grants.authenticate(fresh.credential, API, jkt=KEY)).subject == "ann"


async def test_a_bound_grant_that_ends_meanwhile_is_not_refreshed(house: House) -> None:
    issued = await allow(grants_of(house), jkt=KEY, bound=True)
    end = once("replace", lambda: grants_of(house).revoke(issued.session.sid))
    grants = grants_of(house, store=Between(house.store, end).backend)
    assert await refused(grants.refresh(refresh_token(issued), jkt=KEY)) is Reason.REVOKED


async def test_a_grant_that_is_not_bound_follows_the_key_of_each_request(house: House) -> None:
    grants = grants_of(house)
    issued = await allow(grants, jkt=KEY)
    fresh = await grants.refresh(refresh_token(issued), jkt=OTHER)
    assert fresh.refresh_token is not None
    assert claims_of(fresh.credential)["cnf"] == {"jkt": OTHER}


async def test_a_grant_is_bound_to_a_key_that_there_is(house: House) -> None:
    with pytest.raises(ValueError, match="thumbprint"):
        await allow(grants_of(house), bound=True)


async def test_the_attribute_of_that_name_binds_no_login(house: House) -> None:
    auth = house.auth(mode="token")
    issued = await log_in(auth, attributes={BOUND_TO: KEY})
    assert (await auth.refresh(refresh_token(issued))).session.sid == issued.session.sid
