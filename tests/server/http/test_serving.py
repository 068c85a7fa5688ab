"""How serving ends when a signal comes at a moment of its own choosing."""

import signal
import socket

import anyio
import pytest
import uvicorn
from fastapi import FastAPI

from doorward.server.http.serving import Server
from doorward.settings import Settings
from doorward.web.lifecycle import Lifecycle
from tests.server.talks import sharing

STOPPING = [signal.SIGINT, signal.SIGTERM]


@pytest.fixture
def server() -> Server:
    config = uvicorn.Config(FastAPI(), lifespan="off", log_config=None)
    return Server(config, Lifecycle("memory:", Settings()), sharing())


@pytest.mark.anyio
@pytest.mark.parametrize("how", STOPPING)
async def test_a_signal_before_it_serves_is_not_lost(server: Server, how: signal.Signals) -> None:
    """It would serve on, and whoever stopped it would wait for ever."""
    with (
        server.told_by_signals(),
        anyio.fail_after(10),
        socket.create_server(("127.0.0.1", 0)) as listener,
    ):
        signal.raise_signal(how)
        await server.serve([listener])


@pytest.mark.anyio
async def test_whoever_waits_for_a_signal_hears_it_again_afterwards(server: Server) -> None:
    before = [signal.getsignal(each) for each in STOPPING]
    with server.told_by_signals():
        assert [signal.getsignal(each) for each in STOPPING] == [server.handle_exit] * 2
    assert [signal.getsignal(each) for each in STOPPING] == before
