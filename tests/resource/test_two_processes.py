"""A guard in this process, and a server in another one."""

import asyncio
import signal
import time
from pathlib import Path

import httpx2
import pytest

from doorward.resource import Guard, Refused
from tests.support.application import API, SCOPE, Application, Registered, register
from tests.support.server import RunningServer, running_server
from tests.support.until import comes_true

pytestmark = pytest.mark.process

WITHIN = 1.0
"""Seconds from the answer of a revocation."""


def guard_of(server: RunningServer, registered: Registered) -> Guard:
    client_id, secret = registered.api
    return Guard(
        API, issuer=server.url, client_id=client_id, client_secret=secret, max_staleness=60
    )


def test_a_token_dies_in_another_process_within_a_second_also_after_a_restart(
    tmp_path: Path,
) -> None:
    with running_server("--provider", "on", folder=tmp_path) as server:
        registered = register(server)
        asyncio.run(_scenario(server, registered, tmp_path))


async def _scenario(server: RunningServer, registered: Registered, folder: Path) -> None:
    guard = guard_of(server, registered)
    async with httpx2.AsyncClient(base_url=server.url, timeout=30) as http, guard.running():
        app = Application(http, registered.application)
        await app.begin()
        kept = await app.token()
        await _dies(app, guard)
        assert (await guard.check(kept, SCOPE)).audience == API
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(server.process.wait, 30)
        assert time.monotonic() - began < 4  # an open stream holds no server up
        await guard.check(kept, SCOPE)  # what was heard is not too old
        with running_server("--provider", "on", folder=folder, port=server.port):
            await guard.catch_up()
            await _dies(app, guard)
            await app.revoke(kept)

            async def refused() -> bool:
                return await _refused(guard, kept)

            await comes_true(refused)


async def _dies(app: Application, guard: Guard) -> None:
    token = await app.token()
    await guard.check(token, SCOPE)
    await app.revoke(token)
    answered = time.monotonic()
    while not await _refused(guard, token):
        assert time.monotonic() - answered < WITHIN
        await asyncio.sleep(0.001)


async def _refused(guard: Guard, token: str) -> bool:
    try:
        await guard.check(token, SCOPE)
    except Refused as refused:
        return refused.code == "invalid_token"
    return False
