"""What becomes of a connection that is asked for too late, or not waited for."""

import warnings
from asyncio import create_task, gather, get_running_loop, wait

import pytest

from doorward.errors import StoreUnavailable
from doorward.stores.postgres.connector import Connector

from .conftest import GIVES_UP

pytestmark = pytest.mark.anyio

MOMENTS = 60


async def test_whose_time_ran_out_while_waiting_is_not_connected(url: str) -> None:
    connector = Connector(url, GIVES_UP)
    line = await connector.connect(connector.deadline())
    await line.close()
    with pytest.raises(StoreUnavailable, match="did not answer within 1 seconds"):
        await connector.connect(get_running_loop().time())


@pytest.mark.parametrize("ready", [False, True])
async def test_who_stops_waiting_at_whatever_moment_leaves_no_connection_open(
    url: str, ready: bool
) -> None:
    loop = get_running_loop()
    with warnings.catch_warnings(record=True) as left_open:
        warnings.simplefilter("always", ResourceWarning)
        began, whole = loop.time(), Connector(url, GIVES_UP)
        await (await whole.connect(whole.deadline())).close()
        took = loop.time() - began
        for moment in range(MOMENTS):
            connector = whole if ready else Connector(url, GIVES_UP)
            connecting = create_task(connector.connect(connector.deadline()))
            await wait({connecting}, timeout=took * moment / MOMENTS)
            connecting.cancel()
            (found,) = await gather(connecting, return_exceptions=True)
            if not isinstance(found, BaseException):
                await found.close()
    assert [str(warning.message) for warning in left_open] == []
