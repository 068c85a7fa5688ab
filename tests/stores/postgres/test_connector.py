"""What a connection that is asked for too late is."""

from asyncio import get_running_loop

import pytest

from doorward.errors import StoreUnavailable
from doorward.stores.postgres.connector import Connector

from .conftest import GIVES_UP

pytestmark = pytest.mark.anyio


async def test_whose_time_ran_out_while_waiting_is_not_connected(url: str) -> None:
    connector = Connector(url, GIVES_UP)
    line = await connector.connect(connector.deadline())
    await line.close()
    with pytest.raises(StoreUnavailable, match="did not answer within 1 seconds"):
        await connector.connect(get_running_loop().time())
