"""Grants in a store across a network: what ends at another node is known here soon."""

import pytest

from doorward.stores import Decision, open_store
from tests.server.house import House, Opened
from tests.server.third_party import application
from tests.support.until import eventually
from tests.support.valkey import Valkey

pytestmark = [pytest.mark.anyio, pytest.mark.process]


async def test_the_end_at_another_node_is_known_before_anybody_asks(
    opened: Opened, valkey: Valkey
) -> None:
    house: House = await opened(provider=True, sessions=valkey.url)
    grants = house.service.provider.grants
    tokens = await (await application(house)).tokens(await house.alice())
    grant = await grants.owner(tokens["access_token"])
    assert grant
    other = open_store(valkey.url)
    try:
        await other.change(sid=grant.sid, decision=Decision(revoke=True), at=house.clock())
        await eventually(lambda: grants._view.outdates(grant.sid, 1))
    finally:
        await other.close()
