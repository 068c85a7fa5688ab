"""Grants of an application to itself, without a person (RFC 6749 section 4.4)."""

import pytest

from doorward import Reason
from doorward.grant_attempt import MOST_OF_ITS_OWN
from tests.core.scene import House, refused
from tests.core.test_grants import API, allow, claims_of, grants_of

pytestmark = pytest.mark.anyio

OWN = "c_backup"


async def test_an_application_is_its_own_subject_and_cannot_refresh(house: House) -> None:
    grants = grants_of(house)
    issued = await (await grants.attempt()).begin_own(OWN, audience=API, scopes=["photos:read"])
    assert issued.refresh_token is None
    found = await grants.authenticate(issued.credential, API)
    assert (found.subject, found.client_id, found.scopes) == (OWN, OWN, frozenset({"photos:read"}))
    assert issued.session.ends_at == issued.credential_expires_at
    house.clock.advance(grants.settings.access_ttl)
    assert await refused(grants.authenticate(issued.credential, API)) is Reason.EXPIRED


async def test_it_may_be_bound_to_a_key(house: House) -> None:
    grants = grants_of(house)
    issued = await (await grants.attempt()).begin_own(OWN, audience=API, jkt="k" * 43)
    assert claims_of(issued.credential)["cnf"] == {"jkt": "k" * 43}
    assert await refused(grants.authenticate(issued.credential, API)) is Reason.UNPROVEN_KEY


async def test_disabling_it_ends_all_of_them_those_under_way_included(house: House) -> None:
    auth, grants = house.auth(), grants_of(house)
    issued = await (await grants.attempt()).begin_own(OWN, audience=API)
    under_way = await grants.attempt()
    await auth.revoke(subject=OWN)
    await grants.catch_up()
    assert await refused(grants.authenticate(issued.credential, API)) is Reason.REVOKED
    assert await refused(under_way.begin_own(OWN, audience=API)) is Reason.SUPERSEDED


async def test_they_have_a_bound_of_their_own(house: House) -> None:
    grants = grants_of(house)
    for _ in range(MOST_OF_ITS_OWN.sessions + 1):
        await (await grants.attempt()).begin_own(OWN, audience=API)
    found = await house.store.sessions(OWN, house.clock(), None, 500, grants=True)
    assert len(found) == MOST_OF_ITS_OWN.sessions


async def test_the_grants_of_everybody_are_listed(house: House) -> None:
    grants = grants_of(house)
    for subject in ("ann", "bob"):
        await allow(grants, subject)
    assert {row.subject for row in await grants.sessions(None)} == {"ann", "bob"}
