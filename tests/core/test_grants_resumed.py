"""A grant that begins in one request, and is given in another."""

import json

import pytest

from doorward import Reason, Rejected
from tests.core.scene import House, log_in
from tests.core.test_grants import PLAIN, grants_of

pytestmark = pytest.mark.anyio


async def test_an_attempt_can_be_written_down_and_gone_on_with(house: House) -> None:
    first, second = grants_of(house), grants_of(house)
    written = json.dumps((await first.attempt()).mark)
    attempt = second.resume(json.loads(written))
    assert attempt.mark == json.loads(written)
    issued = await attempt.begin("ann", **PLAIN)
    assert (await first.authenticate(issued.credential, PLAIN["audience"])).subject == "ann"


@pytest.mark.parametrize("revoke", [True, False])
async def test_what_was_decided_meanwhile_makes_it_fail(house: House, revoke: bool) -> None:
    auth, grants = house.auth(), grants_of(house)
    await log_in(auth)
    mark = (await grants.attempt()).mark
    if revoke:
        await auth.revoke(subject="ann")
    else:
        await auth.change("ann", roles=["other"])
    with pytest.raises(Rejected) as refused:
        await grants.resume(mark).begin("ann", **PLAIN)
    assert refused.value.reason is Reason.SUPERSEDED
    again = await grants.resume((await grants.attempt()).mark).begin("ann", **PLAIN)
    assert again.session.subject == "ann"


async def test_the_keys_of_grants_are_public(house: House) -> None:
    grants = grants_of(house)
    issued = await (await grants.attempt()).begin("ann", **PLAIN)
    assert issued.mode == "token"
    auth_keys = await house.auth().jwks()
    assert (await grants.jwks())["keys"] == auth_keys["keys"] != []
